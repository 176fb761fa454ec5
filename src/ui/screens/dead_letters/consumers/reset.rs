//! Where a group without members goes on: what that would mean first, then the deed, and what was done
//! before with the way back.

use eframe::egui::{ComboBox, Label, RichText, ScrollArea, Ui};

use super::group::{ROW, header_ui, row_ui};
use crate::kafka::groups::ConsumerGroup;
use crate::kafka::groups::reset::{KeptReset, ResetPlan};
use crate::state::Action;
use crate::state::consumers::{ConsumerAction, ResetChoice, ResetDesk};
use crate::text::numbers::{count_of, thousands};
use crate::ui::Cx;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{
    banner, button, danger_button, inline_choice_field, section, weak,
};

/// Most of what was done before that is listed.
const LISTED: usize = 5;

/// The columns of a plan, as shares of its width.
const COLUMNS: [(&str, f32, bool); 5] = [
    ("Topic", 0.28, false),
    ("Partition", 0.1, true),
    ("Now", 0.12, true),
    ("Then", 0.12, true),
    ("What it means", 0.38, false),
];

pub(super) fn reset_ui(ui: &mut Ui, cx: &mut Cx<'_>, group: &ConsumerGroup, desk: &ResetDesk) {
    section(ui, "RESET OFFSETS");
    if cx.state.front.is_production {
        let words = format!("{} is production", cx.state.front.title());
        banner(ui, Palette::of(ui).bad, &words);
    }
    if !desk.is_back {
        ui.horizontal_wrapped(|ui| form_ui(ui, cx, group, desk));
    }
    let palette = Palette::of(ui);
    if let Some(words) = &desk.problem {
        banner(ui, palette.bad, words);
    }
    if let Some(words) = &desk.done {
        banner(ui, palette.good, words);
    }
    if desk.planning.is_some() {
        weak(ui, "Looking what it would do …");
    }
    let wide = desk.plan.as_ref();
    if let Some(plan) = wide {
        let text = RichText::new(plan.words()).color(palette.text).strong();
        ui.add(Label::new(text).wrap());
        if !desk.is_back && desk.ready(&cx.forms.reset).is_none() && plan.changes().next().is_some()
        {
            weak(ui, "The form says something else now: make another dry run");
        }
    }
    ui.horizontal_wrapped(|ui| actions_ui(ui, cx, desk));
    if let Some(plan) = wide {
        ui.add_space(STEP);
        plan_ui(ui, plan);
    }
}

fn form_ui(ui: &mut Ui, cx: &mut Cx<'_>, group: &ConsumerGroup, desk: &ResetDesk) {
    let form = &mut cx.forms.reset;
    combo(ui, "Go on from", form.choice.name(), |ui| {
        for choice in ResetChoice::ALL {
            if ui
                .selectable_value(&mut form.choice, choice, choice.name())
                .clicked()
            {
                ui.close();
            }
        }
    });
    if let Some((label, about)) = form.choice.amount() {
        inline_choice_field(ui, label, &mut form.amount, 130.0, Vec::new).on_hover_text(about);
    }
    let topics = group.topics();
    let all = "All topics";
    let chosen = if form.topic.is_empty() {
        all
    } else {
        form.topic.as_str()
    };
    let chosen = chosen.to_owned();
    combo(ui, "In", &chosen, |ui| {
        let choices = [("", all)].into_iter();
        for (topic, shown) in choices.chain(topics.iter().map(|topic| (*topic, *topic))) {
            if ui.selectable_label(form.topic == topic, shown).clicked() {
                topic.clone_into(&mut form.topic);
                ui.close();
            }
        }
    });
    let may = cx.state.is_connected() && !desk.is_busy();
    if button(ui, "Dry run", may)
        .on_hover_text("See partition by partition what it would do. Nothing is changed")
        .clicked()
    {
        cx.act(Action::Consumers(ConsumerAction::Plan));
    }
}

fn combo(ui: &mut Ui, label: &str, chosen: &str, content: impl FnOnce(&mut Ui)) {
    let name = weak(ui, label);
    let combo = ComboBox::from_id_salt(label)
        .selected_text(chosen)
        .width(150.0)
        .show_ui(ui, content);
    let response = combo.response.labelled_by(name.id);
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(chosen));
}

fn actions_ui(ui: &mut Ui, cx: &mut Cx<'_>, desk: &ResetDesk) {
    if let Some(plan) = desk.ready(&cx.forms.reset) {
        let count = count_of(plan.changes().count() as u64, "offset");
        let label = if desk.is_back {
            format!("Put {count} back")
        } else {
            format!("Set {count}")
        };
        if danger_button(ui, &label, cx.state.is_connected())
            .on_hover_text(
                "The old offsets are written to the disk first, so that it can be undone. If the group \
                 moved or has members by then, nothing is changed",
            )
            .clicked()
        {
            cx.act(Action::Consumers(ConsumerAction::Reset));
        }
    }
    if desk.running.is_some() {
        weak(ui, "Setting offsets …");
    }
    let label = if desk.done.is_some() {
        "Close"
    } else {
        "Cancel"
    };
    if button(ui, label, desk.running.is_none()).clicked() {
        cx.act(Action::Consumers(ConsumerAction::CloseReset));
    }
}

fn plan_ui(ui: &mut Ui, plan: &ResetPlan) {
    header_ui(ui, &COLUMNS);
    ScrollArea::vertical()
        .id_salt("plan")
        .auto_shrink([false, false])
        .show_rows(ui, ROW, plan.lines.len(), |ui, range| {
            for line in &plan.lines[range] {
                let number = |number: Option<u64>| number.map_or("–".to_owned(), thousands);
                let cells = [
                    line.topic.clone(),
                    line.partition.to_string(),
                    number(line.from),
                    number(line.after()),
                    line.words(),
                ];
                row_ui(ui, &COLUMNS, &cells, false);
            }
        });
}

/// What was set in this group before, and the way back.
pub(super) fn kept_ui(ui: &mut Ui, cx: &mut Cx<'_>, group: &ConsumerGroup) {
    let reading = cx.state.front.consumers.reading.as_ref();
    let kept = reading.iter().flat_map(|reading| &reading.kept);
    let own: Vec<&KeptReset> = kept
        .filter(|one| one.group == group.name)
        .take(LISTED)
        .collect();
    if own.is_empty() {
        return;
    }
    section(ui, "SET BY EVENTSCOPE BEFORE");
    for one in own {
        ui.horizontal_wrapped(|ui| {
            let time = one.at.format("%Y-%m-%d %H:%M:%S");
            let may = cx.state.is_connected() && group.why_no_reset().is_none();
            if button(ui, &format!("Undo {time}…"), may)
                .on_hover_text("See first what putting the offsets of before back would do")
                .clicked()
            {
                let back = ConsumerAction::PlanBack(one.id.clone());
                cx.actions.push(Action::Consumers(back));
            }
            let offsets = count_of(one.offsets.len() as u64, "offset");
            let words = format!("to {}, {offsets}. {}", one.to, one.outcome());
            let text = RichText::new(words).color(Palette::of(ui).weak);
            ui.add(Label::new(text).wrap());
        });
    }
}
