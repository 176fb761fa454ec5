//! Whether the event is what it claims to be, by the schemas of the folder that is open.

use std::sync::Arc;

use eframe::egui::{Label, RichText, Ui};

use super::super::theme::Palette;
use super::super::widgets::weak;
use crate::domain::Event;
use crate::schema::Catalog;
use crate::schema::claim::{Claim, Judgement, claimed_type, claimed_version, judge};
use crate::schema::place;

/// The judgement of the event that is shown, worked out when another is selected.
#[derive(Debug, Default)]
pub(super) struct SchemaMemory {
    of: Option<(Arc<Event>, Arc<Catalog>)>,
    judgement: Option<Judgement>,
    claims: Vec<Claim>,
}

impl SchemaMemory {
    fn take(&mut self, event: &Arc<Event>, catalog: &Arc<Catalog>) {
        let same = self
            .of
            .as_ref()
            .is_some_and(|(e, c)| Arc::ptr_eq(e, event) && Arc::ptr_eq(c, catalog));
        if !same {
            self.judgement = Some(judge(event, catalog));
            let version = claimed_version(event, &catalog.rules);
            self.claims = std::iter::once(claimed_type(event))
                .chain(version)
                .collect();
            self.of = Some((Arc::clone(event), Arc::clone(catalog)));
        }
    }
}

/// Draws it; nothing where there is no schema of such events.
pub(super) fn schema_ui(
    ui: &mut Ui,
    memory: &mut SchemaMemory,
    event: &Arc<Event>,
    catalog: &Arc<Catalog>,
) {
    memory.take(event, catalog);
    let palette = Palette::of(ui);
    let (words, color) = match &memory.judgement {
        None | Some(Judgement::NoSchema) => return,
        Some(Judgement::Matches) => (
            "matches the version that it claims".to_owned(),
            palette.good,
        ),
        Some(Judgement::Fails(failures)) => {
            let first = failures
                .first()
                .map(|failure| format!("{}: {}", place(&failure.at), failure.words));
            (
                format!("does not match – {}", first.unwrap_or_default()),
                palette.bad,
            )
        }
        Some(Judgement::FitsOnly(versions)) => (
            format!("does not match what it claims, but {}", versions.join(", ")),
            palette.bad,
        ),
        Some(Judgement::Unclaimed(versions)) if versions.is_empty() => {
            ("claims no version and matches none".to_owned(), palette.bad)
        }
        Some(Judgement::Unclaimed(versions)) => (
            format!("claims no version; matches {}", versions.join(", ")),
            palette.warn,
        ),
        Some(Judgement::UnknownVersion) => (
            "claims a version that is not in the folder".to_owned(),
            palette.warn,
        ),
        Some(Judgement::NotJson) => (
            "the body is not JSON, or larger than 256 kB".to_owned(),
            palette.warn,
        ),
    };
    let signs: Vec<String> = memory
        .claims
        .iter()
        .map(|claim| format!("{} by {}", claim.what, claim.sign))
        .collect();
    ui.horizontal_wrapped(|ui| {
        weak(ui, "Schema").on_hover_text(signs.join("\n"));
        ui.add(Label::new(RichText::new(words).color(color)).wrap())
            .on_hover_text(signs.join("\n"));
    });
}
