//! Dead letters in a log: topics, pages, originals.

use super::CutShort;
use super::background::Background;
use super::letter::{LetterPosition, ListedLetter};
use super::list::ListedPlace;
use crate::kafka::account::{account, seen_original};
use crate::protocol::{LogPage, PeekReport, SourceCommand, SourceUpdate};
use crate::repair::dead_place::DeadPlace;
use crate::repair::record_place::{RecordFound, RecordPlace};

/// Most places that are asked for at once.
const AT_ONCE: usize = 5_000;

/// The topics that hold dead letters, with the newest of each.
pub(super) fn places(
    background: &mut Background,
    source: Option<&str>,
    peek: u32,
) -> Result<Vec<ListedPlace>, CutShort> {
    let mut found = find(background, source)?;
    if let Some(source) = source {
        found.retain(|place| place.name == source);
        if found.is_empty() {
            return Err(CutShort::Told(format!(
                "There is no topic {source}, or this login may not see it"
            )));
        }
    }
    let mut places = Vec::with_capacity(found.len());
    for place in found {
        let mut listed = listed(place);
        if peek > 0 {
            match read(background, &listed.name, LogPage::Newest, None, peek) {
                Ok(page) => {
                    if !page.remark.is_empty() {
                        listed.peek_refused = Some(page.remark.clone());
                    }
                    listed.letters = letters(background, page)?;
                }
                Err(CutShort::Told(words)) => listed.peek_refused = Some(words),
                Err(other) => return Err(other),
            }
        }
        places.push(listed);
    }
    Ok(places)
}

/// The topics that hold dead letters.
fn find(background: &mut Background, source: Option<&str>) -> Result<Vec<DeadPlace>, CutShort> {
    let request = background.request();
    let named = source.map(str::to_owned).into_iter().collect();
    background.tell(SourceCommand::FindDeadPlaces { request, named })?;
    let found = background.wait(None, |update| match update {
        SourceUpdate::DeadPlaces { request: r, result } if r == request => Some(result),
        _ => None,
    })?;
    Ok(found?)
}

fn listed(place: DeadPlace) -> ListedPlace {
    ListedPlace {
        name: place.name,
        count: place.records,
        done: place.done,
        why: if place.why.is_empty() && place.is_named {
            vec!["it was named".to_owned()]
        } else {
            place.why
        },
        origin: place.origin,
        written_by: place.written_by,
        warnings: place.warnings,
        peek_refused: None,
        letters: Vec::new(),
    }
}

/// Reads a page.
pub(super) fn read(
    background: &mut Background,
    place: &str,
    page: LogPage,
    partition: Option<u32>,
    size: u32,
) -> Result<PeekReport, CutShort> {
    let request = background.request();
    background.tell(SourceCommand::ReadLog {
        request,
        place: place.to_owned(),
        partition,
        page,
        size,
    })?;
    let page = background.wait(None, |update| match update {
        SourceUpdate::Peeked { request: r, result } if r == request => Some(result),
        _ => None,
    })?;
    Ok(page?)
}

/// What each of a page tells, with a look at its original.
pub(super) fn letters(
    background: &mut Background,
    page: PeekReport,
) -> Result<Vec<ListedLetter>, CutShort> {
    let mut letters: Vec<ListedLetter> = page
        .messages
        .into_iter()
        .zip(page.marks)
        .filter_map(|(event, mark)| {
            let own = *event.transport.kafka()?;
            Some(ListedLetter {
                source: page.queue.clone(),
                position: LetterPosition::Record {
                    partition: own.partition,
                    offset: own.offset,
                },
                account: account(&event, None)?,
                event,
                mark,
            })
        })
        .collect();
    for some in letters.chunks_mut(AT_ONCE) {
        let places: Vec<RecordPlace> = some
            .iter()
            .filter_map(|letter| letter.account.original_place.clone())
            .collect();
        let found = originals(background, places)?;
        let with_place = some
            .iter_mut()
            .filter(|letter| letter.account.original_place.is_some());
        for (letter, found) in with_place.zip(found) {
            letter.account.original = seen_original(&letter.event, None, &found);
        }
    }
    Ok(letters)
}

/// What lies at these places.
pub(super) fn originals(
    background: &mut Background,
    places: Vec<RecordPlace>,
) -> Result<Vec<RecordFound>, CutShort> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let request = background.request();
    let count = places.len();
    background.tell(SourceCommand::ReadRecords { request, places })?;
    let found = background.wait(None, |update| match update {
        SourceUpdate::Records { request: r, result } if r == request => Some(result),
        _ => None,
    })?;
    // That they could not be read is said of each.
    Ok(found.unwrap_or_else(|words| vec![RecordFound::NotRead(words); count]))
}
