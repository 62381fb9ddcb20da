//! A plugin that drops the word `stop` from text, and refuses at the word `never`.

use super::*;
use crate::{Chunk, Edit, NoConfig, Outcome, RequestContext};

struct Dropper {
    calls: u32,
}

impl Plugin for Dropper {
    type Config = NoConfig;
    const WANTS: TextKinds = TextKinds::TEXT;
    const WINDOW: u32 = 3;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self { calls: 0 }
    }

    fn on_prompt(&mut self, segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let edit = |segment: Segment| Edit { id: segment.id, text: segment.text.replace("stop", "") };
        let (stop, _): (Vec<_>, Vec<_>) =
            segments.into_iter().partition(|segment| segment.text.contains("stop"));
        Ok(PromptVerdict::Edit(stop.into_iter().map(edit).collect()))
    }

    fn on_text(&mut self, chunks: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        self.calls += 1;
        if chunks.iter().any(|chunk| chunk.text.contains("never")) {
            return Ok(TextVerdict::Stop(Failure::new(403, "never", "never say never")));
        }
        let outcome = |chunk: Chunk| {
            let kept = if chunk.final_ { 0 } else { tail(&chunk.text) };
            let consumed = chunk.text.len() - kept;
            let (front, _) = chunk.text.split_at(consumed);
            Outcome::replace_front(consumed, front.replace("stop", ""))
        };
        Ok(TextVerdict::Rewrite(chunks.into_iter().map(outcome).collect()))
    }
}

/// Bytes at the end that may begin the word `stop`.
fn tail(text: &str) -> usize {
    ["sto", "st", "s"].iter().find(|begin| text.ends_with(**begin)).map_or(0, |begin| begin.len())
}

fn dropper() -> Session<Dropper> {
    match Session::start("{}", context()) {
        Ok(session) => session,
        Err(faults) => panic!("{faults:?}"),
    }
}

#[test]
fn text_reads_the_same_however_it_is_split() {
    for deltas in every_split("a stop or two stops, éstop sto") {
        assert_eq!(dropper().text(&deltas), "a  or two s, é sto", "{deltas:?}");
    }
}

#[test]
fn a_kind_that_is_not_wanted_passes_by_the_plugin() {
    let mut session = dropper();
    assert_eq!(session.text_of(TextKind::Reasoning, &["do not stop"]), "do not stop");
    assert_eq!(session.plugin().calls, 0);
}

#[test]
fn blocks_of_one_call_do_not_mix() {
    let mut session = dropper();
    let delta = |index, text| Delta::new(index, TextKind::Text, text);
    let first = session.deltas(vec![delta(0, "s"), delta(1, "x")]);
    assert_eq!(first, Ok(vec![delta(0, ""), delta(1, "x")]));
    assert_eq!(
        session.deltas(vec![delta(1, "top"), delta(0, "top!")]),
        Ok(vec![delta(1, "top"), delta(0, "!")])
    );
}

#[test]
fn a_refusal_comes_back_with_its_words() {
    let stopped = dropper().deltas(vec![Delta::new(0, TextKind::Text, "never")]);
    assert_eq!(stopped, Err(Stopped::Refused(Failure::new(403, "never", "never say never"))));
}

#[test]
fn edits_apply_to_their_segments() {
    assert_eq!(dropper().prompt(&["go", "stop it", "on"]), ["go", " it", "on"]);
}

#[test]
fn the_default_hooks_keep_everything() {
    struct Nothing;
    impl Plugin for Nothing {
        type Config = NoConfig;
        const WANTS: TextKinds = TextKinds::all();
        fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
            Self
        }
    }
    let mut session = match Session::<Nothing>::start("", context()) {
        Ok(session) => session,
        Err(faults) => panic!("{faults:?}"),
    };
    assert_eq!(session.route(summary("any")), RouteVerdict::Keep);
    assert_eq!(session.prompt(&["a"]), ["a"]);
    assert_eq!(session.text(&["a", "b"]), "ab");
    let chunk = Chunk { index: 0, kind: TextKind::Text, text: "a".to_owned(), final_: false };
    assert_eq!(Nothing.on_text(vec![chunk]), Ok(TextVerdict::Pass));
}
