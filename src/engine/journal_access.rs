//! The journal as everybody uses it: whoever moves messages writes into it, and what a person asks of it
//! is done one after the other, so that what is read after a change shows the change.

use std::path::PathBuf;

use chrono::Utc;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::outbox::Outbox;
use super::recorder::Recorder;
use crate::protocol::DeskUpdate;
use crate::repair::journal_entry::RecordId;
use crate::repair::journal_list::Records;
use crate::storage::journal::{Journal, JournalError};

/// Works on the journal that may wait.
const WORKS_WAITING: usize = 64;

type JournalWork = BoxFuture<'static, DeskUpdate>;

/// The journal, with the queue of what is to be done with it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct JournalAccess {
    /// Where everything that moves is written down before.
    pub(crate) recorder: Recorder,
    works: mpsc::Sender<JournalWork>,
    is_there: bool,
}

impl JournalAccess {
    /// The journal in this folder. Its works are done in `tasks`.
    pub(crate) fn open(dir: Option<PathBuf>, outbox: Outbox, tasks: &mut JoinSet<()>) -> Self {
        let (works, waiting) = mpsc::channel(WORKS_WAITING);
        tasks.spawn(in_order(waiting, outbox));
        Self {
            is_there: dir.is_some(),
            recorder: Recorder::new(dir),
            works,
        }
    }

    /// Work on the journal, whatever becomes of a source meanwhile.
    pub(crate) async fn work<F>(&self, work: impl FnOnce(Recorder) -> F)
    where
        F: Future<Output = DeskUpdate> + Send + 'static,
    {
        let work = Box::pin(work(self.recorder.clone()));
        if self.works.send(work).await.is_err() {
            tracing::error!(
                "the journal is not read or changed any more in this run. Start Eventscope again"
            );
        }
    }

    /// Forgets what is older and certain, and tells of the rest.
    pub(crate) async fn keep(&self, days: u16) {
        self.work(move |journal| async move {
            age_out(&journal, days).await;
            read(&journal).await
        })
        .await;
    }

    /// The connection to this place was lost.
    pub(crate) async fn doubt(&self, place: String) {
        if self.is_there {
            self.work(|journal| async move { doubt(&journal, place).await })
                .await;
        }
    }

    /// Jobs were cut off by the end of the connection to this place.
    pub(crate) async fn cut_off(&self, place: String) {
        self.work(|journal| async move { cut_off(&journal, place).await })
            .await;
    }
}

async fn in_order(mut waiting: mpsc::Receiver<JournalWork>, outbox: Outbox) {
    while let Some(work) = waiting.recv().await {
        outbox.send(work.await).await;
    }
}

/// What was last asked for.
pub(crate) async fn read(journal: &Recorder) -> DeskUpdate {
    let question = journal.question();
    let page = journal.with(move |journal| journal.page(&question)).await;
    DeskUpdate::Journal(page.map(Box::new))
}

/// Forgets records, and tells of those that are left.
pub(crate) async fn forget(journal: &Recorder, which: Records) -> DeskUpdate {
    let forgetting = journal.with(move |journal| {
        let ids = names(journal, which)?;
        journal.forget(&ids)
    });
    match forgetting.await {
        Ok(()) => read(journal).await,
        Err(words) => DeskUpdate::Journal(Err(words)),
    }
}

pub(crate) fn names(journal: &Journal, which: Records) -> Result<Vec<RecordId>, JournalError> {
    match which {
        Records::These(ids) => Ok(ids),
        Records::Pile(job, pile) => journal.pile(job, pile),
    }
}

/// The connection to this place was lost.
async fn doubt(journal: &Recorder, place: String) -> DeskUpdate {
    match journal.with(move |journal| journal.doubt(&place)).await {
        Ok(()) => read(journal).await,
        Err(words) => DeskUpdate::Journal(Err(words)),
    }
}

/// Jobs were cut off by the end of the connection: what they had under way is not certain.
async fn cut_off(journal: &Recorder, place: String) -> DeskUpdate {
    let settling = journal.with(move |journal| journal.settle_at(&place));
    match settling.await {
        Ok(()) => read(journal).await,
        Err(words) => DeskUpdate::Journal(Err(words)),
    }
}

/// Forgets what is old and certain.
async fn age_out(journal: &Recorder, days: u16) {
    let ageing = journal.with(move |journal| journal.age_out(Utc::now(), days));
    if let Err(words) = ageing.await {
        tracing::warn!(words, "old records stay in the journal");
    }
}
