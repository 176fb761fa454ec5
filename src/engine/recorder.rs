//! The journal as the broker side uses it: opened when it is first needed, one at a time, and
//! never on a thread of the runtime.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::RequestId;
use crate::repair::journal_list::Question;
use crate::storage::journal::{Journal, JournalError};

/// The way to the journal. Cheap to clone; all clones share one open journal.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    dir: Option<PathBuf>,
    journal: Arc<Mutex<Option<Journal>>>,
    /// What is to be shown of it.
    question: Arc<Mutex<Question>>,
    /// The request that is worked on, so that its records are known to belong together.
    request: Option<RequestId>,
}

impl Recorder {
    /// The journal in this folder.
    pub(crate) fn new(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            journal: Arc::default(),
            question: Arc::default(),
            request: None,
        }
    }

    /// The same journal, for the work on this request.
    pub(crate) fn working_on(&self, request: RequestId) -> Self {
        Self {
            request: Some(request),
            ..self.clone()
        }
    }

    /// From here on, this is shown of it.
    pub(crate) fn ask(&self, question: Question) {
        *self.lock_question() = question;
    }

    /// What is to be shown of it.
    pub(crate) fn question(&self) -> Question {
        self.lock_question().clone()
    }

    fn lock_question(&self) -> MutexGuard<'_, Question> {
        let question = self.question.lock();
        question.unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the journal; what it wrote is on the disk afterwards.
    ///
    /// # Errors
    /// In words, if it cannot be opened, read or written. Then nothing may be moved.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Journal) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, String> {
        let Some(dir) = self.dir.clone() else {
            return Err("There is no folder for the journal".to_owned());
        };
        let shared = Arc::clone(&self.journal);
        let shown = dir.display().to_string();
        let number = self.request.map_or(0, |request| request.0);
        let working = tokio::task::spawn_blocking(move || {
            let mut journal = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if journal.is_none() {
                *journal = Some(Journal::open(&dir)?);
            }
            match &mut *journal {
                Some(journal) => {
                    journal.work_on(number);
                    work(journal)
                }
                None => Err(JournalError::File(std::io::ErrorKind::NotFound.into())),
            }
        });
        let told = |why: String| format!("The journal in {shown} cannot be used ({why})");
        match working.await {
            Ok(done) => done.map_err(|error| told(error.to_string())),
            Err(error) => Err(told(error.to_string())),
        }
    }
}
