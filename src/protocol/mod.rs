//! The whole contract between the window and the broker side: [`Command`] goes down, [`Update`]
//! comes up. Plain data on both ways; neither side knows the other's libraries.

pub mod desk;
pub mod moves;
pub mod source;

use std::path::PathBuf;
use std::sync::Arc;

use crate::event::tap_id::TapId;
use crate::event::{Event, Fingerprint, Outgoing};
use crate::log::Batch;
use crate::rabbitmq::endpoint::Endpoint;
use crate::rabbitmq::peek_rules::Page;
use crate::rabbitmq::preflight::Report;
use crate::rabbitmq::stream::Start;
use crate::rabbitmq::tap::{FirehoseRequest, TapRequest};
use crate::rabbitmq::topology::Topology;
use crate::repair::job_sum::JobSum;
use crate::repair::journal_list::{self, Question, Records};
use crate::repair::pace::Pace;
use crate::schema::folder::import::Imported;
use crate::schema::{Catalog, Level, Policy, Rules};

pub use desk::{Gravity, ImportFrom, Notice, Places};
pub use moves::{JobStage, MoveOrder, MoveOutcome, PeekReport, PutBack, Which};
pub use source::{Link, PublishOutcome, SandboxState, TapState};

/// Joins a command to the one [`Update`] that finishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What the window asks for.
#[derive(Debug)]
pub enum Command {
    /// Connect, replacing whatever connection there is.
    Connect(Endpoint),
    /// Close the connection, or give up connecting.
    Disconnect,
    /// While a connection is lost: try now instead of waiting.
    RetryNow,
    /// Start a private RabbitMQ with the sample shop, and connect to it.
    StartSandbox,
    /// Read the topology again. Answered by [`Update::Topology`].
    RefreshTopology,
    /// Find out what a tap would do here, without starting it. Answered by [`Update::Preflight`].
    Preflight {
        /// Names the answer.
        request: RequestId,
        /// The exchange.
        exchange: String,
        /// The binding keys.
        binding_keys: Vec<String>,
    },
    /// Start a tap. Answered by [`Update::Tap`].
    StartTap(TapRequest),
    /// Switch the broker's trace of the virtual host on and listen to it. Answered like
    /// [`Command::StartTap`] and stopped by [`Command::StopTap`].
    StartFirehose(FirehoseRequest),
    /// Stop a tap.
    StopTap(TapId),
    /// Publish with `mandatory` and a publisher confirm. Answered by [`Update::Published`].
    Publish {
        /// Names the answer.
        request: RequestId,
        /// The message.
        outgoing: Outgoing,
    },
    /// Borrow messages from a queue and put them back. Answered by [`Update::Peeked`].
    Peek {
        /// Names the answer.
        request: RequestId,
        /// The queue.
        queue: String,
        /// Which part of it is shown; what lies before it is borrowed too.
        page: Page,
        /// The person read that the order may change.
        agreed: bool,
    },
    /// Read a stream, which takes nothing out of it. Answered by [`Update::Peeked`].
    ReadStream {
        /// Names the answer.
        request: RequestId,
        /// The stream.
        queue: String,
        /// Where reading begins.
        start: Start,
        /// Most messages to read.
        size: u32,
    },
    /// Send dead letters again, removing each original only after its copy is confirmed as routed.
    /// Each is answered by [`Update::Moved`], the whole by [`Update::JobDone`].
    Resend {
        /// Names the answers.
        request: RequestId,
        /// The queue they lie in.
        queue: String,
        /// Which of them.
        which: Which,
        /// How fast and how carefully.
        pace: Pace,
    },
    /// Pause a resend, or let it go on. While it is paused its messages lie in the queue.
    PauseJob {
        /// Which job.
        request: RequestId,
        /// Pause; otherwise go on.
        pause: bool,
    },
    /// Write messages to the journal on disk, then remove them from the queue. Answered like
    /// [`Command::Resend`].
    Discard {
        /// Names the answers.
        request: RequestId,
        /// The queue they lie in.
        queue: String,
        /// Which ones.
        messages: Vec<Fingerprint>,
    },
    /// Stop a resend or discard after what is under way.
    StopJob(RequestId),
    /// Find out which of these messages, as they lie in a queue, were sent again before. Answered
    /// by [`Update::CameBack`].
    AskReturns(Vec<Arc<Event>>),
    /// Read the journal of this machine. Answered by [`Update::Journal`]; whenever the journal
    /// changes, the same is read and told again.
    ReadJournal(Question),
    /// Publish messages of the journal to the queues they lay in. How far it is, is told by
    /// [`Update::PuttingBack`]; the end by [`Update::Journal`] and then [`Update::PutBackDone`].
    PutBack {
        /// Names the answer.
        request: RequestId,
        /// Which records.
        which: Records,
    },
    /// Read a folder of schemas and watch it. Answered by [`Update::Schemas`], again whenever
    /// something in it changes.
    OpenSchemas(PathBuf),
    /// Open the sample shop's schemas, written to a folder of the app.
    OpenSampleSchemas,
    /// Write a version of a schema as a new file of the folder.
    SaveSchema {
        /// The folder of schemas.
        folder: PathBuf,
        /// Type of the events.
        event_type: String,
        /// Name of the version.
        version: String,
        /// Its content.
        text: String,
    },
    /// Write something to a file that the person chose. Answered by [`Update::Saved`].
    SaveFile {
        /// Names the answer.
        request: RequestId,
        /// The file; one that is there is replaced.
        path: PathBuf,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// Tell the person something on the desktop, outside the window.
    Notify {
        /// In a few words.
        title: String,
        /// The rest.
        words: String,
    },
    /// Write schemas from elsewhere into a folder, which may be new. Answered by
    /// [`Update::Imported`].
    ImportSchemas {
        /// The folder of schemas.
        folder: PathBuf,
        /// Where they are.
        from: ImportFrom,
    },
    /// End the import that runs, before it writes anything. It is answered all the same.
    StopImport,
    /// Write down by which policy and level a type is judged. Answered by [`Update::Schemas`].
    JudgeSchemas {
        /// The folder of schemas.
        folder: PathBuf,
        /// Type of the events.
        event_type: String,
        /// The policy.
        policy: Policy,
        /// The level.
        level: Level,
    },
    /// Write down how events tell their version. Answered by [`Update::Schemas`].
    SaveRules {
        /// The folder of schemas.
        folder: PathBuf,
        /// The rules in their order.
        rules: Rules,
    },
    /// Keep an event as an example of its type.
    SaveSample {
        /// The folder of schemas.
        folder: PathBuf,
        /// Type of the events.
        event_type: String,
        /// Name of the sample; a number is added where it is taken.
        sample: String,
        /// Its content.
        text: String,
    },
    /// Forget what left its queue for certain more than so many days ago. Answered by
    /// [`Update::Journal`].
    KeepRecords(u16),
    /// Remove records from the journal. Answered by [`Update::Journal`].
    ForgetRecords(Records),
}

/// What the broker side tells.
#[derive(Debug)]
pub enum Update {
    /// Where things lie on this machine. The first that is told.
    Places(Places),
    /// The connection's state changed.
    Link(Link),
    /// The private RabbitMQ is being started; the words say how far it is.
    Sandbox(SandboxState),
    /// The topology was read.
    Topology(Topology),
    /// What may be published.
    MaySend {
        /// To which exchanges, as a pattern over names; nothing if that is not told.
        write: Option<String>,
        /// In frames of at most so many bytes; 0 for any size.
        frame: u32,
    },
    /// What a tap would do.
    Preflight {
        /// Which.
        request: RequestId,
        /// In words.
        report: Report,
    },
    /// A tap's state changed.
    Tap {
        /// Which tap.
        tap: TapId,
        /// Its state.
        state: TapState,
    },
    /// Events that a tap received; bounded in count and bytes.
    Events(Batch),
    /// The end of a publish.
    Published {
        /// Which.
        request: RequestId,
        /// How it went.
        outcome: PublishOutcome,
    },
    /// The end of a peek.
    Peeked {
        /// Which.
        request: RequestId,
        /// The messages, or why not, in words.
        result: Result<PeekReport, String>,
    },
    /// Some messages of a resend or discard are done.
    Moved {
        /// Which job.
        request: RequestId,
        /// Which messages, and how it went with each.
        moved: Vec<(Fingerprint, MoveOutcome)>,
    },
    /// How a resend goes about it now.
    JobAt {
        /// Which job.
        request: RequestId,
        /// Messages that it is about.
        total: usize,
        /// What it does.
        stage: JobStage,
    },
    /// A resend or discard has ended: nothing is under way, what was borrowed is given back, and the
    /// journal says so. Every message not told of by then stayed in the queue.
    JobDone {
        /// Which job.
        request: RequestId,
        /// Why it ended early or who holds what is missing, in words.
        problem: Option<String>,
        /// Where each message is; nothing where the job was cut off.
        sum: Option<JobSum>,
    },
    /// Messages that were sent again and came back, and how often, as far as the journal knows.
    CameBack(Vec<(Fingerprint, u32)>),
    /// How far messages of the journal were put back.
    PuttingBack {
        /// Which.
        request: RequestId,
        /// Messages that were asked for.
        total: usize,
        /// Put back for certain.
        done: usize,
    },
    /// Putting back has ended.
    PutBackDone {
        /// Which.
        request: RequestId,
        /// Why not all was put back, in words.
        problem: Option<String>,
    },
    /// What the journal holds, as it was last asked for; or why it cannot be read.
    Journal(Result<Box<journal_list::Page>, String>),
    /// What the folder of schemas holds, or why it cannot be read.
    Schemas(Result<Arc<Catalog>, String>),
    /// What an import did, or why it could not begin.
    Imported(Result<Imported, String>),
    /// A file was written, or why not and what to do, in words.
    Saved {
        /// Which.
        request: RequestId,
        /// How it went.
        result: Result<(), String>,
    },
    /// Something the person should read.
    Notice(Notice),
}
