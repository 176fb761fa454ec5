//! What only dead letters have that lie in a log: why a topic is taken for one, what it warns of, and the
//! original beside a message.

use eframe::egui::{Label, RichText, Ui};

use crate::kafka::resend::CopyTime;
use crate::repair::account_story::AccountStory;
use crate::repair::dead_place::DeadPlace;
use crate::repair::record_place::RecordMark;
use crate::state::Action;
use crate::state::dead_letters::{DeadAction, DeadLetter};
use crate::ui::Cx;
use crate::ui::parts::inspector;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::{banner, weak};

/// Most warnings that are shown.
const WARNINGS: usize = 3;

/// Why the open topic is here, and what is to be known of it.
pub(super) fn place_ui(ui: &mut Ui, cx: &Cx<'_>, name: &str) {
    let Some(place) = cx.state.front.dead.log.place(name) else {
        return;
    };
    let why = why_words(place);
    if !why.is_empty() {
        let color = Palette::of(ui).weak;
        ui.add(Label::new(RichText::new(why).color(color)).wrap());
    }
    for words in place.warnings.iter().take(WARNINGS) {
        banner(ui, Palette::of(ui).warn, words);
    }
}

/// Why a topic is taken for one of dead letters.
pub(super) fn why_words(place: &DeadPlace) -> String {
    match (place.is_named, place.why.as_slice()) {
        (true, []) => "Opened by its name".to_owned(),
        (false, []) => String::new(),
        (_, why) => format!("Here because of: {}", why.join(", ")),
    }
}

/// Why a message died, and where its original is.
pub(super) fn story_ui(ui: &mut Ui, cx: &Cx<'_>, message: &DeadLetter) {
    let Some(account) = &message.account else {
        return;
    };
    let palette = Palette::of(ui);
    let story = AccountStory::of(account);
    let line = |ui: &mut Ui, words: &str, color| {
        ui.add(Label::new(RichText::new(words).color(color)).wrap());
    };
    match story.died.as_str() {
        "" => line(ui, "Its headers do not tell why it died", palette.weak),
        died => line(ui, died, palette.warn),
    }
    for words in &story.more {
        line(ui, words, palette.weak);
    }
    for words in &story.doubts {
        line(ui, words, palette.warn);
    }
    let original = cx.state.front.dead.log.original.as_ref();
    if let Some(original) = original.filter(|one| one.of == message.fingerprint) {
        line(ui, &original.seen.words, palette.text);
    }
    if let Some(mark) = &message.mark {
        line(ui, &mark_words(mark), palette.good);
    }
}

/// What the journal says of a message.
pub(super) fn mark_words(mark: &RecordMark) -> String {
    let to = mark.sent_to.as_ref();
    let to = to.map_or(String::new(), |to| format!(" to {to}"));
    format!(
        "{}{to} at {}",
        mark.deed.name(),
        mark.at.format("%Y-%m-%d %H:%M:%S UTC")
    )
}

/// What lies at the place of the original.
pub(super) fn original_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(original) = &cx.state.front.dead.log.original else {
        weak(ui, "Nobody looked for the original yet");
        return;
    };
    let text = RichText::new(&original.seen.words).color(Palette::of(ui).text);
    ui.add(Label::new(text).wrap());
    ui.separator();
    if let Some(event) = &original.event {
        let origin = inspector::Origin::DeadLetter;
        let memory = &mut cx.memory.inspector;
        let actions = inspector::inspector_ui(ui, memory, event, origin);
        cx.actions.extend(actions);
    }
}

/// How copies are made, and what a person agrees to.
pub(super) fn options_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let log = &cx.state.front.dead.log;
    let (mut agreed, mut time) = (log.agreed, log.time);
    ui.label("Time of the copy");
    for one in CopyTime::ALL {
        ui.radio_value(&mut time, one, one.words());
    }
    ui.checkbox(&mut agreed.over_newer, "Send over a newer state of its key")
        .on_hover_text(
            "On a compacted topic the copy replaces what was written for its key since. Without this such \
             a record is kept back",
        );
    ui.checkbox(&mut agreed.again, "Send once more what was sent")
        .on_hover_text("Without this, what the journal calls sent or possibly sent is kept back");
    ui.checkbox(
        &mut agreed.unproven,
        "Send an original that cannot be compared",
    )
    .on_hover_text(
        "A dead letter without key and value is sent as what lies at the place of its original. \
             Nothing proves that it is the record that died",
    );
    if agreed != log.agreed {
        cx.act(Action::Dead(DeadAction::Agree(agreed)));
    }
    if time != cx.state.front.dead.log.time {
        cx.act(Action::Dead(DeadAction::CopyTime(time)));
    }
}
