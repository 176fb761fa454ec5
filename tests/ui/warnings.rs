//! What is written to the log is told in the window.

use tracing_subscriber::layer::SubscriberExt as _;

use super::super::*;

#[test]
fn a_warning_of_the_log_is_a_notice() {
    let mut window = Window::connected();
    let (warnings, heard) = eventscope::warnings::channel();
    window.harness.state_mut().hear(heard);
    let log = tracing_subscriber::registry().with(warnings);
    tracing::subscriber::with_default(log, || {
        let error = "permission denied";
        tracing::warn!(target: "eventscope::launch", error, "the settings were not read");
    });
    window.frames();
    assert!(window.sees("The settings were not read: permission denied"));
}
