//! Hooks `request`, `event` and `finish`: a whole request, and the events of its answer.

use super::order::Order;
use super::{Session, Stopped};
use crate::Plugin;
use crate::PluginError;
use crate::chat::{
    BlockKind, BlockStart, Delta, Event, EventVerdict, Message, Outcome, Report, Request, RequestVerdict,
    Role, StopReason, Usage,
};

impl<P: Plugin> Session<P> {
    /// Calls hook `request`, and returns the request that the model would get.
    ///
    /// # Panics
    /// When the plugin answers with an error, `respond` or `deny`.
    pub fn request(&mut self, request: Request) -> Request {
        match self.request_verdict(request.clone()) {
            Ok(RequestVerdict::Keep) => request,
            Ok(RequestVerdict::Replace(other)) => other,
            other => panic!("expected `keep` or `replace`: {other:?}"),
        }
    }

    /// Calls hook `request` and returns its verdict.
    ///
    /// # Panics
    /// When it responds with events that are no complete answer.
    pub fn request_verdict(&mut self, request: Request) -> Result<RequestVerdict, PluginError> {
        let verdict = self.plugin.on_request(request)?;
        if let RequestVerdict::Respond(events) = &verdict {
            Order::check(events);
        }
        Ok(verdict)
    }

    /// Calls hook `event` with the batches of an answer, one call each. Returns what goes on to the
    /// text hooks; usage is what it was.
    ///
    /// # Panics
    /// When what it leaves of a complete answer is none.
    pub fn events(&mut self, batches: &[Vec<Event>]) -> Result<Vec<Event>, Stopped> {
        let mut left = Vec::new();
        for batch in batches {
            match self.plugin.on_events(batch.clone()).map_err(Stopped::Failed)? {
                EventVerdict::Pass => left.extend(batch.iter().cloned()),
                EventVerdict::Replace(made) => {
                    let is_usage = |event: &Event| matches!(event, Event::Usage(_));
                    left.extend(made.into_iter().filter(|event| !is_usage(event)));
                    left.extend(batch.iter().filter(|event| is_usage(event)).cloned());
                }
                EventVerdict::Stop(failure) => return Err(Stopped::Refused(failure)),
            }
        }
        if batches.iter().flatten().any(|event| matches!(event, Event::MessageStop(_))) {
            Order::check(&left);
        }
        Ok(left)
    }

    /// Calls hook `finish`.
    pub fn finish(&mut self, report: Report) {
        self.plugin.on_finish(report);
    }
}

/// A request for `model` with one message of a user's.
pub fn request(model: &str, text: &str) -> Request {
    Request::new(model, vec![Message::text(Role::User, text)])
}

/// A model's answer with one block of text, in the batches in which it came.
pub fn answer<S: AsRef<str>>(deltas: &[S]) -> Vec<Vec<Event>> {
    let start = Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text });
    let delta = |text: &S| vec![Event::Delta(Delta { index: 0, text: text.as_ref().to_owned() })];
    let usage = Usage { input_tokens: 10, output_tokens: 5, cache_read_tokens: 0, cache_write_tokens: 0 };
    let end = vec![Event::BlockStop(0), Event::MessageStop(StopReason::EndTurn), Event::Usage(usage)];
    [vec![start]].into_iter().chain(deltas.iter().map(delta)).chain([end]).collect()
}

/// How a request for `model` ended that was answered in full.
pub fn report(model: &str) -> Report {
    Report {
        asked_model: model.to_owned(),
        model: Some(model.to_owned()),
        outcome: Outcome::Complete,
        stop: Some(StopReason::EndTurn),
        failure: None,
        usage: Some(Usage {
            input_tokens: 10,
            output_tokens: 5,
            cache_read_tokens: 0,
            cache_write_tokens: 0,
        }),
        first_event_ms: Some(20),
        total_ms: 50,
        extra: None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::rc::Rc;

    use super::*;
    use crate::testing::context;
    use crate::{NoConfig, RequestContext};

    /// Asks another model, says everything twice, and counts the ends.
    struct Twice {
        ends: u32,
    }

    impl Plugin for Twice {
        type Config = NoConfig;

        fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
            Self { ends: 0 }
        }

        fn on_request(&mut self, request: Request) -> Result<RequestVerdict, PluginError> {
            Ok(match request.model.as_str() {
                "broken" => RequestVerdict::Respond(vec![Event::BlockStop(0)]),
                _ => RequestVerdict::Replace(Request { model: "other".to_owned(), ..request }),
            })
        }

        fn on_events(&mut self, events: Vec<Event>) -> Result<EventVerdict, PluginError> {
            let twice = |event: Event| match event {
                Event::Delta(_) => vec![event.clone(), event],
                Event::MessageStop(_) if self.ends > 0 => vec![event.clone(), event],
                Event::Usage(_) => Vec::new(),
                _ => vec![event],
            };
            Ok(EventVerdict::Replace(events.into_iter().flat_map(twice).collect()))
        }

        fn on_finish(&mut self, _: Report) {
            self.ends += 1;
        }
    }

    fn twice() -> Session<Twice> {
        Session::start("{}", context()).unwrap()
    }

    #[test]
    fn hooks_see_a_request_and_its_answer() {
        let mut session = twice();
        assert_eq!(session.request(request("m", "hello")).model, "other");
        let left = session.events(&answer(&["a", "b"])).unwrap();
        assert_eq!(left.iter().filter(|event| matches!(event, Event::Delta(_))).count(), 4);
        assert!(matches!(left.last(), Some(Event::Usage(_))), "usage is the host's");
        session.finish(report("m"));
        assert_eq!(session.plugin().ends, 1);
    }

    #[test]
    fn a_blob_is_read_in_pieces() {
        let id = crate::testing::host::add_blob("image");
        let blob = |id| crate::chat::Blob { id, media_type: "image/png".to_owned(), name: None, size: 5 };
        assert_eq!(crate::blobs::read(&blob(id), 1, 3).unwrap(), b"mag");
        assert_eq!(crate::blobs::read(&blob(id), 9, 3).unwrap(), b"");
        assert!(crate::blobs::read(&blob(id + 1), 0, 1).is_err());
    }

    #[test]
    #[should_panic(expected = "an event after `message-stop`")]
    fn a_broken_answer_fails_the_test() {
        let mut session = twice();
        session.finish(report("m"));
        let _ = session.events(&answer(&["a"]));
    }

    #[test]
    #[should_panic(expected = "of no open block")]
    fn a_broken_response_fails_the_test() {
        let _ = twice().request_verdict(request("broken", "hello"));
    }
}
