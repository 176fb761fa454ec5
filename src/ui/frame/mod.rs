//! What stands around the screens: the bars, the rail, the shortcuts, and which screen is shown.

mod help;
pub mod leaving;
pub mod rail;
pub mod regions;
pub mod shell;
pub mod shortcuts;
pub mod status_bar;
pub mod top_bar;
