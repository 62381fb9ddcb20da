//! The order of an answer's events.

use crate::chat::Event;

/// What has come of an answer so far.
#[derive(Default)]
pub(super) struct Order {
    begun: Vec<u32>,
    open: Vec<u32>,
    is_stopped: bool,
}

impl Order {
    /// Panics unless the events are a complete answer.
    pub(super) fn check(events: &[Event]) {
        let mut order = Self::default();
        order.goes_on(events);
        assert!(order.is_stopped, "broken contract: an answer without `message-stop`");
    }

    /// Panics unless the events go on with the answer. Usage may stand anywhere.
    pub(super) fn goes_on(&mut self, events: &[Event]) {
        for event in events.iter().filter(|event| !matches!(event, Event::Usage(_))) {
            assert!(!self.is_stopped, "broken contract: an event after `message-stop`: {event:?}");
            self.next(event);
        }
    }

    fn next(&mut self, event: &Event) {
        let place_of = |index: &u32| {
            let place = self.open.iter().position(|open| open == index);
            place.unwrap_or_else(|| panic!("broken contract: of no open block: {event:?}"))
        };
        match event {
            Event::BlockStart(start) => {
                assert!(!self.begun.contains(&start.index), "broken contract: a second start: {event:?}");
                self.begun.push(start.index);
                self.open.push(start.index);
            }
            Event::Delta(delta) => _ = place_of(&delta.index),
            Event::Signature(signature) => _ = place_of(&signature.index),
            Event::RedactedReasoning(redacted) => _ = place_of(&redacted.index),
            Event::BlockStop(index) => {
                let place = place_of(index);
                self.open.swap_remove(place);
            }
            Event::MessageStop(_) => {
                assert!(
                    self.open.is_empty(),
                    "broken contract: `message-stop` with open blocks {:?}",
                    self.open
                );
                self.is_stopped = true;
            }
            Event::Usage(_) | Event::Other(_) => {}
        }
    }
}
