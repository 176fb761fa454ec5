//! Whether the event is what it claims to be, by the schemas of the folder that is open.

use std::sync::Arc;

use eframe::egui::Ui;

use crate::event::Event;
use crate::schema::stream::claim::{Claim, claimed_type, claimed_version, kind_of};
use crate::schema::{Catalog, Fit, fit};
use crate::ui::parts::verdict::verdict_ui;
use crate::ui::parts::widgets::weak;

/// The judgement of the event that is shown, worked out when another is selected.
#[derive(Debug, Default)]
pub(crate) struct SchemaMemory {
    of: Option<(Arc<Event>, Arc<Catalog>)>,
    fit: Option<Fit>,
    claims: Vec<Claim>,
}

impl SchemaMemory {
    fn take(&mut self, event: &Arc<Event>, catalog: &Arc<Catalog>) {
        let same = self
            .of
            .as_ref()
            .is_some_and(|(e, c)| Arc::ptr_eq(e, event) && Arc::ptr_eq(c, catalog));
        if !same {
            // Nothing is said where there is no schema of such events.
            self.fit = kind_of(event, catalog).map(|_| fit(event, catalog));
            let version = claimed_version(event, &catalog.rules);
            self.claims = std::iter::once(claimed_type(event))
                .chain(version)
                .collect();
            self.of = Some((Arc::clone(event), Arc::clone(catalog)));
        }
    }
}

/// Draws it; the pointer of the field that is wrong, if that was clicked.
pub(crate) fn schema_ui(
    ui: &mut Ui,
    memory: &mut SchemaMemory,
    event: &Arc<Event>,
    catalog: &Arc<Catalog>,
) -> Option<String> {
    memory.take(event, catalog);
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
