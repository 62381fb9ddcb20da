//! The deadline of an invocation, and the freeze between two.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use runtime_api::Between;
use serde_json::{Value, json};

use crate::harness::{Event, PATIENCE, Setup, Stack, says};

fn stack(timeout: Duration) -> Stack {
    Setup::new()
        .on_lambda(move |function| {
            function.concurrency = NonZeroUsize::MIN;
            function.timeout = timeout;
        })
        .start()
}

#[test]
fn an_answer_that_would_take_too_long_says_so_before_its_time_is_up() {
    let stack = stack(Duration::from_secs(6));
    let key = stack.key();
    assert_eq!(key.ask("warm").content(), "warm");

    stack
        .sim
        .always(&json!({"textDeltas": ["one ", "two ", "three"], "cutAfter": {"events": 3, "stall": true}}));
    let answer = key.stream("count").answer();
    let text: String = answer.events().iter().filter_map(Event::text).collect();
    assert_eq!((answer.status, text.as_str()), (200, "one two "));
    assert_eq!(answer.error()["code"], "model_timeout", "{}", answer.text());

    stack.sim.always(&json!({"hang": true}));
    for streamed in [false, true] {
        let mut request = says("hello");
        request["stream"] = json!(streamed);
        let answer = key.post(&request);
        assert_eq!((answer.status, &answer.error()["code"]), (504, &json!("model_timeout")), "{streamed}");
    }

    // Nothing had to be killed, nothing is left of it, and the same environment goes on.
    stack.sim.always(&json!({}));
    assert_eq!(key.ask("hello").content(), "hello");
    assert_eq!(stack.lambda().emulator().faults(), []);
    assert_eq!(stack.lambda().emulator().environments().len(), 1);
    let used = key.get("/v1/usage").json()["total"].take();
    assert_eq!(used["requests"], 5, "{used}");
}

#[test]
fn a_function_that_was_killed_in_a_request_leaves_a_database_that_another_serves_from() {
    let stack = stack(Duration::from_mins(1));
    let key = stack.key();
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3, "stall": true}}));
    let mut stream = key.stream("count");
    assert!(stream.next_chunk().is_some());
    assert!(stack.lambda().emulator().reclaim(PATIENCE));
    stack.sim.always(&json!({}));
    assert_eq!(key.ask("hello").content(), "hello");
    assert_eq!(stack.lambda().emulator().environments().len(), 2);
}

/// Passes connections on, and can end all at once: as a peer does that has waited for long enough.
struct Forwarder {
    address: SocketAddr,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Forwarder {
    fn start() -> (Self, Arc<Mutex<Option<SocketAddr>>>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::<Mutex<Vec<TcpStream>>>::default();
        let target = Arc::new(Mutex::new(None::<SocketAddr>));
        let (kept, to) = (Arc::clone(&open), Arc::clone(&target));
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(to.lock().unwrap().unwrap()).unwrap();
                kept.lock().unwrap().push(near.try_clone().unwrap());
                pass(near.try_clone().unwrap(), far.try_clone().unwrap());
                pass(far, near);
            }
        });
        (Self { address, open }, target)
    }

    /// How many connections there were since the last time.
    fn close_all(&self) -> usize {
        let open = std::mem::take(&mut *self.open.lock().unwrap());
        for connection in &open {
            // The other side may have ended it.
            let _ = connection.shutdown(Shutdown::Both);
        }
        open.len()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        // The other side may have ended it.
        let _ = to.shutdown(Shutdown::Both);
    });
}

#[test]
fn connections_that_were_closed_during_a_freeze_are_not_used_again() {
    let (forwarder, target) = Forwarder::start();
    let stack = Setup::new()
        .upstream(format!("http://{}", forwarder.address))
        .on_lambda(|function| {
            function.concurrency = NonZeroUsize::MIN;
            function.between = Between::Frozen;
        })
        .start();
    *target.lock().unwrap() = Some(stack.sim.address());
    let key = stack.key();
    for round in 0..10 {
        let answer = if round % 2 == 0 { key.ask("hello") } else { key.stream("hello").answer() };
        assert_eq!(answer.content(), "hello", "round {round}");
        wait_until_frozen(&stack);
        assert_eq!(forwarder.close_all(), 1, "round {round}");
    }
    // The model was asked once for each, and nothing is charged twice.
    assert_eq!(stack.sim.requests().len(), 10);
    let used = key.get("/v1/usage").json()["total"].take();
    assert_eq!((&used["requests"], &used["errors"]), (&json!(10), &json!(0)));
    assert_eq!(stack.lambda().emulator().environments().len(), 1);
}

#[test]
fn everything_is_settled_before_a_freeze() {
    let stack = Setup::new()
        .on_lambda(|function| {
            function.concurrency = NonZeroUsize::MIN;
            function.between = Between::Frozen;
        })
        .start();
    let key = stack.key();
    for (count, streamed) in [(1, false), (2, true), (3, false)] {
        let mut request = says("hello");
        request["stream"] = json!(streamed);
        assert_eq!(key.post(&request).content(), "hello");
        wait_until_frozen(&stack);
        // It can do nothing more, so it has done it.
        let used: Value = serde_json::from_str(&stack.adit(&["usage", "--json"])).unwrap();
        assert_eq!(used["total"]["requests"], count, "{used}");
    }
}

fn wait_until_frozen(stack: &Stack) {
    let process = stack.lambda().environment().process_id();
    let begun = Instant::now();
    let is_stopped = || {
        let line = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        line.rsplit_once(") ").unwrap().1.starts_with('T')
    };
    while !is_stopped() {
        assert!(begun.elapsed() < PATIENCE, "it is not frozen");
        std::thread::yield_now();
    }
}
