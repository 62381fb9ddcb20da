//! A streamed answer in a plugin's format: one write a batch.

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};

use super::last_word::{Cut, Framing, Tail};
use super::response::Checked;
use super::told;
use crate::chat::{Event, Usage};
use crate::error::Failure;
use crate::http::{failure, keep_alive};
use crate::ids::RequestId;
use crate::pipeline::{Events, Finish, Moment, Speaker};
use crate::telemetry::Observation;
use crate::wire::openai::Incomplete;

/// An answer that has begun.
pub(super) struct Frames {
    pub(super) id: RequestId,
    pub(super) observation: Observation,
    pub(super) speaker: Speaker,
    pub(super) events: Events,
    pub(super) finish: Finish,
}

impl Frames {
    /// The response that begins with this head. Only server-sent events have room for comments.
    pub(super) fn into_response(
        self,
        mut head: Checked,
        dropped: &[String],
        quiet: Option<Duration>,
    ) -> Response<Body> {
        let framing = Framing::of(head.content_type());
        let id = self.id.clone();
        let first = std::mem::take(&mut head.body);
        let quiet = quiet.filter(|_| framing == Framing::ServerSent);
        let frames = keep_alive::during(self.frames(first, framing), quiet);
        head.into_response(&id, Body::from_stream(frames), dropped)
    }

    fn frames(
        self,
        first: Bytes,
        framing: Framing,
    ) -> impl Stream<Item = Result<Bytes, Cut>> + Send + 'static {
        let mut tail = Tail::default();
        tail.note(&first);
        let writer = Writer { frames: self, framing, tail, ending: Ending::default() };
        let rest = stream::unfold(Stage::Answering(Box::new(writer)), async |stage| {
            let mut writer = match stage {
                Stage::Answering(writer) => writer,
                Stage::Over(finish) => {
                    finish.run().await;
                    return None;
                }
            };
            let last = match writer.next().await {
                Step::More(frame) => return Some((Ok(frame), Stage::Answering(writer))),
                Step::Last(frame) => Ok(frame),
                Step::Failed(failure) => writer.failed(failure).await,
            };
            // The events go first: what is left of them is nobody's any more.
            let Frames { events, finish, .. } = writer.frames;
            drop(events);
            Some((last, Stage::Over(finish)))
        });
        let all = stream::once(std::future::ready(Ok(first))).chain(rest);
        all.filter(|frame| std::future::ready(!frame.as_ref().is_ok_and(Bytes::is_empty)))
    }
}

/// How far a stream is.
enum Stage {
    Answering(Box<Writer>),
    /// The last frame was handed out. The stream ends when the finish hooks have run.
    Over(Finish),
}

struct Writer {
    frames: Frames,
    framing: Framing,
    tail: Tail,
    ending: Ending,
}

enum Step {
    More(Bytes),
    Last(Bytes),
    Failed(Broken),
}

/// Why the answer ends early.
enum Broken {
    /// The model, or a hook. The plugin can say so.
    Answer(Failure),
    /// The plugin that would have to say so.
    Speaker(Failure),
}

impl Writer {
    async fn next(&mut self) -> Step {
        match self.frames.events.next().await {
            Some(Ok(batch)) => self.encode(&batch).await.map_or_else(Step::Failed, Step::More),
            Some(Err(failure)) => Step::Failed(Broken::Answer(failure)),
            None => match self.ending.missing() {
                Ok(events) => self.encode(&events).await.map_or_else(Step::Failed, Step::Last),
                Err(incomplete) => Step::Failed(Broken::Answer(incomplete.into())),
            },
        }
    }

    async fn encode(&mut self, events: &[Event]) -> Result<Bytes, Broken> {
        if events.is_empty() {
            return Ok(Bytes::new());
        }
        self.ending.note(events);
        let frame = self.frames.speaker.encode_events(events).await.map_err(Broken::Speaker)?;
        self.tail.note(&frame);
        Ok(frame)
    }

    /// The last bytes: the plugin's if it can still say that the answer failed, else the host's.
    async fn failed(&mut self, broken: Broken) -> Result<Bytes, Cut> {
        let Frames { id, observation, .. } = &self.frames;
        let failure = match broken {
            Broken::Answer(failure) => {
                failure::log(id, observation, &failure);
                let said = self.frames.speaker.encode_failure(&told(&failure), Moment::MidStream).await;
                match said {
                    Ok(said) if !said.body.is_empty() => return Ok(said.body),
                    Ok(_) => tracing::warn!(request = id.as_str(), "the plugin has no words for a failure"),
                    Err(fault) => failure::log(id, observation, &fault),
                }
                failure
            }
            Broken::Speaker(failure) => {
                failure::log(id, observation, &failure);
                failure
            }
        };
        self.framing.last_word(&failure, &self.tail)
    }
}

/// What of an answer's end has come.
#[derive(Debug, Default)]
struct Ending {
    stopped: bool,
    counted: bool,
}

impl Ending {
    fn note(&mut self, events: &[Event]) {
        for event in events {
            self.stopped |= matches!(event, Event::MessageStop(_));
            self.counted |= matches!(event, Event::Usage(_));
        }
    }

    /// What is still to be said of a complete answer: a plugin may wait for the usage.
    fn missing(&self) -> Result<Vec<Event>, Incomplete> {
        match self {
            Self { stopped: false, .. } => Err(Incomplete),
            Self { counted: true, .. } => Ok(Vec::new()),
            Self { counted: false, .. } => Ok(vec![Event::Usage(Usage::default())]),
        }
    }
}

/// All events of an answer that came to its end.
pub(super) fn complete(mut events: Vec<Event>) -> Result<Vec<Event>, Failure> {
    let mut ending = Ending::default();
    ending.note(&events);
    events.extend(ending.missing()?);
    Ok(events)
}
