//! Reads a streamed answer, whichever way it comes.

use std::pin::Pin;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, stream};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::chat::Batch;
use crate::error::Failure;
use crate::pipeline::{Deadline, Events};

use super::error;
use super::request::Reading;
use super::writer::EventWriter;

/// A batch is sent on when it holds this many of Bedrock's events, even if more are there.
const MOST_AT_ONCE: usize = 256;

/// Where an answer comes from. It owns the HTTP body.
pub(super) trait Source: Send + 'static {
    /// What it writes into.
    type Sink: Sink;

    /// Waits for what comes next and writes it. May be dropped while it waits: nothing is lost.
    fn receive(&mut self, sink: &mut Self::Sink) -> impl Future<Output = Result<Progress, Failure>> + Send;

    /// Bedrock's name for the call.
    fn request_id(&self) -> Option<&str>;
}

/// What an answer is written into, and taken from in batches.
pub(super) trait Sink: Send + 'static {
    /// An empty one says only that the answer has begun.
    type Batch: Default + Send + 'static;

    /// What has been written since the last time; none if there is nothing.
    fn next_batch(&mut self) -> Option<Self::Batch>;

    /// Whether all is there, so that what goes wrong after it is of no interest.
    fn is_complete(&self) -> bool;

    /// Whether the answer may end here.
    fn may_end(&self) -> bool {
        self.is_complete()
    }

    /// Whether it is known what the answer cost.
    fn is_counted(&self) -> bool;
}

impl Sink for EventWriter {
    type Batch = Batch;

    fn next_batch(&mut self) -> Option<Batch> {
        Some(self.take()).filter(|batch| !batch.is_empty())
    }

    fn is_complete(&self) -> bool {
        self.is_complete()
    }

    fn is_counted(&self) -> bool {
        self.is_counted()
    }
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More may come.
    Received,
    /// Nothing more comes.
    Ended,
}

/// How long an answer is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// The longest silence.
    pub(super) idle: Duration,
    /// When it has to be complete.
    pub(super) deadline: Deadline,
    /// After so long an answer that Bedrock has begun counts as begun, although it has no word yet:
    /// the client hears that it comes, and a later failure has no status any more.
    pub(super) wordless: Option<Duration>,
}

impl Patience {
    /// Until when the next event has to come.
    fn end(self) -> Instant {
        let quiet = Instant::now() + self.idle;
        match self.deadline {
            Deadline::Never => quiet,
            Deadline::At { end, .. } => quiet.min(end),
        }
    }

    /// Why no event came in time.
    fn over(self) -> Failure {
        if self.deadline.left().is_some_and(|left| left.is_zero()) { error::late() } else { error::silent() }
    }
}

/// The events of an answer, read as [`read`] does.
pub(super) async fn events(
    source: impl Source<Sink = EventWriter>,
    reading: Reading,
    patience: Patience,
) -> Result<Events, Failure> {
    read(source, EventWriter::new(reading), patience).await
}

/// The batches of an answer; an `Err` is the last.
pub(super) type Batches<S> = BoxStream<'static, Result<<<S as Source>::Sink as Sink>::Batch, Failure>>;

/// Waits for the first batch, so that a failure before it can still become a status. It is empty if the
/// answer has been without a word for too long.
pub(super) async fn read<S: Source>(
    source: S,
    sink: S::Sink,
    patience: Patience,
) -> Result<Batches<S>, Failure> {
    let mut reader =
        Reader { patience, silence: Box::pin(sleep_until(patience.end())), source, sink, end: None };
    // What has been received stays in the reader when the wait for more is given up.
    let first = match patience.wordless {
        Some(wait) => timeout(wait, reader.next())
            .await
            .unwrap_or_else(|_| Some(Ok(<S::Sink as Sink>::Batch::default()))),
        None => reader.next().await,
    };
    let first = first.unwrap_or_else(|| Err(error::broken()))?;
    let rest = stream::unfold(reader, async |mut reader| Some((reader.next().await?, reader)));
    Ok(stream::once(async { Ok(first) }).chain(rest).boxed())
}

/// Owns the HTTP body: dropping it closes the connection, and Bedrock stops.
struct Reader<S: Source> {
    patience: Patience,
    silence: Pin<Box<Sleep>>,
    source: S,
    sink: S::Sink,
    end: Option<End>,
}

/// Nothing more will be read.
enum End {
    /// All has been said.
    Told,
    /// This has not been said yet.
    Failed(Failure),
}

impl<S: Source> Reader<S> {
    /// Waits for an event, then takes all that have arrived with it.
    async fn next(&mut self) -> Option<Result<<S::Sink as Sink>::Batch, Failure>> {
        loop {
            match self.end.take() {
                None => {}
                Some(End::Failed(failure)) => {
                    self.end = Some(End::Told);
                    return Some(Err(failure));
                }
                Some(End::Told) => {
                    self.end = Some(End::Told);
                    return None;
                }
            }
            // One timer for the whole stream: to move it on costs next to nothing, to set one anew
            // for each event wakes the runtime.
            self.silence.as_mut().reset(self.patience.end());
            let mut received = tokio::select! {
                biased;
                progress = self.source.receive(&mut self.sink) => Some(progress),
                () = self.silence.as_mut() => {
                    self.end = Some(End::Told);
                    return Some(Err(self.patience.over()));
                }
            };
            for _ in 1..MOST_AT_ONCE {
                let Some(progress) = received.take() else { break };
                self.take(progress);
                if self.end.is_some() {
                    break;
                }
                received = self.source.receive(&mut self.sink).now_or_never();
            }
            if let Some(progress) = received {
                self.take(progress);
            }
            if let Some(batch) = self.sink.next_batch() {
                return Some(Ok(batch));
            }
        }
    }

    fn take(&mut self, progress: Result<Progress, Failure>) {
        match progress {
            Ok(Progress::Received) => {}
            Ok(Progress::Ended) => self.end = Some(self.end_of_body()),
            Err(failure) if self.sink.is_complete() => {
                tracing::warn!(%failure, "the answer was complete, but what Bedrock sent after it was not");
                self.end = Some(End::Told);
            }
            Err(failure) => self.end = Some(End::Failed(failure)),
        }
    }

    fn end_of_body(&self) -> End {
        let request_id = self.source.request_id().unwrap_or("unknown");
        if !self.sink.may_end() {
            let internal = format!("bedrock request `{request_id}`: the stream ended without a stop");
            return End::Failed(error::broken().with_internal(internal));
        }
        if !self.sink.is_counted() {
            tracing::warn!(request_id, "bedrock did not say what the answer cost");
        }
        End::Told
    }
}
