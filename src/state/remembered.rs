//! What is taken over from an earlier run, and what is kept for the next one.

use std::collections::BTreeMap;
use std::path::Path;

use super::recordings::RecordingForm;
use super::saved_connections::SavedConnectionAction;
use super::{Forms, State};
use crate::address::Address;
use crate::log::DEFAULT_MAX_BYTES;
use crate::protocol::{Command, DeskCommand};
use crate::recording::ShelfLimits;
use crate::repair::journal_entry::KEEP_DAYS;
use crate::settings::{Settings, ThemeChoice};

impl State {
    /// Takes over what an earlier run left. What is to be opened again is asked for.
    pub fn restore(&mut self, settings: &Settings, forms: &mut Forms) -> Vec<Command> {
        // Each by its name, so that a new one is not forgotten here. The window has the theme
        // and the panels.
        let Settings {
            last_good,
            connections,
            theme: _,
            filters,
            list,
            quiet,
            muted,
            parking,
            schemas,
            keep_days,
            log_bytes,
            records,
            recording_bytes,
            recording_days,
            desks,
            panels: _,
        } = settings.clone();
        if let Some(address @ (Address::RabbitMq(_) | Address::Kafka(_))) = &last_good {
            forms.fill(address);
        }
        self.saved_connections = connections;
        // Written by a version that knew only the last one.
        if let (Some(last), true) = (&last_good, self.saved_connections.is_empty()) {
            self.keep_connection(last, false);
        }
        self.act_on_saved_connections(SavedConnectionAction::Recall, forms);
        self.last_good = last_good;
        self.saved_filters = filters;
        self.desks = desks;
        self.live.restore(&list, forms);
        self.front.alerts.wanted = !quiet;
        self.front.alerts.muted = muted;
        forms.parking = parking.join(", ");
        self.front.dead.parking.rules = parking;
        self.recordings
            .restore(records, ShelfLimits::of(recording_bytes, recording_days));
        forms.recordings = RecordingForm::of(self.recordings.limits);
        self.journal.keep_days = keep_days.unwrap_or(KEEP_DAYS);
        self.live
            .log
            .set_max_bytes(log_bytes.unwrap_or(DEFAULT_MAX_BYTES));
        self.schemas.remembered.clone_from(&schemas);
        let open = schemas.map(DeskCommand::OpenSchemas);
        open.map(Command::Desk).into_iter().collect()
    }

    /// What is kept for the next run. Its theme and its panels the window says itself.
    #[must_use]
    pub fn remember(&mut self, theme: ThemeChoice, forms: &Forms) -> Settings {
        let desks = self.remembered_desks(forms);
        let (days, bytes) = (self.journal.keep_days, self.live.log.max_bytes());
        let (limits, usual) = (self.recordings.limits, ShelfLimits::default());
        let sample = self.places.sample_schemas.as_deref();
        Settings {
            last_good: self.last_good.clone(),
            connections: self.saved_connections.clone(),
            theme,
            filters: self.saved_filters.clone(),
            list: self.live.remember(),
            quiet: !self.front.alerts.wanted,
            muted: self.front.alerts.muted.clone(),
            parking: self.front.dead.parking.rules.clone(),
            schemas: self.schemas.own_folder(sample).map(Path::to_owned),
            keep_days: (days != KEEP_DAYS).then_some(days),
            log_bytes: (bytes != DEFAULT_MAX_BYTES).then_some(bytes),
            records: self.recordings.from_start,
            recording_bytes: (limits.bytes != usual.bytes).then_some(limits.bytes),
            recording_days: (limits.age != usual.age).then_some(limits.days()),
            desks,
            panels: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;

    use super::*;
    use crate::protocol::{DeskCommand, DeskUpdate, Places, Update};
    use crate::rabbitmq::endpoint::Endpoint;
    use crate::schema::Catalog;
    use crate::settings::{SavedConnection, SavedDesk, SavedFilter, SavedList, SavedTap};
    use crate::state::Moment;

    fn settings() -> Settings {
        Settings {
            last_good: Some(Address::RabbitMq(Endpoint::default())),
            connections: vec![SavedConnection {
                address: Address::RabbitMq(Endpoint::default()).without_secret(),
                is_production: true,
                is_spared: true,
            }],
            theme: ThemeChoice::Light,
            filters: vec![SavedFilter {
                name: "a".to_owned(),
                line: "key:a".to_owned(),
            }],
            list: SavedList {
                times: "UTC".to_owned(),
                columns: Some(vec!["Key".to_owned(), "data.amount".to_owned()]),
                merged: true,
                filter: "key:order.*".to_owned(),
            },
            quiet: true,
            muted: ["here q".to_owned()].into(),
            parking: vec!["*.parked".to_owned()],
            schemas: Some("/schemas".into()),
            keep_days: Some(90),
            log_bytes: Some(50_000_000),
            records: true,
            recording_bytes: Some(5_000_000_000),
            recording_days: Some(30),
            desks: vec![desk()],
            panels: BTreeMap::new(),
        }
    }

    fn desk() -> SavedDesk {
        SavedDesk {
            place: "localhost:5672//".to_owned(),
            taps: vec![SavedTap {
                destination: Some("shop".to_owned()),
                keys: vec!["#".to_owned()],
                deliveries: false,
                colour: 3,
                shown: false,
            }],
            ..SavedDesk::default()
        }
    }

    fn tell(state: &mut State, update: DeskUpdate) {
        let moment = Moment {
            now: DateTime::UNIX_EPOCH,
            fresh_id: "",
        };
        state.apply(Update::Desk(update), &mut Forms::default(), moment);
    }

    #[test]
    fn what_was_restored_is_remembered() {
        let (mut state, mut forms) = (State::new(), Forms::default());
        let untouched = state.remember(ThemeChoice::Dark, &forms);
        assert_eq!(untouched, Settings::default());
        let commands = state.restore(&settings(), &mut forms);
        assert!(
            matches!(commands.as_slice(), [Command::Desk(DeskCommand::OpenSchemas(folder))] if folder == Path::new("/schemas"))
        );
        assert_eq!(forms.parking, "*.parked");
        assert_eq!(forms.filter, "key:order.*");
        assert_eq!(state.remember(ThemeChoice::Light, &forms), settings());
    }

    #[test]
    fn a_folder_of_schemas_is_remembered_until_another_is_read() {
        let mut state = State::new();
        state.restore(&settings(), &mut Forms::default());
        let schemas = |state: &mut State| {
            let now = state.remember(ThemeChoice::System, &Forms::default());
            now.schemas
        };
        // Not there now, as a network drive may be.
        tell(&mut state, DeskUpdate::Schemas(Err("not there".to_owned())));
        assert_eq!(schemas(&mut state), Some("/schemas".into()));
        let open = |state: &mut State, folder: &str| {
            let catalog = Catalog::new(folder.into(), Vec::new());
            tell(state, DeskUpdate::Schemas(Ok(Arc::new(catalog))));
        };
        open(&mut state, "/other");
        assert_eq!(schemas(&mut state), Some("/other".into()));
        tell(
            &mut state,
            DeskUpdate::Places(Places {
                sample_schemas: Some("/data/sample".into()),
                ..Places::default()
            }),
        );
        open(&mut state, "/data/sample");
        assert_eq!(schemas(&mut state), None);
    }
}
