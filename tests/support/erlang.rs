//! A node that tells a broker of the tests what to do from within, as `rabbitmqctl` would. The
//! stock `rabbitmqctl` starts an epmd that is open to the network and stays; this starts none.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::OwnBroker;

/// Evaluates each line of its input on the broker and answers with a line.
const LOOP: &str = "N=eventscope@localhost,true=net_kernel:connect_node(N),\
    io:format(\"ready~n\"),\
    F=fun(G)->case io:get_line(\"\") of eof->halt(0);L->\
    {ok,T,_}=erl_scan:string(L),{ok,E}=erl_parse:parse_exprs(T),\
    {value,V,_}=rpc:call(N,erl_eval,exprs,[E,[]]),io:format(\"~0p~n\",[V]),G(G) end end,F(F).";

/// Ends with the test.
pub(crate) struct Erlang {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Erlang {
    /// Connected to this broker, until that ends.
    pub(crate) fn on(broker: &OwnBroker) -> Self {
        let command_line = std::fs::read(format!("/proc/{}/cmdline", broker.pid()));
        let command_line = String::from_utf8(command_line.expect("a process")).expect("text");
        let mut arguments = command_line.split('\0');
        arguments.find(|argument| *argument == "-erl_epmd_port");
        let port = arguments.next().expect("the port of its network");
        let process = Command::new("erl")
            .args(["-noshell", "-hidden", "-dist_listen", "false"])
            .args(["-sname", &format!("test{}", std::process::id())])
            .args(["-start_epmd", "false", "-erl_epmd_port", port])
            .args(["-eval", LOOP])
            // Where its cookie lies.
            .env("HOME", &broker.facts().data_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = process.expect("erl, which RabbitMQ needs too");
        let answers = BufReader::new(process.stdout.take().expect("its answers"));
        let mut erlang = Self { process, answers };
        assert_eq!(erlang.answer(), "ready");
        erlang
    }

    /// What an expression gives there.
    pub(crate) fn eval(&mut self, expression: &str) -> String {
        let input = self.process.stdin.as_mut().expect("its input");
        writeln!(input, "{expression}").expect("a living node");
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        line.trim_end().to_owned()
    }
}

impl Drop for Erlang {
    fn drop(&mut self) {
        // It may have ended with the broker.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
