//! A plugin that breaks ends its own request, says so, and touches no other.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Answer, Event, Key, Setup, Stack, built, says};

/// More than this would be a server that does not give memory back.
const MOST_BYTES: u64 = 400 << 20;

/// The ways in which the guest `miscount` counts wrongly.
pub(crate) const MISCOUNTS: [&str; 7] = [
    "past-the-end",
    "inside-a-character",
    "nothing-at-the-end",
    "more-than-the-window",
    "too-few-outcomes",
    "too-many-outcomes",
    "too-much-output",
];

/// What a neighbour asks meanwhile, slowly answered.
const NEIGHBOUR: &str = "the neighbour has a cat, and asks for a long answer, word by word, about the cat";

/// A stack in which a guest misbehaves: keys were allowed to use a plugin of that name before it turned bad.
struct Turned {
    stack: Stack,
    guest: &'static str,
}

impl Turned {
    fn setup(guest: &'static str) -> Self {
        let polite = fs::read(built::plugin("polite")).unwrap();
        let slowly = json!([{"match": {"textContains": "neighbour"}, "action": {"paceMs": 10}}]);
        let stack = Setup::new().plugins(["hold"]).plugin_file(guest, &polite).script(slowly).start();
        Self { stack, guest }
    }

    /// Asks with a key for each config, whole and streamed, while a neighbour reads its answer.
    fn ends_only_its_own_requests(mut self, configs: &[Value]) {
        let secrets: Vec<String> =
            configs.iter().map(|config| self.stack.key().with(self.guest, config).secret).collect();
        self.stack.replace_plugin(self.guest, &fs::read(built::plugin(self.guest)).unwrap());
        self.stack.restart();

        let neighbour = self.stack.key().with("hold", &json!({}));
        let mut meanwhile = neighbour.stream(NEIGHBOUR);
        let first = meanwhile.next_chunk().unwrap();
        for (secret, config) in secrets.into_iter().zip(configs) {
            let key = Key::with_secret(&self.stack, secret);
            for answer in [key.ask("éé éé éé"), key.stream("éé éé éé").answer()] {
                self.blames_the_plugin(&answer, config);
            }
        }
        let meanwhile = meanwhile.answer_after(first);
        assert_eq!(meanwhile.content(), NEIGHBOUR.replace("cat", "dog"));
        assert_eq!(neighbour.ask("and afterwards?").content(), "and afterwards?");
        self.stack.server().wait_for_line(&["failed", &format!("plugin `{}`", self.guest)]);
        let resident = self.stack.server().resident_bytes();
        assert!(resident < MOST_BYTES, "{} keeps {resident} bytes", self.guest);
    }

    fn blames_the_plugin(&self, answer: &Answer, config: &Value) {
        let error = answer.error();
        assert!(answer.status >= 500 || answer.is_stream(), "{config}: {}", answer.status);
        assert_eq!(error["type"], "plugin_error", "{config}: {error}");
        assert_eq!(error["code"], "plugin_fault", "{config}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&format!("`{}`", self.guest)), "{config}: {message}");
        assert!(!answer.text().contains(&"x".repeat(100)), "{config}: flooded");
    }
}

fn in_each(calls: &[&str]) -> Vec<Value> {
    calls.iter().map(|call| json!({"in": call})).collect()
}

#[test]
fn a_plugin_that_never_returns() {
    Turned::setup("spin").ends_only_its_own_requests(&in_each(&["init", "start", "route", "prompt", "text"]));
}

#[test]
fn a_plugin_that_takes_all_memory() {
    Turned::setup("grow").ends_only_its_own_requests(&in_each(&["init", "prompt", "text"]));
}

#[test]
fn a_plugin_that_panics() {
    Turned::setup("trap").ends_only_its_own_requests(&in_each(&["init", "start", "route", "prompt", "text"]));
}

#[test]
fn a_plugin_that_reports_an_error() {
    Turned::setup("fail").ends_only_its_own_requests(&in_each(&["route", "prompt", "text"]));
}

#[test]
fn a_plugin_that_hands_back_100_mib() {
    Turned::setup("flood").ends_only_its_own_requests(&in_each(&["prompt", "text"]));
}

#[test]
fn a_plugin_that_sleeps() {
    Turned::setup("sleep").ends_only_its_own_requests(&in_each(&["prompt", "text"]));
}

#[test]
fn a_plugin_that_writes_without_end() {
    Turned::setup("chatter").ends_only_its_own_requests(&in_each(&["prompt", "text"]));
}

#[test]
fn a_plugin_that_edits_what_is_not_there() {
    Turned::setup("misedit").ends_only_its_own_requests(&[json!({})]);
}

#[test]
fn a_plugin_that_counts_wrongly() {
    let configs: Vec<Value> = MISCOUNTS.iter().map(|how| json!({"how": how})).collect();
    Turned::setup("miscount").ends_only_its_own_requests(&configs);
}

#[test]
fn a_plugin_that_breaks_in_the_middle_of_an_answer() {
    let stack = Stack::with(["trap"]);
    let key = stack.key().with("trap", &json!({"in": "later"}));
    let slowly = json!({"textDeltas": vec!["word "; 50], "paceMs": 5});
    stack.sim.always(&slowly);
    let answer = key.stream("?").answer();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.error()["code"], "plugin_fault");
    let events = answer.events();
    let text: String = events.iter().filter_map(Event::text).collect();
    assert!(!text.is_empty() && "word ".repeat(50).starts_with(&text), "{text}");
    // The model is not left to talk to nobody.
    assert_eq!(stack.sim.requests()[0]["outcome"], "clientLeft");
}

#[test]
fn memory_stays_bounded_when_a_plugin_takes_all_of_it_again_and_again() {
    // Without the breaker, which would not let it run so often.
    let stack = Setup::new().plugins(["grow"]).settings("[plugin_breaker]\nfailures = 0").start();
    let (in_prompt, in_text) = (
        stack.key().with("grow", &json!({"in": "prompt"})),
        stack.key().with("grow", &json!({"in": "text"})),
    );
    for _ in 0..25 {
        // Two at a time.
        let (one, other) = (in_prompt.send(&says("hello")), in_text.send(&says("hello")));
        assert_eq!((one.answer().status, other.answer().status), (500, 500));
    }
    let resident = stack.server().resident_bytes();
    assert!(resident < MOST_BYTES, "the server keeps {resident} bytes");
}

#[test]
fn what_a_plugin_writes_is_logged_and_cut_off() {
    let stack = Stack::with(["chatter"]);
    let key = stack.key().with("chatter", &json!({"in": "prompt"}));
    assert_eq!(key.ask("hello").status, 500);
    stack.server().wait_for_line(&["chatter", "the rest is dropped"]);
    let lines = stack.server().log().lines().filter(|line| line.contains("talks too much")).count();
    assert_eq!(lines, 64);
}

#[test]
fn a_plugin_sees_nothing_of_the_machine() {
    let stack = Setup::new().plugins(["snoop"]).environment("AWS_SESSION_TOKEN", "not for plugins").start();
    let key = stack.key().with("snoop", &json!({}));
    assert_eq!(key.ask("what do you see?").content(), "seen: []");
}
