//! The command lines that start RabbitMQ: a fast one of our own and the package's script.
//!
//! Both run in the foreground as one process, read no settings of the system, use no epmd, and carry the watch on
//! standard input. Must not know what happens after the start.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::SandboxError;
use super::folder::Folder;
use super::installation::Installation;
use super::plugins::{self, Needed};
use super::ports::Ports;

/// Every sandbox has this name. Names meet only in an epmd or between connected nodes, and there is neither;
/// the data folder is bound to the name, so it must not change.
const NODE: &str = "eventscope@localhost";
/// What the watch takes as "stop politely".
pub(crate) const STOP_LINE: &[u8] = b"stop\n";
/// Reads standard input forever: a line that starts with `s` stops the broker politely, the end of input halts it at
/// once. Politely means that tables are synced and that all queues and their stores have closed. The rest of the broker
/// is not waited for: with the management plugin it takes five seconds more and keeps nothing on disk.
/// Written without a blank because the package's script splits its arguments at blanks.
const WATCH: &str = "Halt=fun()->erlang:halt(0,[{flush,false}])end,\
    Stop=fun()->catch(mnesia:sync_log()),\
        erlang:monitor(process,rabbit_vhost_sup_sup),\
        spawn(fun()->application:stop(rabbit)end),\
        (receive{'DOWN',_,_,_,_}->Halt()end)end,\
    Watch=fun(Again)->(case(io:get_line([]))of\
        [$s|_]->spawn(Stop),Again(Again);\
        [_|_]->Again(Again);\
        _->Halt()end)end,\
    spawn(fun()->Watch(Watch)end)";
/// To be evaluated after the boot: RabbitMQ looks once a minute whether there is an epmd, and starts one, open to the
/// whole network, where there is none.
const LEAVE_EPMD: &str = "catch(sys:suspend(rabbit_epmd_monitor))";
/// Arguments for every Erlang that grows out of the broker, itself included: should the monitor run after all, the
/// helper it starts inherits this and starts no epmd either.
const FOR_ALL_ERLANGS: &str = "-start_epmd false";

/// Libraries whose lists of modules must stay. From RabbitMQ 4.3 on (on 4.0 if it is asked to) the metadata lie in
/// Khepri, which copies functions into its log with everything that they call, except what is in these libraries; it
/// knows their modules by these lists. Without the list of `erts` a copy of `erlang:nif_error/1` calls itself forever:
/// the first deletion of something with bindings hangs, and so does every start on that log.
const WHOLE: &[&str] = &[
    "erts", "kernel", "stdlib", "sasl", "compiler", "tools", "ssl", "mnesia",
];

/// A way to start the broker.
#[derive(Debug, Clone)]
pub(crate) enum BootPath {
    /// `erl` with only the needed applications in sight.
    Fast(Needed),
    /// The package's `rabbitmq-server`.
    Plain,
}

impl BootPath {
    /// For the log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Fast(_) => "fast",
            Self::Plain => "plain",
        }
    }
}

/// The ways to try, in order.
pub(crate) fn paths(installation: &Installation, more: &[&str]) -> Vec<BootPath> {
    let fast = plugins::needed(&installation.plugins(), more).map(BootPath::Fast);
    fast.into_iter().chain([BootPath::Plain]).collect()
}

/// Starts the process; its standard input is the life line.
pub(crate) fn spawn(
    installation: &Installation,
    folder: &Folder,
    path: &BootPath,
    ports: Ports,
) -> Result<Child, SandboxError> {
    let mut command = match path {
        BootPath::Fast(needed) => fast(installation, folder, needed, ports)?,
        BootPath::Plain => plain(installation, ports),
    };
    command
        .envs(environment(installation, folder))
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(folder.console()?)
        .stderr(folder.console()?)
        // Ctrl-C in the terminal of the app goes to its process group; the broker is stopped by the app instead.
        .process_group(0)
        .kill_on_drop(true);
    command
        .spawn()
        .map_err(|source| SandboxError::Process { source })
}

fn fast(
    installation: &Installation,
    folder: &Folder,
    needed: &Needed,
    ports: Ports,
) -> Result<Command, SandboxError> {
    let plugins = folder.link_plugins(&needed.shipped)?;
    let mut command = Command::new(&installation.erl);
    command
        .env_clear()
        .env("ERL_LIBS", &plugins)
        .env("RABBITMQ_PLUGINS_DIR", &plugins);
    command
        .args(["-noshell", "-boot", "start_sasl"])
        .args(private_network(ports));
    command.args(["-kernel", "prevent_overlapping_partitions", "false"]);
    command.args([
        "-syslog",
        "logger",
        "[]",
        "-syslog",
        "syslog_error_logger",
        "false",
    ]);
    // The limits and warnings of the package's script; no scheduler spins while it has nothing to do.
    command.args(["+W", "w", "+P", "1048576", "+t", "5000000"]);
    command.args(["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]);
    command.arg("-eval").arg(format!(
        "{WATCH},{},rabbit:boot(),{LEAVE_EPMD}.",
        slim_loading(&needed.from_erlang)
    ));
    Ok(command)
}

fn plain(installation: &Installation, ports: Ports) -> Command {
    let mut extra = private_network(ports).join(" ");
    extra.push_str(" -noshell -eval ");
    extra.push_str(WATCH);
    extra.push(',');
    extra.push_str(LEAVE_EPMD);
    extra.push('.');
    let mut command = Command::new(installation.script());
    command
        .env_clear()
        .env("RABBITMQ_PLUGINS_DIR", installation.plugins())
        // Without this the script starts Erlang as its own child and with a closed input; with it, it becomes Erlang.
        .env("RABBITMQ_ALLOW_INPUT", "true")
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", extra);
    command
}

/// A node that only this machine can reach and that asks no epmd. Naming it on the command line also keeps RabbitMQ
/// from starting one, which it does for a node without a name.
fn private_network(ports: Ports) -> Vec<String> {
    let port = ports.distribution.to_string();
    [
        "-sname",
        NODE,
        "-erl_epmd_port",
        &port,
        "-kernel",
        "inet_dist_use_interface",
        "{127,0,0,1}",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// An Erlang expression that loads the descriptions of the given libraries, and of all they need, without their lists
/// of modules, except the [`WHOLE`] ones. RabbitMQ searches every listed module of every loaded library for boot steps, which libraries do not
/// have; unlisted modules are found all the same when they are called.
fn slim_loading(libraries: &[String]) -> String {
    format!(
        "Slim=fun(Again,Name)->\
           case lists:member(Name,[{}])orelse file:consult(code:where_is_file(atom_to_list(Name)++\".app\")) of \
             {{ok,[{{application,Name,Facts}}]}}->\
               case application:load({{application,Name,lists:keystore(modules,1,Facts,{{modules,[]}})}}) of \
                 ok->[Again(Again,Next)||Next<-proplists:get_value(applications,Facts,[])];\
                 _->ok end;\
             _->ok end end,\
         [Slim(Slim,Name)||Name<-[{}]]",
        WHOLE.join(","),
        libraries.join(",")
    )
}

/// Everything the child may know of the world. The app's own environment is not passed on: a `RABBITMQ_…` or
/// `ERL_…` variable of the user's would change the broker in ways we do not foresee.
fn environment(installation: &Installation, folder: &Folder) -> Vec<(&'static str, OsString)> {
    let file = |path: PathBuf| path.into_os_string();
    vec![
        ("PATH", search_path(installation)),
        ("HOME", file(folder.path().to_path_buf())),
        ("LANG", "C.UTF-8".into()),
        ("LC_ALL", "C.UTF-8".into()),
        ("RABBITMQ_HOME", file(installation.home.clone())),
        ("RABBITMQ_NODENAME", NODE.into()),
        ("RABBITMQ_MNESIA_BASE", file(folder.data())),
        ("RABBITMQ_LOG_BASE", file(folder.path().join("log"))),
        ("RABBITMQ_LOGS", file(folder.log_file())),
        (
            "RABBITMQ_ENABLED_PLUGINS_FILE",
            file(folder.enabled_plugins()),
        ),
        (
            "RABBITMQ_ADVANCED_CONFIG_FILE",
            file(folder.configuration()),
        ),
        // Each of these would otherwise be looked for under /etc/rabbitmq.
        ("RABBITMQ_CONF_ENV_FILE", "/dev/null".into()),
        (
            "RABBITMQ_CONFIG_FILE",
            file(folder.nothing().join("rabbitmq.conf")),
        ),
        ("RABBITMQ_CONFIG_FILES", file(folder.nothing())),
        (
            "RABBITMQ_GENERATED_CONFIG_DIR",
            file(folder.path().join("generated")),
        ),
        ("SYS_PREFIX", file(folder.nothing())),
        ("ERL_AFLAGS", FOR_ALL_ERLANGS.into()),
        ("ERL_MAX_ETS_TABLES", "50000".into()),
        ("ERL_MAX_PORTS", "65536".into()),
        // Dumps of an Erlang crash are large and help nobody here.
        ("ERL_CRASH_DUMP_SECONDS", "0".into()),
    ]
}

/// The folder of `erl` first: the package's script finds it there even when the app's own PATH lacks it.
fn search_path(installation: &Installation) -> OsString {
    let mut path = OsString::new();
    if let Some(folder) = installation.erl.parent() {
        path.push(folder);
        path.push(":");
    }
    path.push(std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watch_survives_a_split_at_blanks() {
        assert!(!WATCH.contains(char::is_whitespace), "{WATCH}");
        assert!(
            !WATCH.contains("endend"),
            "two ends need a bracket between them: {WATCH}"
        );
        assert!(!LEAVE_EPMD.contains(char::is_whitespace));
    }
}
