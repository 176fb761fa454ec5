//! Tells something on the desktop, by the notification service that every desktop has on the
//! person's own D-Bus. A desktop without one is no error: it is said once, quietly.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use zbus::Connection;
use zbus::zvariant::Value;

use super::outbox::Outbox;
use crate::protocol::Gravity;

/// How long the service may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Most that are under way: a service that hangs must not pile them up.
const UNDER_WAY: usize = 4;
/// How long the desktop shows it, in milliseconds; -1 leaves that to it.
const AS_USUAL: i32 = -1;

/// Tells things on the desktop.
#[derive(Default)]
pub(crate) struct Notifier {
    rings: JoinSet<()>,
    /// That there is no service was said.
    told: Arc<AtomicBool>,
}

impl Notifier {
    /// Tells it, without waiting for it.
    pub(crate) fn notify(&mut self, title: String, words: String, outbox: &Outbox) {
        while self.rings.try_join_next().is_some() {}
        if self.rings.len() >= UNDER_WAY {
            return;
        }
        let (outbox, told) = (outbox.clone(), Arc::clone(&self.told));
        self.rings.spawn(async move {
            let problem = match tokio::time::timeout(LIMIT, tell(&title, &words)).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it did not answer in time".to_owned(),
            };
            tracing::info!(problem, "the desktop's notification service did not serve");
            if !told.swap(true, Ordering::Relaxed) {
                // Why is for the log: it is the desktop's own words.
                let words = "This desktop shows no notifications, so new dead letters are told in \
                             this window only";
                outbox.notice(Gravity::Info, words).await;
            }
        });
    }
}

/// The text may be read as markup, and a queue may have any name.
fn plain(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

async fn tell(title: &str, words: &str) -> zbus::Result<()> {
    show(&Connection::session().await?, title, words).await
}

/// Asks the service, as freedesktop.org's Desktop Notifications Specification says.
async fn show(connection: &Connection, title: &str, words: &str) -> zbus::Result<()> {
    let actions: [&str; 0] = [];
    let hints: HashMap<&str, Value<'_>> = HashMap::new();
    let replaces = 0_u32;
    let message = (
        "Eventscope",
        replaces,
        "eventscope",
        title,
        plain(words),
        actions.as_slice(),
        hints,
        AS_USUAL,
    );
    let (name, path) = (
        "org.freedesktop.Notifications",
        "/org/freedesktop/Notifications",
    );
    let asked = connection.call_method(Some(name), path, Some(name), "Notify", &message);
    asked.await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};

    use futures_util::StreamExt as _;
    use zbus::MessageStream;
    use zbus::connection::Builder;
    use zbus::zvariant::OwnedValue;

    use super::*;

    /// A message bus of its own, which ends with the test.
    struct Bus(Child, String);

    impl Bus {
        fn start() -> Self {
            let mut child = Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--print-address"])
                .stdout(Stdio::piped())
                .spawn()
                .expect("dbus-daemon, which every desktop has");
            let mut address = String::new();
            let output = child.stdout.take().expect("its output");
            BufReader::new(output)
                .read_line(&mut address)
                .expect("its address");
            Self(child, address.trim().to_owned())
        }

        fn connection(&self) -> Builder<'_> {
            Builder::address(self.1.as_str()).expect("an address")
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }

    type Shown = (
        String,
        u32,
        String,
        String,
        String,
        Vec<String>,
        HashMap<String, OwnedValue>,
        i32,
    );

    #[tokio::test]
    async fn the_desktops_service_gets_title_and_words() {
        let bus = Bus::start();
        let name = "org.freedesktop.Notifications";
        let service = bus.connection().name(name).unwrap().build().await.unwrap();
        let mut calls = MessageStream::from(&service);
        let ours = bus.connection().build().await.unwrap();
        let answer = async {
            while let Some(Ok(call)) = calls.next().await {
                if call.header().member().is_some_and(|m| m == "Notify") {
                    service.reply(&call.header(), &7_u32).await.unwrap();
                    return call.body().deserialize::<Shown>().unwrap();
                }
            }
            panic!("nobody asked");
        };
        let (told, shown) = tokio::join!(show(&ours, "3 new in a", "<b>&"), answer);
        told.unwrap();
        assert_eq!(shown.0, "Eventscope");
        assert_eq!(
            (shown.3.as_str(), shown.4.as_str()),
            ("3 new in a", "&lt;b&gt;&amp;")
        );
    }

    #[tokio::test]
    async fn a_desktop_without_the_service_is_an_error_and_no_more() {
        let bus = Bus::start();
        let ours = bus.connection().build().await.unwrap();
        let error = show(&ours, "title", "words").await.unwrap_err();
        assert!(error.to_string().contains("org.freedesktop"), "{error}");
    }
}
