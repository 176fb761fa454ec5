//! The recordings of the app's folder, two lines each.

use chrono::Utc;
use eframe::egui::{FontId, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use crate::recording::ShelfEntry;
use crate::state::Action;
use crate::state::recordings::RecordingAction;
use crate::text::numbers::count_of;
use crate::text::payload::size_text;
use crate::ui::Cx;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::cell;

/// Height of one, in points.
const ITEM: f32 = 44.0;

/// Draws them; only those in sight are laid out.
pub(super) fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>, list: &[ShelfEntry]) {
    ScrollArea::vertical()
        .id_salt("recordings")
        .auto_shrink([false, false])
        .show_rows(ui, ITEM, list.len(), |ui, range| {
            for entry in &list[range] {
                let is_chosen = cx.state.recordings.chosen.as_ref() == Some(&entry.file.path);
                let (clicked, twice) = item_ui(ui, cx, entry, is_chosen);
                let path = entry.file.path.clone();
                if twice {
                    cx.act(Action::Recording(RecordingAction::Open(path)));
                } else if clicked {
                    cx.act(Action::Recording(RecordingAction::Choose(path)));
                }
            }
        });
}

fn item_ui(ui: &mut Ui, cx: &Cx<'_>, entry: &ShelfEntry, is_chosen: bool) -> (bool, bool) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ITEM), Sense::click());
    let (name, words) = (entry.name(), words(cx, entry));
    let label = format!("{name}: {words}");
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, ui.is_enabled(), is_chosen, label.as_str())
    });
    let fill = match (is_chosen, response.hovered() || response.has_focus()) {
        (true, _) => Some(palette.selected),
        (false, true) => Some(palette.hovered),
        (false, false) => None,
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(rect, 4, fill);
    }
    let inner = rect.shrink2(vec2(8.0, 4.0));
    let (upper, lower) = inner.split_top_bottom_at_fraction(0.5);
    let is_bad = entry.about.is_err();
    cell(ui, upper, &name, theme::words(), palette.text, false);
    let color = if is_bad { palette.bad } else { palette.weak };
    let small = FontId::proportional(theme::SIZES[0]);
    cell(ui, lower, &words, small, color, false);
    let response = response.on_hover_text(format!("{}\n{words}", entry.file.path.display()));
    (response.clicked(), response.double_clicked())
}

/// Where it came from, from when to when, how many events and bytes, and whether it is whole.
fn words(cx: &Cx<'_>, entry: &ShelfEntry) -> String {
    let about = match &entry.about {
        Ok(about) => about,
        Err(why) => return why.clone(),
    };
    let times = cx.state.live.setup.times;
    let is_written = cx.state.recordings.is_written(&entry.file.path);
    let count = if is_written {
        cx.state.recordings.now.state.events
    } else {
        about.events
    };
    let mut parts = Vec::new();
    if !entry.places.is_empty() {
        parts.push(entry.places.join(", "));
    }
    let begun = times.with_date(about.begun_at);
    let ended = about.ended_at.unwrap_or(about.seen_until);
    parts.push(format!("{begun} to {}", times.with_date(ended)));
    parts.push(count_of(count, "event"));
    parts.push(size_text(entry.file.bytes));
    if is_written {
        parts.push("recording".to_owned());
    } else if about.is_being_written(Utc::now()) {
        parts.push("being written".to_owned());
    } else if about.ended_at.is_none() {
        parts.push("broke off".to_owned());
    }
    let open = cx.state.sources();
    let mut open = open.iter().filter(|source| source.has_session());
    let address = crate::address::Address::Recording(entry.file.path.clone());
    if open.any(|source| source.address() == Some(&address)) {
        parts.push("open".to_owned());
    }
    parts.join(" · ")
}
