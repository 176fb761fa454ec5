//! Whether the event is what it claims to be, by the schemas of the folder that is open.

use std::sync::Arc;

use eframe::egui::{Label, RichText, Ui};

use crate::event::Event;
use crate::schema::stream::claim::{
    Claim, claimed_type, claimed_version, contradictory_versions, kind_of,
};
use crate::schema::{Catalog, Fit, VersionRules, fit};
use crate::ui::parts::theme::Palette;
use crate::ui::parts::verdict::verdict_ui;
use crate::ui::parts::widgets::weak;

/// The judgement of the event that is shown, worked out when another is selected.
#[derive(Debug, Default)]
pub(crate) struct SchemaMemory {
    of: Option<(Arc<Event>, Option<Arc<Catalog>>)>,
    fit: Option<Fit>,
    claims: Vec<Claim>,
    /// What it says of its version, if that contradicts itself.
    contradiction: Option<String>,
}

impl SchemaMemory {
    fn take(&mut self, event: &Arc<Event>, catalog: Option<&Arc<Catalog>>) {
        let same = self.of.as_ref().is_some_and(|(e, c)| {
            let same = c.as_ref().map(Arc::as_ptr) == catalog.map(Arc::as_ptr);
            same && Arc::ptr_eq(e, event)
        });
        if !same {
            // Nothing is said where there is no schema of such events.
            self.fit =
                catalog.and_then(|catalog| kind_of(event, catalog).map(|_| fit(event, catalog)));
            let usual = VersionRules::default();
            let rules = catalog.map_or(&usual, |catalog| &catalog.rules);
            let version = claimed_version(event, rules);
            self.contradiction = contradiction(&contradictory_versions(event, rules));
            self.claims = std::iter::once(claimed_type(event))
                .chain(version)
                .collect();
            self.of = Some((Arc::clone(event), catalog.cloned()));
        }
    }
}

/// Draws it; the pointer of the field that is wrong, if that was clicked.
pub(crate) fn schema_ui(
    ui: &mut Ui,
    memory: &mut SchemaMemory,
    event: &Arc<Event>,
    catalog: Option<&Arc<Catalog>>,
) -> Option<String> {
    memory.take(event, catalog);
    if let Some(words) = &memory.contradiction {
        let color = Palette::of(ui).warn;
        ui.add(Label::new(RichText::new(words).color(color)).wrap());
    }
    let fit = memory.fit.as_ref()?;
    let signs: Vec<String> = memory
        .claims
        .iter()
        .map(|claim| format!("{} by {}", claim.what, claim.sign))
        .collect();
    let signs = signs.join("\n");
    ui.horizontal_wrapped(|ui| {
        weak(ui, "Schema").on_hover_text(&signs);
        verdict_ui(ui, fit, &signs)
    })
    .inner
}

/// What an event says of its version, in a sentence.
fn contradiction(claims: &[Claim]) -> Option<String> {
    let (first, rest) = claims.split_first()?;
    let told = |claim: &Claim| format!("{} by {}", claim.what, claim.sign);
    let rest: Vec<String> = rest.iter().map(told).collect();
    Some(format!(
        "Its version contradicts itself: {}, but {}. The first counts",
        told(first),
        rest.join(", ")
    ))
}
