//! What a person arranged at each connection (taps, the publish form, what was sent) over the end of a
//! session, and for the next start.

use super::live::earlier_taps::{EarlierTap, saved_tap};
use super::publish::kept;
use super::source::Source;
use super::{Forms, State};
use crate::settings::{SavedDesk, SavedTap};

/// For how many connections it is kept.
const MOST: usize = 20;
/// Most taps that are kept of one.
const MOST_TAPS: usize = 24;
/// The private broker: its port is another one at each start.
const SANDBOX: &str = "sandbox";

impl State {
    /// A session stands: what was arranged at this place comes back.
    pub(super) fn open_desk(&mut self, place: &str, forms: &mut Forms) {
        let place = if self.front.is_sandbox {
            SANDBOX
        } else {
            place
        };
        let before = self.front.desk_of.replace(place.to_owned());
        let kept_at = self.desks.iter().position(|desk| desk.place == place);
        let found = kept_at.map(|at| self.desks.remove(at));
        let is_new = found.is_none();
        let desk = found.unwrap_or_else(|| SavedDesk {
            place: place.to_owned(),
            ..SavedDesk::default()
        });
        let taps = desk.taps.iter().cloned();
        self.front.earlier = taps.map(EarlierTap::new).collect();
        if before.as_deref() != Some(place) {
            if let Some(form) = &desk.form
                && (before.is_some() || kept::is_untouched(forms))
            {
                kept::take_form(form, forms);
            }
            if before.is_some() || !is_new {
                let next_id = &mut self.next_id;
                let fresh = || {
                    *next_id += 1;
                    *next_id
                };
                kept::take_sent(&desk.sent, &mut self.front.publish, fresh);
                self.front.publish.replaced();
            }
        }
        self.desks.insert(0, desk);
        self.desks.truncate(MOST);
    }

    /// A session ends, and its taps with it: they are kept for the next one at the same place.
    pub(super) fn close_desk(&mut self, forms: &Forms) {
        self.front.kept.note(&self.front.publish, forms);
        let taps = self.arranged_taps(&self.front);
        let place = self.front.desk_of.as_ref();
        let own = self.desks.iter_mut();
        let own = own.filter(|desk| Some(&desk.place) == place);
        for desk in own {
            desk.taps.clone_from(&taps);
            desk.form = self.front.kept.form();
            desk.sent = self.front.kept.sent();
        }
        self.front.earlier.clear();
    }

    /// The connection is forgotten, and with it what was arranged there.
    pub(super) fn forget_desk(&mut self, place: &str) {
        self.desks.retain(|desk| desk.place != place);
    }

    /// The taps of a source that run, and those of before that were not started.
    fn arranged_taps(&self, source: &Source) -> Vec<SavedTap> {
        let own = self.taps.list().iter();
        let own = own.filter(|tap| tap.id.source == source.id);
        let running = own.filter_map(saved_tap);
        let earlier = source.earlier.iter().map(|earlier| earlier.saved().clone());
        running.chain(earlier).take(MOST_TAPS).collect()
    }

    /// All of it as it is now, for the next start.
    pub(super) fn remembered_desks(&mut self, forms: &Forms) -> Vec<SavedDesk> {
        self.front.kept.note(&self.front.publish, forms);
        for behind in self.behind.values_mut() {
            let source = &mut behind.source;
            source.kept.note(&source.publish, &behind.forms);
        }
        let mut desks = self.desks.clone();
        for source in self.sources() {
            let own = desks.iter_mut();
            let mut own = own.filter(|desk| source.desk_of.as_ref() == Some(&desk.place));
            if let Some(desk) = own.next() {
                if source.has_session() {
                    desk.taps = self.arranged_taps(source);
                }
                desk.form = source.kept.form();
                desk.sent = source.kept.sent();
            }
        }
        desks.retain(|desk| !desk.taps.is_empty() || desk.form.is_some() || !desk.sent.is_empty());
        desks
    }
}
