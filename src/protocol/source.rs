//! What is asked of one source, and what it tells.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::moves::{JobStage, MoveOutcome, PeekReport, Which};
use super::records::{LogPage, RecordsOrder, ResendCheck};
use super::{Link, PublishOutcome, RequestId, SandboxState, TapState};
use crate::address::{Address, StoreKind};
use crate::event::draft::series::{EventSeries, SeriesTally};
use crate::event::picture::Picture;
use crate::event::tap_id::TapId;
use crate::event::watching::{Report, TapReading, TapRequest};
use crate::event::{Event, Fingerprint, Outgoing};
use crate::kafka::groups::GroupReading;
use crate::kafka::groups::reset::{ResetOrder, ResetPlan};
use crate::log::Batch;
use crate::rabbitmq::peek_rules::Page;
use crate::rabbitmq::stream::Start;
use crate::rabbitmq::tap::FirehoseRequest;
use crate::rabbitmq::topology::Topology;
use crate::recording::Outline;
use crate::recording::replay::{ReplayOrder, ReplayTally};
use crate::repair::dead_place::DeadPlace;
use crate::repair::job_sum::JobSum;
use crate::repair::journal_list::Records;
use crate::repair::pace::Pace;
use crate::repair::record_place::{RecordFound, RecordPlace};

/// What the window asks of one source.
#[derive(Debug)]
pub enum SourceCommand {
    /// Connect, replacing whatever connection there is.
    Connect(Address),
    /// Close the connection, or give up connecting.
    Disconnect,
    /// While a connection is lost: try now instead of waiting.
    RetryNow,
    /// Start a private broker of this kind with the sample shop, and connect to it.
    StartSandbox(StoreKind),
    /// Read the topology again. Answered by [`SourceUpdate::Topology`].
    RefreshTopology,
    /// Find out what a tap would do here, without starting it. Answered by [`SourceUpdate::Preflight`].
    Preflight {
        request: RequestId,
        /// What would be listened to.
        destination: String,
        /// Patterns of keys.
        keys: Vec<String>,
        /// How it would read what is there already.
        reading: TapReading,
    },
    /// Start a tap. Answered by [`SourceUpdate::Tap`].
    StartTap(TapRequest),
    /// Switch a RabbitMQ's trace on and listen to it. Answered like
    /// [`SourceCommand::StartTap`] and stopped by [`SourceCommand::StopTap`].
    StartFirehose(FirehoseRequest),
    StopTap(TapId),
    /// A tap that reads what is there already passes the rest over and goes on with what comes.
    SkipToEnd(TapId),
    /// Publish with `mandatory` and a publisher confirm. Answered by [`SourceUpdate::Published`].
    Publish {
        request: RequestId,
        outgoing: Outgoing,
    },
    /// Publish a draft many times, each with a confirm. How far it is, is told by
    /// [`SourceUpdate::SeriesAt`]; the end by [`SourceUpdate::SeriesDone`].
    PublishSeries {
        /// Names the answer.
        request: RequestId,
        /// What, how often and how fast.
        series: Box<EventSeries>,
    },
    /// Send a recording again, each event with a confirm. How far it is, is told by
    /// [`SourceUpdate::ReplayAt`]; the end by [`SourceUpdate::ReplayDone`]. Paused and stopped like a
    /// resend.
    Replay {
        /// Names the answer.
        request: RequestId,
        /// What, where to and how fast.
        order: Box<ReplayOrder>,
    },
    /// Look at a recording from afar, from the first to the second of these events. Answered by
    /// [`SourceUpdate::Outline`].
    Outline((u64, u64)),
    /// Write a note into an opened recording. What it looks like from afar then is told.
    AddNote {
        /// When.
        at: DateTime<Utc>,
        /// Which event it is about.
        event: Option<u64>,
        words: String,
    },
    /// Borrow messages from a queue and put them back. Answered by [`SourceUpdate::Peeked`].
    Peek {
        request: RequestId,
        queue: String,
        /// Which part of it is shown; what lies before it is borrowed too.
        page: Page,
        /// The person read that the order may change.
        agreed: bool,
    },
    /// Read a stream, which takes nothing out of it. Answered by [`SourceUpdate::Peeked`].
    ReadStream {
        request: RequestId,
        /// The stream.
        queue: String,
        /// Where reading begins.
        start: Start,
        /// Most messages to read.
        size: u32,
    },
    /// Find the places in a log where dead letters lie: by their names, by the headers of their newest
    /// records, by their configuration. Answered by [`SourceUpdate::DeadPlaces`].
    FindDeadPlaces {
        request: RequestId,
        /// Places that the person named.
        named: Vec<String>,
    },
    /// Read a page of a log, which takes nothing out of it. Answered by [`SourceUpdate::Peeked`].
    ReadLog {
        request: RequestId,
        /// The topic.
        place: String,
        /// Only this partition of it.
        partition: Option<u32>,
        page: LogPage,
        /// Most records to read.
        size: u32,
    },
    /// Read records of a log by their places, such as the originals of dead letters. Answered by
    /// [`SourceUpdate::Records`].
    ReadRecords {
        request: RequestId,
        places: Vec<RecordPlace>,
    },
    /// Find out what a resend from a log would do, without sending anything. Answered by
    /// [`SourceUpdate::ResendChecked`].
    CheckResend {
        request: RequestId,
        order: Box<RecordsOrder>,
    },
    /// Send copies of dead letters that lie in a log; they stay there, and the journal says what was
    /// sent. Answered like [`SourceCommand::Resend`].
    ResendRecords {
        request: RequestId,
        order: Box<RecordsOrder>,
    },
    /// Give dead letters up that lie in a log: they are copied to the journal, which calls them
    /// discarded from then on. Answered like [`SourceCommand::Resend`].
    DiscardRecords {
        request: RequestId,
        letters: Vec<Arc<Event>>,
    },
    /// Send dead letters again, removing each original only after its copy is confirmed as routed.
    /// Each is answered by [`SourceUpdate::Moved`], the whole by [`SourceUpdate::JobDone`].
    Resend {
        request: RequestId,
        /// The queue they lie in.
        queue: String,
        which: Which,
        /// How fast and how carefully.
        pace: Pace,
    },
    /// Pause a resend, or let it go on. While it is paused its messages lie in the queue.
    PauseJob {
        request: RequestId,
        /// Pause; otherwise go on.
        pause: bool,
    },
    /// Write messages to the journal on disk, then remove them from the queue. Answered like
    /// [`SourceCommand::Resend`].
    Discard {
        request: RequestId,
        /// The queue they lie in.
        queue: String,
        messages: Vec<Fingerprint>,
    },
    /// Read how far consumer groups are. Answered by [`SourceUpdate::Groups`].
    ReadGroups {
        request: RequestId,
    },
    /// Find out what setting the offsets of a group would do. Answered by
    /// [`SourceUpdate::ResetPlanned`].
    PlanReset {
        request: RequestId,
        /// Which group, and where it shall go on.
        order: ResetOrder,
    },
    /// Set them as planned, if the group has no members and is where it was. Answered by
    /// [`SourceUpdate::OffsetsReset`].
    ResetOffsets {
        request: RequestId,
        /// What was shown to the person.
        plan: Box<ResetPlan>,
    },
    /// Stop a resend, a discard or a series after what is under way.
    StopJob(RequestId),
    /// Find out which of these messages, as they lie in a queue, were sent again before. Answered
    /// by [`SourceUpdate::CameBack`].
    AskReturns(Vec<Arc<Event>>),
    /// Publish messages of the journal to the queues they lay in. How far it is, is told by
    /// [`SourceUpdate::PuttingBack`]; the end by [`DeskUpdate::Journal`] and then [`SourceUpdate::PutBackDone`].
    PutBack {
        request: RequestId,
        which: Records,
    },
}

impl SourceCommand {
    /// Which kind of store it opens, if it opens one.
    #[must_use]
    pub fn opens(&self) -> Option<StoreKind> {
        match self {
            Self::Connect(address) => Some(address.kind()),
            Self::StartSandbox(kind) => Some(*kind),
            _ => None,
        }
    }

    /// The one answer to this command where it cannot be carried out, for the reason in `words`. A driver
    /// answers with it whatever its store cannot do.
    ///
    /// # Errors
    /// Gives a command back that has no answer.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each kind of answer, and nothing else"
    )]
    pub fn refused(self, words: String) -> Result<SourceUpdate, Box<Self>> {
        let tap = |tap| SourceUpdate::Tap {
            tap,
            state: TapState::Refused(words.clone()),
        };
        Ok(match self {
            Self::Preflight { request, .. } => SourceUpdate::Preflight {
                request,
                report: Report::impossible(words),
            },
            Self::StartTap(request) => tap(request.tap),
            Self::StartFirehose(request) => tap(request.tap),
            Self::Publish { request, .. } => SourceUpdate::Published {
                request,
                outcome: PublishOutcome::Refused(words),
            },
            Self::PublishSeries { request, .. } => SourceUpdate::SeriesDone {
                request,
                tally: None,
                problem: Some(words),
            },
            Self::Replay { request, .. } => SourceUpdate::ReplayDone {
                request,
                tally: None,
                problem: Some(words),
            },
            Self::Peek { request, .. }
            | Self::ReadStream { request, .. }
            | Self::ReadLog { request, .. } => SourceUpdate::Peeked {
                request,
                result: Err(words),
            },
            Self::FindDeadPlaces { request, .. } => SourceUpdate::DeadPlaces {
                request,
                result: Err(words),
            },
            Self::ReadRecords { request, .. } => SourceUpdate::Records {
                request,
                result: Err(words),
            },
            Self::CheckResend { request, .. } => SourceUpdate::ResendChecked {
                request,
                result: Err(words),
            },
            Self::Resend { request, .. }
            | Self::Discard { request, .. }
            | Self::ResendRecords { request, .. }
            | Self::DiscardRecords { request, .. } => SourceUpdate::JobDone {
                request,
                problem: Some(words),
                sum: None,
            },
            Self::PutBack { request, .. } => SourceUpdate::PutBackDone {
                request,
                problem: Some(words),
            },
            Self::ReadGroups { request } => SourceUpdate::Groups {
                request,
                result: Err(words),
            },
            Self::PlanReset { request, .. } => SourceUpdate::ResetPlanned {
                request,
                result: Err(words),
            },
            Self::ResetOffsets { request, .. } => SourceUpdate::OffsetsReset {
                request,
                result: Err(words),
            },
            Self::Connect(address) => SourceUpdate::Link(Link::Failed {
                address,
                reason: words,
            }),
            Self::StartSandbox(_) => SourceUpdate::Sandbox(SandboxState::Failed(words)),
            Self::Disconnect
            | Self::RetryNow
            | Self::RefreshTopology
            | Self::StopTap(_)
            | Self::SkipToEnd(_)
            | Self::PauseJob { .. }
            | Self::StopJob(_)
            | Self::AskReturns(_)
            | Self::Outline(_)
            | Self::AddNote { .. } => return Err(Box::new(self)),
        })
    }
}

/// What one source tells.
#[derive(Debug)]
pub enum SourceUpdate {
    /// The connection's state changed.
    Link(Link),
    /// The private RabbitMQ is being started; the words say how far it is.
    Sandbox(SandboxState),
    /// The topology of a RabbitMQ was read.
    Topology(Topology),
    /// What any other store is made of was read.
    Picture(Picture),
    /// What may be published.
    MaySend {
        /// To which destinations, as a pattern over names; nothing if that is not told.
        write: Option<String>,
        /// In frames of at most so many bytes; 0 for any size.
        frame: u32,
    },
    /// What a tap would do.
    Preflight { request: RequestId, report: Report },
    /// A tap's state changed.
    Tap { tap: TapId, state: TapState },
    /// Events that a tap received; bounded in count and bytes.
    Events(Batch),
    /// Between these times a tap saw nothing, as a recording tells.
    Gap {
        tap: TapId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    },
    /// A recording from afar.
    Outline {
        /// From the first to the second of these events; all where none was asked for.
        events: Option<(u64, u64)>,
        outline: Box<Outline>,
    },
    /// A tap on a recording has given the events of these numbers.
    Covered {
        tap: TapId,
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The end of a publish.
    Published {
        request: RequestId,
        outcome: PublishOutcome,
    },
    /// How far a series is.
    SeriesAt {
        /// Which.
        request: RequestId,
        /// What became of its events.
        tally: SeriesTally,
    },
    /// A series has ended: nothing of it is under way.
    SeriesDone {
        /// Which.
        request: RequestId,
        /// What became of its events; nothing where it was cut off.
        tally: Option<SeriesTally>,
        /// Why it ended early, in words.
        problem: Option<String>,
    },
    /// How far a replay is.
    ReplayAt {
        /// Which.
        request: RequestId,
        /// What became of its events.
        tally: ReplayTally,
    },
    /// A replay has ended: nothing of it is under way.
    ReplayDone {
        /// Which.
        request: RequestId,
        /// What became of its events; nothing where it was cut off.
        tally: Option<ReplayTally>,
        /// Why it ended early, in words.
        problem: Option<String>,
    },
    /// The end of a peek.
    Peeked {
        request: RequestId,
        /// The messages, or why not, in words.
        result: Result<PeekReport, String>,
    },
    /// The places of a log where dead letters lie.
    DeadPlaces {
        request: RequestId,
        /// By name; or why they could not be found, in words.
        result: Result<Vec<DeadPlace>, String>,
    },
    /// What lies at the places that were asked for.
    Records {
        request: RequestId,
        /// In the order of the question; or why nothing could be read, in words.
        result: Result<Vec<RecordFound>, String>,
    },
    /// What a resend from a log would do.
    ResendChecked {
        request: RequestId,
        /// Or why that could not be found out, in words.
        result: Result<Box<ResendCheck>, String>,
    },
    /// Some messages of a resend or discard are done.
    Moved {
        request: RequestId,
        /// Which messages, and how it went with each.
        moved: Vec<(Fingerprint, MoveOutcome)>,
    },
    /// How a resend goes about it now.
    JobAt {
        request: RequestId,
        /// Messages that it is about.
        total: usize,
        stage: JobStage,
    },
    /// A resend or discard has ended: nothing is under way, what was borrowed is given back, and the
    /// journal says so. Every message not told of by then stayed in the queue.
    JobDone {
        request: RequestId,
        /// Why it ended early or who holds what is missing, in words.
        problem: Option<String>,
        /// Where each message is; nothing where the job was cut off.
        sum: Option<JobSum>,
    },
    /// How far consumer groups are, or why that could not be read.
    Groups {
        request: RequestId,
        result: Result<GroupReading, String>,
    },
    /// What setting the offsets of a group would do, or why nothing can be done.
    ResetPlanned {
        request: RequestId,
        result: Result<ResetPlan, String>,
    },
    /// The offsets of a group were set, in words; or why not, or not for certain.
    OffsetsReset {
        request: RequestId,
        result: Result<String, String>,
    },
    /// Messages that were sent again and came back, and how often, as far as the journal knows.
    CameBack(Vec<(Fingerprint, u32)>),
    /// How far messages of the journal were put back.
    PuttingBack {
        request: RequestId,
        /// Messages that were asked for.
        total: usize,
        /// Put back for certain.
        done: usize,
    },
    /// Putting back has ended.
    PutBackDone {
        request: RequestId,
        /// Why not all was put back, in words.
        problem: Option<String>,
    },
}
