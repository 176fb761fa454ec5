//! A headless desktop and a driver that uses the built program as an assistive
//! technology and a person would: by accessible names, the mouse and the keyboard.
//!
//! Every end-to-end test file takes it in with `mod gui;`. It knows nothing of
//! Eventscope itself: no widget of the application, no broker, no data format.
//!
//! ```ignore
//! let desktop = Desktop::start((1280, 800))?;
//! let app = desktop.launch(&[env!("CARGO_BIN_EXE_eventscope"), "--sandbox"], &[])?;
//! app.find("entry", "Filter")?.set_text("order.*")?;
//! app.find("push button", "Publish")?.click()?;
//! app.find_containing("label", "published")?;
//! assert!(app.close()?.success());
//! ```

#![allow(
    dead_code,
    unused_imports,
    reason = "each test file compiles its own copy and uses a part of it"
)]

mod app;
mod desktop;
mod input;
mod node;
mod process;
mod query;
mod tree;
mod wire;

pub(crate) use app::App;
pub(crate) use desktop::Desktop;
pub(crate) use node::Node;
pub(crate) use query::Query;
pub(crate) use tree::State;
