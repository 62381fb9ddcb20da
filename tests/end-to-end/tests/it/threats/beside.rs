//! An attack, and a neighbour who must not notice it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Answer, Key, Setup, Stack, says};

/// Stands in everything that must be in no error and no line of the log.
pub(super) const SECRET: &str = "marzipan";

/// What the attacker's client asks.
pub(super) const PROMPT: &str = "the marzipan is in the pantry";

/// What the neighbour asks.
const NEIGHBOUR: &str = "the neighbour has a cat, and asks for an answer about the cat, word by word";

/// More than this would be a server that does not give memory back.
pub(super) const MOST_BYTES: u64 = 400 << 20;

/// Settings under which a plugin that fails is run again.
pub(super) const NO_BREAKER: &str = "[plugin_breaker]\nfailures = 0\n";

/// A server that logs all that it may, with secrets around it.
pub(super) fn hostile() -> Setup {
    Setup::new()
        .plugins(["hold"])
        .settings(NO_BREAKER)
        .script(json!([neighbours()]))
        .environment("ADIT_LOG", "debug")
        .environment("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .environment("AWS_SECRET_ACCESS_KEY", "marzipan/aws/secret")
}

/// The rule by which the neighbour is answered slowly.
fn neighbours() -> Value {
    json!({"match": {"textContains": "neighbour"}, "action": {"paceMs": 5}})
}

/// What the model does for everybody else from now on.
pub(super) fn script(stack: &Stack, action: &Value) {
    stack.sim.run(&json!([neighbours(), {"match": {}, "action": action}]));
}

/// Config of a guest that misbehaves in one place.
pub(super) fn place(call: &str) -> Value {
    json!({"in": call, "secret": "marzipan in a config"})
}

/// The attacker's prompt, in one piece and as a stream.
pub(super) fn both(key: &Key<'_>) -> [Answer; 2] {
    [key.ask(PROMPT), key.stream(PROMPT).answer()]
}

/// What an answer says of a plugin that failed.
pub(super) fn assert_blamed(answer: &Answer, plugin: &str) {
    let error = answer.error();
    assert!(answer.status >= 500 || answer.is_stream(), "{}: {error}", answer.status);
    assert_eq!(error["code"], "plugin_fault", "{error}");
    assert!(error["message"].as_str().unwrap().contains(&format!("`{plugin}`")), "{error}");
}

/// Runs an attack while a neighbour asks. Neither the answers that it gives back nor the log hold a secret.
pub(super) fn check(stack: Stack, attack: impl FnOnce(&Stack) -> Vec<Answer>) -> String {
    let secret = stack.key().with("hold", &json!({})).secret;
    let (answers, log) = beside(stack, &secret, attack);
    for answer in &answers {
        assert!(!answer.text().contains(SECRET), "{}", answer.text());
    }
    assert_secret(&log);
    log
}

/// Neither what was said nor a key is in the log.
pub(super) fn assert_secret(log: &str) {
    for line in log.lines() {
        assert!(!line.contains(SECRET), "{line}");
        for after in line.split("adit_").skip(1) {
            let letters = after.bytes().take_while(u8::is_ascii_alphanumeric).count();
            assert!(letters < 20, "a key is in the log: {line}");
        }
    }
}

/// Runs an attack while somebody asks with the neighbour's key, again and again, and once more when it is over. Gives
/// back the attack's answers and all that the server has logged until its end.
pub(super) fn beside<T>(stack: Stack, secret: &str, attack: impl FnOnce(&Stack) -> T) -> (T, String) {
    let neighbour = Key::with_secret(&stack, secret);
    let undisturbed = said(&neighbour);
    let is_over = AtomicBool::new(false);
    let answers = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            loop {
                let is_last = is_over.load(Ordering::Acquire);
                assert_eq!(said(&neighbour), undisturbed, "the neighbour was disturbed");
                if is_last {
                    break;
                }
            }
        });
        let answers = {
            let _over = Over(&is_over);
            attack(&stack)
        };
        asking.join().unwrap();
        answers
    });
    let resident = stack.server().resident_bytes();
    assert!(resident < MOST_BYTES, "the server keeps {resident} bytes");
    (answers, stack.stop())
}

/// What the neighbour reads: text, end and cost, in one piece and as a stream.
fn said(neighbour: &Key<'_>) -> (String, Value, Value, String) {
    let whole = neighbour.ask(NEIGHBOUR);
    let (content, mut body) = (whole.content(), whole.json());
    let streamed = neighbour.post_for_stream(&says(NEIGHBOUR)).answer().content();
    (content, body["choices"][0]["finish_reason"].take(), body["usage"].take(), streamed)
}

/// Says that the attack is over, also when it ends with a panic.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
