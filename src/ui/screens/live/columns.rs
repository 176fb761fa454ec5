//! The columns of the live table: what they are called, how wide they begin, and which are shown.

use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{Checkbox, Key, Label, PopupCloseBehavior, RichText, TextEdit, Ui};

use crate::analysis::SortBy;
use crate::state::Action;
use crate::state::live::LiveAction;
use crate::state::live::setup::{Column, ListSetup, Times};
use crate::state::live::variety::Variety;
use crate::ui::Cx;
use crate::ui::parts::by_source::{self, StoreWords};
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, field_margin, small_label};

/// Points that the summary is worth at least, before a column that may be left out gets room.
const SUMMARY: f32 = 240.0;
/// The same as a share of the table.
const SUMMARY_SHARE: f32 = 0.36;
/// Points between two columns.
const SPACING: f32 = 8.0;

/// What it is called on the screen.
pub(crate) fn name<'a>(column: &'a Column, words: &'static StoreWords) -> &'a str {
    match column {
        Column::Destination => words.destination,
        Column::Key => words.key,
        other => other.written(),
    }
}

/// Width in points before the person changes it; the summary takes what is left.
pub(crate) fn width(column: &Column, times: Times) -> Option<f32> {
    Some(match column {
        Column::Time if times == Times::Ago => 78.0,
        Column::Time => 100.0,
        Column::StoreTime => 178.0,
        Column::Gap => 76.0,
        Column::SeenAs => 130.0,
        Column::Destination | Column::Correlation => 110.0,
        Column::Key => 164.0,
        Column::Type | Column::Field(_) => 120.0,
        Column::Version => 58.0,
        Column::Schema => 84.0,
        Column::Id => 96.0,
        Column::Size => 64.0,
        Column::Position => 90.0,
        Column::Summary => return None,
    })
}

/// How rows are sorted by it, where that makes sense.
pub(crate) fn sort(column: &Column) -> Option<SortBy> {
    Some(match column {
        Column::Time => SortBy::Time,
        Column::Destination => SortBy::Destination,
        Column::Key => SortBy::Key,
        Column::Type => SortBy::Type,
        Column::Version => SortBy::Version,
        Column::Id => SortBy::Id,
        Column::Size => SortBy::Size,
        _ => return None,
    })
}

/// True for numbers, which stand on the right.
pub(crate) fn is_right(column: &Column) -> bool {
    matches!(
        column,
        Column::Gap | Column::Version | Column::Size | Column::Position
    )
}

/// What decides which columns are worth their room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worth<'a> {
    /// Points that the table has.
    pub(crate) width: f32,
    /// Only one conversation is shown: the gaps between its events are the point.
    pub(crate) conversation: bool,
    /// There are schemas: whether an event matches says more than the version it claims.
    pub(crate) schemas: bool,
    /// Rows of several taps are there.
    pub(crate) several_taps: bool,
    /// In what the events differ.
    pub(crate) variety: &'a Variety,
}

/// The columns to show: those that the person chose, or those that say something and have room.
pub(crate) fn shown(setup: &ListSetup, worth: Worth<'_>) -> Vec<Column> {
    if let Some(chosen) = &setup.columns {
        return chosen.clone();
    }
    let mut columns = vec![Column::Time, Column::Key, Column::Summary];
    if worth.conversation {
        columns.insert(1, Column::Gap);
    }
    let taken = |columns: &[Column]| -> f32 {
        let widths = columns.iter().filter_map(|c| width(c, setup.times));
        widths.map(|width| width + SPACING).sum()
    };
    let variety = worth.variety;
    let more = [
        (Column::Position, variety.places),
        (Column::StoreTime, variety.places),
        (Column::SeenAs, worth.several_taps || variety.traced),
        (Column::Schema, worth.schemas),
        (Column::Version, variety.versions && !worth.schemas),
        (Column::Destination, variety.destinations),
        (Column::Type, variety.types),
        (Column::Size, true),
        (Column::Id, true),
    ];
    let summary = SUMMARY.max(worth.width * SUMMARY_SHARE);
    for (column, says_something) in more {
        let with = width(&column, setup.times).unwrap_or_default() + SPACING;
        if says_something && taken(&columns) + with + summary <= worth.width {
            columns.push(column);
        }
    }
    Column::in_order(columns)
}

/// Least tenths of their usual widths that the columns keep for the summary's sake.
const LEAST_TENTHS: u8 = 6;

/// True for a column that can still be read when its end is cut off.
pub(crate) fn shrinks(column: &Column) -> bool {
    matches!(
        column,
        Column::SeenAs
            | Column::Destination
            | Column::Key
            | Column::Type
            | Column::Id
            | Column::Correlation
            | Column::Field(_)
    )
}

/// How many tenths of their usual widths the columns have, so that the summary can be read beside those
/// that a person chose.
pub(crate) fn tenths(columns: &[Column], room: f32, times: Times) -> u8 {
    if !columns.contains(&Column::Summary) {
        return 10;
    }
    let (mut taken, mut kept) = (0.0, SPACING);
    for column in columns {
        let width = width(column, times).unwrap_or_default();
        kept += SPACING;
        if shrinks(column) {
            taken += width;
        } else {
            kept += width;
        }
    }
    let left = room - kept - SUMMARY.min(room * SUMMARY_SHARE);
    let fits = |tenths: &u8| taken * f32::from(*tenths) / 10.0 <= left;
    (LEAST_TENTHS..=10).rev().find(fits).unwrap_or(LEAST_TENTHS)
}

/// The menu that chooses them.
pub(crate) fn menu_ui(ui: &mut Ui, cx: &mut Cx<'_>, shown: &[Column]) {
    let words = by_source::words(cx.state);
    let setup = &cx.state.live.setup;
    let mut chosen = None;
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let menu = MenuButton::new("Columns").config(config);
    menu.ui(ui, |ui| {
        let own = shown.iter().filter(|c| matches!(c, Column::Field(_)));
        let all: Vec<Column> = Column::in_order(Column::USUAL.iter().chain(own).cloned().collect());
        for column in all {
            let mut on = shown.contains(&column);
            // The last one must stay: an empty table has no header to come back from.
            let only = shown.len() == 1 && on;
            let check = Checkbox::new(&mut on, name(&column, words));
            if ui.add_enabled(!only, check).changed() {
                let mut next = shown.to_vec();
                next.retain(|other| *other != column);
                if on {
                    next.push(column);
                }
                chosen = Some(Some(Column::in_order(next)));
            }
        }
        ui.separator();
        if let Some(column) = own_ui(ui, &mut cx.forms.column, shown) {
            chosen = Some(setup.with_column(shown, column).columns);
        }
        ui.separator();
        if button(ui, "Automatic", setup.columns.is_some())
            .on_hover_text("Show the columns that say something and have room")
            .clicked()
        {
            chosen = Some(None);
            ui.close();
        }
    });
    if let Some(columns) = chosen {
        let setup = ListSetup {
            columns,
            ..setup.clone()
        };
        cx.act(Action::Live(LiveAction::SetUp(setup)));
    }
}

/// A column for any field, named as in a filter.
fn own_ui(ui: &mut Ui, text: &mut String, shown: &[Column]) -> Option<Column> {
    let is_full = !Column::has_room(shown);
    let label = small_label(ui, "A field of the payload, a header or a property");
    let edit = TextEdit::singleline(text)
        .font(theme::mono())
        .hint_text("data.amount, header.x-tenant, app")
        .desired_width(260.0)
        .margin(field_margin());
    let field = ui.add(edit).labelled_by(label.id);
    let read = Column::field(text);
    let is_there = read.as_ref().is_ok_and(|column| shown.contains(column));
    if let (Err(problem), false) = (&read, text.trim().is_empty()) {
        let words = RichText::new(&problem.words).color(Palette::of(ui).warn);
        ui.scope(|ui| {
            ui.set_max_width(260.0);
            ui.add(Label::new(words).wrap());
        });
    }
    ui.add_space(STEP / 2.0);
    let may = read.is_ok() && !is_there && !is_full;
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if (button(ui, "Add column", may).clicked() || enter) && may {
        text.clear();
        return read.ok();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn automatic(width: f32, change: impl FnOnce(&mut Variety)) -> Vec<Column> {
        let mut variety = Variety::default();
        change(&mut variety);
        let worth = Worth {
            width,
            conversation: false,
            schemas: false,
            several_taps: false,
            variety: &variety,
        };
        shown(&ListSetup::default(), worth)
    }

    #[test]
    fn a_column_that_says_nothing_gets_no_room_and_the_summary_keeps_its_own() {
        use Column::{Destination, Id, Key, Size, Summary, Time, Type, Version};
        assert_eq!(automatic(400.0, |_| {}), [Time, Key, Summary]);
        assert_eq!(automatic(900.0, |_| {}), [Time, Key, Id, Size, Summary]);
        let all = |variety: &mut Variety| {
            variety.destinations = true;
            variety.types = true;
            variety.versions = true;
        };
        assert_eq!(
            automatic(1_600.0, all),
            [Time, Destination, Key, Type, Version, Id, Size, Summary]
        );
        for width in [400.0, 600.0, 800.0, 1_000.0] {
            let columns = automatic(width, all);
            let taken = columns.iter().filter_map(|c| super::width(c, Times::Local));
            let taken: f32 = taken.map(|width| width + SPACING).sum();
            assert!(columns.len() == 3 || width - taken >= SUMMARY, "{width}");
        }
    }

    #[test]
    fn beside_many_columns_the_summary_keeps_its_room() {
        let own = Column::field("data.amount").unwrap();
        let columns = [Column::Time, Column::Key, own, Column::Summary];
        let tenths = |columns: &[Column], room| tenths(columns, room, Times::Local);
        assert_eq!(tenths(&columns, 1_200.0), 10);
        let narrow = f32::from(tenths(&columns, 520.0)) / 10.0;
        let taken: f32 = (columns.iter())
            .filter_map(|c| Some(width(c, Times::Local)? * if shrinks(c) { narrow } else { 1.0 }))
            .sum();
        assert!(narrow < 1.0 && 520.0 - taken - SPACING * 4.0 >= 520.0 * SUMMARY_SHARE);
        assert_eq!(tenths(&columns, 100.0), LEAST_TENTHS);
        assert_eq!(tenths(&columns[..3], 100.0), 10, "there is no summary");
    }

    #[test]
    fn own_columns_stand_before_the_summary() {
        let own = Column::field("data.amount").unwrap();
        let columns = Column::in_order(vec![own.clone(), Column::Summary, Column::Key]);
        assert_eq!(columns, [Column::Key, own, Column::Summary]);
    }
}
