//! Puts a file and its imports together: types by full name, each field's type found from where it is
//! written outwards, and what the specification refuses refused.

use std::collections::{BTreeMap, BTreeSet};

use super::known::known_file;
use super::parse::{ProtoFile, parse};
use super::tokens::wrong;
use super::{ProtoEnum, ProtoField, ProtoLabel, ProtoMessage, Protobuf, SCALARS, WrittenType};
use crate::schema::Unusable;

/// Most files that one imports, itself and through others.
const MOST_FILES: usize = 500;

/// Reads a file with all that it imports.
pub(crate) fn resolve(
    text: &str,
    imports: &BTreeMap<String, String>,
) -> Result<Protobuf, Unusable> {
    let file = parse(text)?;
    check_file(&file)?;
    let mut out = Protobuf {
        package: file.package.clone(),
        top: names(&file, file.messages.iter().map(|one| &one.name)),
        messages: BTreeMap::new(),
        enums: BTreeMap::new(),
        top_enums: names(&file, file.enums.iter().map(|one| &one.name)),
        rpcs: file.rpcs.clone(),
    };
    let mut open = file.imports.clone();
    let mut seen = BTreeSet::new();
    let mut files = vec![file];
    while let Some(name) = open.pop() {
        let text = imports.get(&name).map(String::as_str).or(known_file(&name));
        let Some(text) = text.filter(|_| seen.insert(name.clone()) && seen.len() <= MOST_FILES)
        else {
            continue;
        };
        let imported =
            parse(text).map_err(|error| Unusable::new(format!("In the import {name}: {error}")))?;
        open.extend(imported.imports.iter().cloned());
        files.push(imported);
    }
    for file in files {
        add(&mut out, file);
    }
    find_types(&mut out);
    Ok(out)
}

fn names<'a>(file: &ProtoFile, names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.map(|name| full(&file.package, name)).collect()
}

fn full(space: &str, name: &str) -> String {
    if space.is_empty() {
        name.to_owned()
    } else {
        format!("{space}.{name}")
    }
}

/// Takes in the types of a file; where a name is taken already, the one that came first stays.
fn add(out: &mut Protobuf, file: ProtoFile) {
    let mut open: Vec<(String, ProtoMessage)> = Vec::new();
    let space = file.package;
    let take_enum = |out: &mut Protobuf, space: &str, one: ProtoEnum| {
        out.enums.entry(full(space, &one.name)).or_insert(one);
    };
    for one in file.enums {
        take_enum(out, &space, one);
    }
    open.extend(file.messages.into_iter().map(|one| (space.clone(), one)));
    while let Some((space, message)) = open.pop() {
        let own = full(&space, &message.name);
        for one in &message.enums {
            take_enum(out, &own, one.clone());
        }
        open.extend(
            message
                .messages
                .iter()
                .map(|one| (own.clone(), one.clone())),
        );
        out.messages.entry(own).or_insert(message);
    }
}

/// Gives each field its type's full name.
fn find_types(out: &mut Protobuf) {
    let known: BTreeSet<String> = out
        .messages
        .keys()
        .chain(out.enums.keys())
        .cloned()
        .collect();
    for (message, definition) in &mut out.messages {
        for field in &mut definition.fields {
            match &mut field.written {
                WrittenType::Name(name) | WrittenType::Group(name) | WrittenType::Map(_, name) => {
                    *name = found(&known, message, name);
                }
            }
        }
    }
}

fn found(known: &BTreeSet<String>, within: &str, name: &str) -> String {
    if SCALARS.iter().any(|(scalar, _)| *scalar == name) {
        return name.to_owned();
    }
    if let Some(absolute) = name.strip_prefix('.') {
        return absolute.to_owned();
    }
    let mut space = within;
    loop {
        let candidate = full(space, name);
        if known.contains(&candidate) {
            return candidate;
        }
        match space.rsplit_once('.') {
            Some((outer, _)) => space = outer,
            None if space.is_empty() => return name.to_owned(),
            None => space = "",
        }
    }
}

fn check_file(file: &ProtoFile) -> Result<(), Unusable> {
    let mut open: Vec<&ProtoMessage> = file.messages.iter().collect();
    let tops = file.messages.iter().map(|one| one.name.as_str());
    check_names(tops.chain(file.enums.iter().map(|one| one.name.as_str())))?;
    file.enums
        .iter()
        .try_for_each(|one| check_enum(one, file))?;
    while let Some(message) = open.pop() {
        message
            .enums
            .iter()
            .try_for_each(|one| check_enum(one, file))?;
        let inner = message.messages.iter().map(|one| one.name.as_str());
        check_names(inner.chain(message.enums.iter().map(|one| one.name.as_str())))?;
        check_fields(message, file)?;
        open.extend(&message.messages);
    }
    Ok(())
}

fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Unusable> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let words = format!("It is not valid Protobuf: {name} is defined twice.");
            return Err(Unusable::new(words));
        }
    }
    Ok(())
}

fn check_fields(message: &ProtoMessage, file: &ProtoFile) -> Result<(), Unusable> {
    let (mut numbers, mut names) = (BTreeSet::new(), BTreeSet::new());
    for field in &message.fields {
        let ProtoField {
            line, name, number, ..
        } = field;
        let fails = |words: &str| Err(wrong(*line, &format!("{words} in {}", message.name)));
        if !numbers.insert(*number) {
            return fails(&format!("the number {number} is there twice"));
        }
        if !names.insert(name) {
            return fails(&format!("the field {name} is there twice"));
        }
        let number = i64::from(*number);
        if message
            .reserved
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&number))
        {
            return fails(&format!(
                "{name} has the number {number}, which is reserved"
            ));
        }
        if message.reserved_names.contains(name) {
            return fails(&format!("the name {name} is reserved"));
        }
        let is_map = matches!(field.written, WrittenType::Map(..));
        if (is_map || field.oneof.is_some()) && field.label != ProtoLabel::Single {
            return fails(&format!("{name} must have no label"));
        }
        if is_map && field.oneof.is_some() {
            return fails(&format!("{name} is a map in a oneof"));
        }
        if file.is_proto3 && matches!(field.written, WrittenType::Group(_)) {
            return fails("proto3 has no groups");
        }
    }
    Ok(())
}

fn check_enum(one: &ProtoEnum, file: &ProtoFile) -> Result<(), Unusable> {
    let fails = |words: &str| Err(wrong(one.line, &format!("the enum {} {words}", one.name)));
    let Some((_, first)) = one.values.first() else {
        return fails("has no value");
    };
    if file.is_proto3 && *first != 0 {
        return fails("does not begin with 0, as proto3 wants it");
    }
    let mut seen = BTreeSet::new();
    for (name, number) in &one.values {
        if !seen.insert(number) && !one.allows_alias {
            return fails(&format!("has the number {number} of {name} twice"));
        }
    }
    Ok(())
}
