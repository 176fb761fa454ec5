//! Schemas by what names them on the wire. Who reads a body takes one from here and never waits: what is
//! not there is asked for, by whoever can, and the body is read again when it has come.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::written::BodySchema;
use crate::event::wire::SchemaKey;

/// Most schemas that are kept; the oldest go first.
const MOST: usize = 5_000;
/// Most that wait to be asked for. A stream of random bodies must not fill the memory.
const MOST_WANTED: usize = 256;

/// What is known of a schema.
#[derive(Clone, Debug)]
pub enum Shelved {
    /// Those that the key may mean, the likeliest first: one number can be a content id and a global id
    /// of one registry.
    Ready(Arc<[BodySchema]>),
    /// It is being asked for.
    Asked,
    /// There is none, in words.
    Missing(Arc<str>),
}

/// The schemas that are known, shared by all who read.
#[derive(Clone, Debug, Default)]
pub struct SchemaShelf(Arc<Mutex<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    known: BTreeMap<SchemaKey, Shelved>,
    /// Keys of `known`, in the order in which they came.
    order: VecDeque<SchemaKey>,
    /// What nobody has asked for yet.
    wanted: Vec<SchemaKey>,
    /// Grows with each answer, so that one can see whether to read again.
    answers: u64,
}

impl SchemaShelf {
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        // Nothing is half done where somebody panics with it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known; what is not is wanted from now on.
    #[must_use]
    pub fn get(&self, key: SchemaKey) -> Shelved {
        let mut inner = self.lock();
        if let Some(known) = inner.known.get(&key) {
            return known.clone();
        }
        if inner.wanted.len() < MOST_WANTED {
            inner.wanted.push(key);
            inner.keep(key, Shelved::Asked);
        }
        Shelved::Asked
    }

    /// What is wanted and was not asked for; it is from now on.
    #[must_use]
    pub fn wanted(&self) -> Vec<SchemaKey> {
        std::mem::take(&mut self.lock().wanted)
    }

    /// An answer.
    pub fn put(&self, key: SchemaKey, answer: Result<Vec<BodySchema>, String>) {
        let answer = match answer {
            Ok(schemas) => Shelved::Ready(schemas.into()),
            Err(words) => Shelved::Missing(words.into()),
        };
        let mut inner = self.lock();
        inner.answers += 1;
        inner.keep(key, answer);
    }

    /// What was missing is asked for again when it is met: a registry is there now.
    pub fn forget_missing(&self) {
        let mut inner = self.lock();
        let Shelf { known, order, .. } = &mut *inner;
        known.retain(|_, one| !matches!(one, Shelved::Missing(_)));
        order.retain(|key| known.contains_key(key));
        inner.answers += 1;
    }

    /// A number that grows with each answer.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.lock().answers
    }
}

impl Shelf {
    fn keep(&mut self, key: SchemaKey, what: Shelved) {
        if self.known.insert(key, what).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
