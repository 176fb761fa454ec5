//! Works out which of RabbitMQ's applications a broker with management needs, by reading their `.app` files.
//!
//! On start RabbitMQ looks through every module of every application it can see; offering only the needed ones
//! halves the start time. Must not know how the broker is started.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::installation::children;

/// What the broker is started for; everything else follows from the `.app` files.
const ROOTS: &[&str] = &["rabbit", "rabbitmq_prelaunch", "rabbitmq_management"];

/// The needed applications, as far as RabbitMQ ships them, and those that Erlang itself must bring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Needed {
    /// Folders inside RabbitMQ's plugin folder.
    pub(crate) shipped: Vec<PathBuf>,
    /// Names of Erlang's own libraries.
    pub(crate) from_erlang: Vec<String>,
}

/// Follows the dependencies from the roots. `None` when a root is not there as a plain folder (old versions ship
/// archives): the caller then starts the broker the plain way.
pub(crate) fn needed(plugin_folder: &Path, more: &[&str]) -> Option<Needed> {
    let folders = shipped_folders(plugin_folder);
    let mut to_visit: Vec<String> = ROOTS
        .iter()
        .chain(more)
        .map(|&root| root.to_owned())
        .collect();
    let mut seen = BTreeSet::new();
    let mut needed = Needed::default();
    while let Some(name) = to_visit.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(folder) = folders.get(&name) else {
            if ROOTS.contains(&name.as_str()) {
                return None;
            }
            needed.from_erlang.push(name);
            continue;
        };
        let description =
            fs::read_to_string(folder.join("ebin").join(format!("{name}.app"))).ok()?;
        needed.shipped.push(folder.clone());
        to_visit.extend(dependencies(&description));
    }
    needed.from_erlang.sort_unstable();
    Some(needed)
}

/// Application name to folder: the folders are called `name-version` or just `name`.
fn shipped_folders(plugin_folder: &Path) -> BTreeMap<String, PathBuf> {
    children(plugin_folder)
        .into_iter()
        .filter(|path| path.join("ebin").is_dir())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let name = match name.split_once('-') {
                Some((name, _version)) => name,
                None => name,
            };
            Some((name.to_owned(), path))
        })
        .collect()
}

/// The names in all lists of the description whose key ends in `applications`: needed, included, optional.
fn dependencies(description: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, key) in description.match_indices("applications") {
        let after = description
            .get(at + key.len()..)
            .unwrap_or_default()
            .trim_start();
        let Some(list) = after
            .strip_prefix(',')
            .map(str::trim_start)
            .and_then(|rest| rest.strip_prefix('['))
        else {
            continue;
        };
        let list = list.split(']').next().unwrap_or_default();
        names.extend(
            list.split(',')
                .map(|name| name.trim().trim_matches('\''))
                .filter(|name| is_plain_atom(name))
                .map(str::to_owned),
        );
    }
    names
}

/// Whether the name can be written into an Erlang expression as it stands.
fn is_plain_atom(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_come_from_every_kind_of_list() {
        let description = "{application, x, [\n  {modules, [a,b]},\n  {applications, [kernel,\n stdlib,'ranch']},\n\
            {included_applications,[inner]},{optional_applications,[]},{env,[{applications_note, \"[z]\"}]}]}.";
        assert_eq!(
            dependencies(description),
            ["kernel", "stdlib", "ranch", "inner"]
        );
    }

    #[test]
    fn an_absent_server_gives_nothing() {
        assert_eq!(needed(Path::new("/nonexistent"), &[]), None);
    }
}
