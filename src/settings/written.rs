//! Settings as they stand in their file. The types in memory may be named and arranged again; what a
//! field is called here may not, and what is added must be allowed to be missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::written_desk::WrittenDesk;
use super::{SavedConnection, SavedDesk, SavedFilter, SavedList, Settings, ThemeChoice};
use crate::address::Address;
use crate::rabbitmq::endpoint::{Endpoint, Password};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "members of a file")]
struct WrittenSettings {
    /// The last connection, if it was to a RabbitMQ.
    last_good: Option<WrittenEndpoint>,
    /// The last connection as a line of text, if it was to something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_address: Option<String>,
    /// The name that the person gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    last_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    connections: Vec<WrittenConnection>,
    light: bool,
    /// The theme is the desktop's; version 0.1.0 knew only dark and light.
    #[serde(skip_serializing_if = "is_false")]
    system_theme: bool,
    filters: Vec<WrittenFilter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<WrittenList>,
    quiet: bool,
    muted: BTreeSet<String>,
    parking: Vec<String>,
    schemas: Option<PathBuf>,
    keep_days: Option<u16>,
    log_bytes: Option<usize>,
    #[serde(skip_serializing_if = "is_false")]
    records: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording_days: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    desks: Vec<WrittenDesk>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    panels: BTreeMap<String, u16>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenList {
    times: String,
    columns: Option<Vec<String>>,
    merged: bool,
    filter: String,
}

/// One of the two fields says where it leads.
#[derive(Serialize, Deserialize)]
struct WrittenConnection {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<WrittenEndpoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// The name that the person gave the address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default)]
    production: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    not_recorded: bool,
}

/// It has no password: a secret cannot be written, whatever is done elsewhere.
#[derive(Serialize, Deserialize)]
struct WrittenEndpoint {
    name: String,
    host: String,
    port: u16,
    user: String,
    vhost: String,
    tls: bool,
    management_port: Option<u16>,
    #[serde(default)]
    management_url: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WrittenFilter {
    name: String,
    line: String,
}

impl From<&Settings> for WrittenSettings {
    fn from(settings: &Settings) -> Self {
        // Each by its name, so that a new one is not forgotten here.
        let Settings {
            last_good,
            connections,
            theme,
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
            panels,
        } = settings.clone();
        let (last_good, last_address, last_name) = match last_good {
            Some(Address::RabbitMq(endpoint)) => (Some(endpoint.into()), None, String::new()),
            Some(other) => (None, Some(other.to_string()), other.own_name().to_owned()),
            None => (None, None, String::new()),
        };
        Self {
            last_good,
            last_address,
            last_name,
            connections: connections
                .into_iter()
                .map(WrittenConnection::from)
                .collect(),
            light: theme == ThemeChoice::Light,
            system_theme: theme == ThemeChoice::System,
            filters: filters.into_iter().map(WrittenFilter::from).collect(),
            list: (list != SavedList::default()).then(|| list.into()),
            quiet,
            muted,
            parking,
            schemas,
            keep_days,
            log_bytes,
            records,
            recording_bytes,
            recording_days,
            desks: desks.into_iter().map(WrittenDesk::from).collect(),
            panels,
        }
    }
}

impl From<WrittenSettings> for Settings {
    fn from(written: WrittenSettings) -> Self {
        Self {
            last_good: match (written.last_good, written.last_address) {
                (Some(endpoint), _) => Some(Address::RabbitMq(endpoint.into())),
                (None, Some(text)) => {
                    let address = Address::from_text(&text).ok();
                    address.map(|address| address.named(&written.last_name))
                }
                (None, None) => None,
            },
            connections: written
                .connections
                .into_iter()
                .filter_map(WrittenConnection::read)
                .collect(),
            theme: match (written.system_theme, written.light) {
                (true, _) => ThemeChoice::System,
                (false, true) => ThemeChoice::Light,
                (false, false) => ThemeChoice::Dark,
            },
            filters: written.filters.into_iter().map(SavedFilter::from).collect(),
            list: written.list.map(SavedList::from).unwrap_or_default(),
            quiet: written.quiet,
            muted: written.muted,
            parking: written.parking,
            schemas: written.schemas,
            keep_days: written.keep_days,
            log_bytes: written.log_bytes,
            records: written.records,
            recording_bytes: written.recording_bytes,
            recording_days: written.recording_days,
            desks: written.desks.into_iter().map(SavedDesk::from).collect(),
            panels: written.panels,
        }
    }
}

impl From<Endpoint> for WrittenEndpoint {
    fn from(endpoint: Endpoint) -> Self {
        let Endpoint {
            name,
            host,
            port,
            user,
            password: _,
            vhost,
            tls,
            management_port,
            management_url,
        } = endpoint;
        Self {
            name,
            host,
            port,
            user,
            vhost,
            tls,
            management_port,
            management_url,
        }
    }
}

impl From<WrittenEndpoint> for Endpoint {
    fn from(written: WrittenEndpoint) -> Self {
        Self {
            name: written.name,
            host: written.host,
            port: written.port,
            user: written.user,
            password: Password::default(),
            vhost: written.vhost,
            tls: written.tls,
            management_port: written.management_port,
            management_url: written.management_url,
        }
    }
}

impl From<SavedConnection> for WrittenConnection {
    fn from(saved: SavedConnection) -> Self {
        let (endpoint, address, name) = match saved.address {
            Address::RabbitMq(endpoint) => (Some(endpoint.into()), None, String::new()),
            other => (None, Some(other.to_string()), other.own_name().to_owned()),
        };
        Self {
            endpoint,
            address,
            name,
            production: saved.is_production,
            not_recorded: saved.is_spared,
        }
    }
}

impl WrittenConnection {
    /// None for an address that this version cannot read.
    fn read(self) -> Option<SavedConnection> {
        let address = match (self.endpoint, self.address) {
            (Some(endpoint), _) => Address::RabbitMq(endpoint.into()),
            (None, text) => Address::from_text(&text?).ok()?.named(&self.name),
        };
        Some(SavedConnection {
            address,
            is_production: self.production,
            is_spared: self.not_recorded,
        })
    }
}

impl From<SavedList> for WrittenList {
    fn from(list: SavedList) -> Self {
        let SavedList {
            times,
            columns,
            merged,
            filter,
        } = list;
        Self {
            times,
            columns,
            merged,
            filter,
        }
    }
}

impl From<WrittenList> for SavedList {
    fn from(written: WrittenList) -> Self {
        Self {
            times: written.times,
            columns: written.columns,
            merged: written.merged,
            filter: written.filter,
        }
    }
}

impl From<SavedFilter> for WrittenFilter {
    fn from(SavedFilter { name, line }: SavedFilter) -> Self {
        Self { name, line }
    }
}

impl From<WrittenFilter> for SavedFilter {
    fn from(WrittenFilter { name, line }: WrittenFilter) -> Self {
        Self { name, line }
    }
}

/// What is written to the file.
pub(super) fn bytes_of(settings: &Settings) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec_pretty(&WrittenSettings::from(settings))
}

/// What a file says.
pub(super) fn read(bytes: &[u8]) -> Result<Settings, serde_json::Error> {
    serde_json::from_slice::<WrittenSettings>(bytes).map(Settings::from)
}
