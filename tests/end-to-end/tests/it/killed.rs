//! `kill -9`: what a process leaves behind that gets no chance to tidy up.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Key, Ministack, PATIENCE, Setup, Stack};
use crate::limits::{budget, settled, short, using};

/// Leases end soon, so that a test can wait for it.
const SETTINGS: &str = "[timeouts]\ntotal_ms = 3000\nsettle_ms = 100";

/// Of what runs when the process dies, the leases stay, and expire.
#[test]
fn a_killed_process_loses_no_key_and_gives_back_what_it_had_taken() {
    const CALLERS: usize = 30;
    let mut stack = Setup::new().settings(SETTINGS).start();
    stack.sim.always(&using(1, 1));
    let key = stack.key().policy(&["--budget", "tokens-per-day=1000000", "--concurrent", "1000"]);
    let (name, secret) = (key.name.clone(), key.secret.clone());
    for _ in 0..10 {
        assert_eq!(key.post(&short(98)).content(), "fine");
    }
    settled(&key, 20);
    stack.sim.always(&json!({"hang": true}));
    let waiting: Vec<_> = (0..CALLERS).map(|_| key.send(&short(98))).collect();
    let begun = Instant::now();
    while budget(&key)["used"].as_u64().unwrap() == 20 || stack.sim.requests_so_far().len() < 10 + CALLERS {
        assert!(begun.elapsed() < PATIENCE, "the requests do not come");
    }
    stack.kill_and_restart();
    drop(waiting);
    let listed = stack.adit(&["key", "list"]);
    assert!(listed.contains(&name), "{listed}");
    let key = Key::with_secret(&stack, secret);
    settled(&key, 20);
    assert_eq!(key.get("/v1/usage").json()["total"]["requests"], 10);
}

const REQUESTS: u64 = 1000;
const CLIENTS: u64 = 16;

/// What clients have seen.
#[derive(Default)]
struct Seen {
    sent: AtomicU64,
    answered: AtomicU64,
}

/// One request on a connection of its own. Whether its answer came to its end; none: nobody listens any more.
fn ask(server: SocketAddr, secret: &str, body: &Value, seen: &Seen) -> Option<bool> {
    let mut socket = TcpStream::connect(server).ok()?;
    socket.set_read_timeout(Some(PATIENCE)).ok()?;
    seen.sent.fetch_add(1, Ordering::SeqCst);
    let body = body.to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: adit.test\r\nconnection: close\r\nauthorization: Bearer {secret}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut answer = String::new();
    let all = socket
        .write_all(format!("{head}{body}").as_bytes())
        .and_then(|()| socket.read_to_string(&mut answer));
    let is_whole = answer.ends_with("0\r\n\r\n") || answer.contains("\"total_tokens\"");
    Some(all.is_ok() && answer.starts_with("HTTP/1.1 200 ") && is_whole)
}

/// A thousand requests run through, every second one streamed, and the process is killed in the middle of it.
fn killed_in_the_middle_of_a_thousand_requests(mut stack: Stack) -> Stack {
    stack.sim.always(&using(1, 1));
    stack.adit(&["team", "create", "search"]);
    stack.adit(&["team", "policy", "search", "--model", "us.amazon.*", "--concurrent", "1000"]);
    let key = stack.key().policy(&["--budget", "tokens-per-day=1000000", "--requests-per-minute", "100000"]);
    stack.adit(&["key", "edit", &key.name, "--team", "search"]);
    let settings = |stack: &Stack| {
        [["key", "list", "--json"], ["team", "list", "--json"]].map(|command| stack.adit(&command))
    };
    let (before, secret, seen) = (settings(&stack), key.secret.clone(), Seen::default());
    let server = stack.server().address();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (secret, seen) = (&secret, &seen);
            scope.spawn(move || {
                for turn in 0..REQUESTS / CLIENTS {
                    let mut body = short(98);
                    body["stream"] = json!((client + turn) % 2 == 0);
                    let Some(answered) = ask(server, secret, &body, seen) else { return };
                    seen.answered.fetch_add(u64::from(answered), Ordering::SeqCst);
                }
            });
        }
        let begun = Instant::now();
        while seen.answered.load(Ordering::SeqCst) < REQUESTS / 3 {
            assert!(begun.elapsed() < 4 * PATIENCE, "the requests are not answered");
            std::thread::yield_now();
        }
        stack.kill();
    });
    let (sent, answered) = (seen.sent.into_inner(), seen.answered.into_inner());
    assert!(answered < REQUESTS, "it was killed too late");
    stack.kill_and_restart();
    assert_eq!(settings(&stack), before);
    let key = Key::with_secret(&stack, secret);
    let total = key.get("/v1/usage").json()["total"].clone();
    let [counted, read, written] =
        ["requests", "input_tokens", "output_tokens"].map(|name| total[name].as_u64().unwrap());
    assert!((answered..=sent).contains(&counted), "{counted} are counted, {answered} answered, {sent} sent");

    // What ran is given back when its leases are over; what was used stays. Between a meter and the usage there may
    // be the end of the process, but for where both are written at once.
    let begun = Instant::now();
    loop {
        let used = budget(&key)["used"].as_u64().unwrap();
        if (read + written..=read + written + 2 * CLIENTS).contains(&used) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{used} tokens are used, not {}", read + written);
        std::thread::yield_now();
    }
    assert_eq!(key.post(&short(98)).content(), "fine");
    stack
}

#[test]
fn in_the_middle_of_a_thousand_requests_sqlite_loses_nothing() {
    let stack = killed_in_the_middle_of_a_thousand_requests(Setup::new().settings(SETTINGS).start());
    let file = rusqlite::Connection::open(stack.data_path("adit.db")).unwrap();
    let health: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(health, "ok");
}

#[test]
fn in_the_middle_of_a_thousand_requests_dynamodb_loses_nothing() {
    let ministack = Ministack::start("dynamodb");
    killed_in_the_middle_of_a_thousand_requests(Setup::new().dynamodb(&ministack.url(), SETTINGS).start());
}
