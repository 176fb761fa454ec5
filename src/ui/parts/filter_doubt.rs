//! What in a filter line is probably not what was meant, said below it.

use eframe::egui::{Id, Ui};

use super::widgets::weak;
use crate::event::amqp::x_death::REASONS;
use crate::query::{Filter, Named, SeenValues};

/// Seconds for which an answer is kept: what was seen lately changes all the time.
const KEPT: f64 = 2.0;

/// What is said of a line, and since when.
type KeptDoubts = (String, f64, Vec<String>);

/// Draws it below the field of this name.
pub(crate) fn doubts_ui(
    ui: &mut Ui,
    field: &'static str,
    filter: Option<&Filter>,
    seen: &dyn SeenValues,
) {
    let Some(filter) = filter else {
        return;
    };
    let (id, now) = (Id::unique((field, "doubts")), ui.input(|input| input.time));
    let line = filter.to_string();
    let kept = ui.data(|data| data.get_temp::<KeptDoubts>(id));
    let said = match kept {
        Some(said) if said.0 == line && now - said.1 < KEPT => said,
        _ => (line, now, doubts(filter, seen)),
    };
    for words in &said.2 {
        weak(ui, words);
    }
    ui.data_mut(|data| data.insert_temp(id, said));
}

/// In words, each for itself.
fn doubts(filter: &Filter, seen: &dyn SeenValues) -> Vec<String> {
    let mut all = Vec::new();
    let mut known = Vec::new();
    seen.values(Named::Schema, &mut |value| known.push(value.to_owned()));
    for clause in unlike(filter, Named::Schema, &known) {
        all.push(format!(
            "{clause} finds nothing: schema: knows {}",
            known.join(", ")
        ));
    }
    if filter.names(Named::Reason) && !seen.are_dead() {
        all.push("Only dead letters have a reason: reason: finds nothing here".to_owned());
    } else if filter.names(Named::Reason) {
        let mut here = Vec::new();
        seen.values(Named::Reason, &mut |value| here.push(value.to_owned()));
        let mut known = here.clone();
        known.extend(REASONS.map(str::to_owned));
        for clause in unlike(filter, Named::Reason, &known) {
            all.push(format!(
                "{clause} is the reason of none: here are {}",
                here.join(", ")
            ));
        }
    }
    let bare = filter.bare_fields();
    if !bare.is_empty() {
        let there = payload_fields(seen);
        let missing = bare.iter().filter(|name| !there.contains(name));
        all.extend(missing.filter(|_| !there.is_empty()).map(|name| {
            format!(
                "{name} is read as a field of the payload, and none of the events looked at has it. In \
                 quotes it is looked for as text"
            )
        }));
    }
    all
}

fn unlike(filter: &Filter, field: Named, known: &[String]) -> Vec<String> {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    filter.clauses_unlike(field, &known)
}

/// The fields of payloads that were seen, named as they may be typed alone.
fn payload_fields(seen: &dyn SeenValues) -> Vec<String> {
    let mut all = Vec::new();
    seen.data_paths(&mut |steps| {
        all.push(crate::query::QueryField::Payload(steps.to_vec()).to_string());
    });
    seen.names_beside_data(&mut |name| all.push(name.to_owned()));
    all
}
