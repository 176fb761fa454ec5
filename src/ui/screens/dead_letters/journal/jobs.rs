//! The jobs of the journal, each with where its messages are, and what can be done with a pile.

use eframe::egui::{
    self, FontId, Label, Rect, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, vec2,
};

use super::{act, stamp, why_not_ui};
use crate::repair::journal_entry::Operation;
use crate::repair::journal_list::{JOBS, JobLine, JournalPage, Pile, StageCounts};
use crate::state::dead_letters::journal::JournalAction;
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::theme::{self, Palette, STEP};
use crate::ui::parts::widgets::{button, cell, section, weak};

/// Height of a job in the list, in points.
const HEIGHT: f32 = 46.0;

/// Draws the list of jobs: what was cut off first, then the newest.
pub(crate) fn jobs_ui(ui: &mut Ui, cx: &mut Cx<'_>, page: &JournalPage) {
    section(ui, "JOBS");
    let chosen = cx.state.journal.question.job;
    let name = format!("All records ({})", thousands(page.all.total()));
    if row_ui(ui, &name, &page.all, None, chosen.is_none()) {
        act(cx, JournalAction::Job(None));
    }
    turn_ui(ui, cx, page);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, HEIGHT, page.jobs.len(), |ui, range| {
            for job in &page.jobs[range] {
                // The time first: it is what tells two jobs of one queue apart where there is little room.
                let name = format!("{} · {}", stamp(job.times.0), title(job));
                let selected = chosen == Some(job.id);
                if row_ui(ui, &name, &job.counts, Some(job.deed), selected) {
                    act(cx, JournalAction::Job(Some(job.id)));
                }
            }
        });
}

fn turn_ui(ui: &mut Ui, cx: &mut Cx<'_>, page: &JournalPage) {
    if page.jobs_total <= JOBS {
        return;
    }
    let from = page.question.jobs_from;
    let last = from + page.jobs.len();
    let [first, to, all] = [from + 1, last, page.jobs_total].map(|n| thousands(n as u64));
    ui.horizontal_wrapped(|ui| {
        if button(ui, "Newer jobs", from > 0).clicked() {
            act(cx, JournalAction::TurnJobs(false));
        }
        if button(ui, "Older jobs", last < page.jobs_total).clicked() {
            act(cx, JournalAction::TurnJobs(true));
        }
        weak(ui, format!("{first}–{to} of {all}"));
    });
}

fn title(job: &JobLine) -> String {
    let deed = match job.deed {
        Operation::Resend => "Resend",
        Operation::Discard => "Discard",
    };
    format!("{deed} from {}", job.queue)
}

fn row_ui(
    ui: &mut Ui,
    name: &str,
    counts: &StageCounts,
    deed: Option<Operation>,
    selected: bool,
) -> bool {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let words = counts.words(deed);
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::ListBoxOption,
            true,
            selected,
            format!("{name}: {words}"),
        )
    });
    if selected {
        ui.painter().rect_filled(rect, 4, palette.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 4, palette.hovered);
    }
    let inner = rect.shrink2(vec2(8.0, 5.0));
    let upper = Rect::from_min_max(inner.min, egui::pos2(inner.right(), inner.top() + 18.0));
    let lower = Rect::from_min_max(egui::pos2(inner.left(), upper.bottom()), inner.max);
    cell(ui, upper, name, theme::words(), palette.text, false);
    let color = match () {
        () if counts.doubtful() > 0 => palette.warn,
        () if counts.cut_off() > 0 => palette.text,
        () => palette.weak,
    };
    let small = FontId::proportional(theme::SIZES[0]);
    cell(ui, lower, &words, small, color, false);
    response.on_hover_text(format!("{name}\n{words}")).clicked()
}

/// What is shown, and what can be done with a whole pile of it.
pub(crate) fn heading_ui(ui: &mut Ui, cx: &mut Cx<'_>, page: &JournalPage) {
    let journal = &cx.state.journal;
    let palette = Palette::of(ui);
    let heading = |text: String| RichText::new(text).font(FontId::proportional(theme::SIZES[2]));
    let Some(job) = journal.job() else {
        let name = if journal.question.job.is_some() {
            "One job"
        } else {
            "All records"
        };
        ui.add(Label::new(heading(name.to_owned())).wrap());
        let color = if page.all.doubtful() > 0 {
            palette.warn
        } else {
            palette.weak
        };
        ui.add(Label::new(RichText::new(page.all.words(None)).color(color)).wrap());
        return;
    };
    ui.add(Label::new(heading(title(job))).wrap());
    let (from, to) = (stamp(job.times.0), stamp(job.times.1));
    let time = if from == to {
        from
    } else {
        format!("{from} to {to}")
    };
    weak(ui, format!("{time}, on {}", job.place));
    let color = if job.counts.doubtful() > 0 {
        palette.warn
    } else {
        palette.text
    };
    let words = job.counts.words(Some(job.deed));
    ui.add(Label::new(RichText::new(words).color(color)).wrap());
    if journal.is_current() {
        let pile = journal.question.pile;
        let only = || {
            let mut piles = job.counts.piles();
            let first = piles.next().map(|(pile, _)| pile);
            first.filter(|_| piles.next().is_none())
        };
        match pile.or_else(only) {
            Some(pile) => pile_ui(ui, cx, job, pile),
            None => drop(weak(
                ui,
                "Choose a pile below to put all of it back or to remove it",
            )),
        }
    }
    why_not_ui(ui, journal.why_not_job());
    ui.add_space(STEP / 2.0);
}

/// What can be done with all records of a pile at once.
fn pile_ui(ui: &mut Ui, cx: &mut Cx<'_>, job: &JobLine, pile: Pile) {
    let state = cx.state;
    let count = thousands(job.counts.get(pile));
    if job.counts.get(pile) == 0 {
        return;
    }
    let here = state.address().map(crate::address::Address::place);
    let here = here.as_ref() == Some(&job.place);
    let idle = state.is_connected() && state.journal.putting.is_none();
    ui.horizontal_wrapped(|ui| {
        if pile.can_be_put_back() {
            let words = if here {
                "Publish each copy to the queue that it lay in; asks first"
            } else if super::record::behind(cx, &job.place).is_some() {
                "Bring the broker that they came from to the front first"
            } else {
                "Connect to the broker that they came from first"
            };
            if button(ui, &format!("Put {count} back…"), here && idle)
                .on_hover_text(words)
                .on_disabled_hover_text(words)
                .clicked()
            {
                act(cx, JournalAction::PutPileBack(pile));
            }
            super::record::front_ui(ui, cx, &job.place);
        } else if pile == Pile::Untouched {
            weak(ui, format!("They were left in {}", job.queue));
        }
        if button(ui, &format!("Remove {count}…"), pile != Pile::UnderWay)
            .on_hover_text("Remove these records from the journal; asks first")
            .clicked()
        {
            act(cx, JournalAction::ForgetPile(pile));
        }
    });
}
