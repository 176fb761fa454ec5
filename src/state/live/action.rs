//! What a person can do on the live screen, as data.

use super::setup::ListSetup;
use crate::analysis::SortBy;

/// What a person can do on the live screen.
#[derive(Clone, Debug)]
pub enum LiveAction {
    /// Hold new rows back; receiving goes on.
    Pause,
    /// Show what came meanwhile, and go on.
    Resume,
    /// Throw the kept events away. For a while they can be taken back.
    Clear,
    /// Take back what was cleared.
    UndoClear,
    /// Keep the newest row in sight, or stop doing so.
    Follow(bool),
    /// Select a row by its number in the log, and no other.
    Select(u64),
    /// Add the row to the selection, or take it out.
    Toggle(u64),
    /// Select everything from the last selected row to this one.
    Extend(u64),
    /// Select the row this many rows further down; negative is up.
    Move(isize),
    /// The filter line changed.
    FilterChanged,
    /// Show one branch of the tree, or all.
    Branch(Option<String>),
    /// Show one conversation, or all.
    Conversation(Option<String>),
    /// Open or close a branch of the tree.
    Fold(String),
    /// Hide a branch of the tree, or show it again.
    Mute(String),
    /// Show what was muted again.
    UnmuteAll,
    /// Sort by a column, the second time the other way round, the third time not at all.
    Sort(SortBy),
    /// Back to the order of arrival.
    Unsort,
    /// Give up what was not searched yet.
    StopSearch,
    /// Add a clause to the filter line.
    AddToFilter(String),
    /// Replace the filter line.
    SetFilter(String),
    /// Show a number of the payloads on a key over time.
    Plot {
        key: String,
        /// The field, as a filter has it.
        path: String,
    },
    ClosePlot,
    /// Show the selected event in full, or close that view.
    Inspect(bool),
    /// Set the list up: columns, times, merging.
    SetUp(ListSetup),
    /// Put a bookmark on the event of this number, or take it off.
    Bookmark(u64),
    /// Select a bookmarked event, also one that is not kept any more.
    ShowBookmark(u64),
    /// Write a note on a bookmarked event.
    Note(u64, String),
}
