//! What stands behind a plugin's imports in a plain `cargo test`: a host in memory, one for each thread,
//! and so for each test.
//!
//! ```
//! use adit_plugin::testing::host;
//! use adit_plugin::{http, kv, log, secrets};
//!
//! assert_eq!(kv::increment("requests", 1, 60), Ok(1));
//! host::pass_seconds(60);
//! assert_eq!(kv::find("requests"), Ok(None));
//!
//! host::grant_secret("api-key");
//! host::answer(|_| Ok(http::Response::new(200, "fine")));
//! let key = secrets::reference("api-key").unwrap();
//! http::send(&http::Request::get("https://api.example.com/").header("authorization", key)).unwrap();
//! assert_eq!(host::sent()[0].headers[0].value, "secret:api-key");
//!
//! log::info("done");
//! assert_eq!(host::logged(), [(log::Level::Info, "done".to_owned())]);
//! ```

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::http::{Fault, Request, Response};
use crate::log::Level;

type Answer = Box<dyn FnMut(&Request) -> Result<Response, Fault>>;

#[derive(Default)]
struct Host {
    lines: Vec<(Level, String)>,
    counters: BTreeMap<String, u64>,
    observed: BTreeMap<String, Vec<f64>>,
    values: BTreeMap<String, Value>,
    values_are_down: bool,
    seconds: u64,
    secrets: BTreeSet<String>,
    sent: Vec<Request>,
    answer: Option<Answer>,
    blobs: Vec<Vec<u8>>,
    progress: Vec<Progress>,
    told: Vec<(tool_client::Level, String)>,
}

/// How far a call was: done, the total and a message.
pub type Progress = (f64, Option<f64>, Option<String>);

struct Value {
    bytes: Vec<u8>,
    expires: Option<u64>,
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

fn with<T>(work: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(work)
}

/// The lines that were logged.
pub fn logged() -> Vec<(Level, String)> {
    with(|host| host.lines.clone())
}

/// The sum of a counter.
pub fn counter(name: &str) -> u64 {
    with(|host| host.counters.get(name).copied().unwrap_or_default())
}

/// The values of a distribution.
pub fn observed(name: &str) -> Vec<f64> {
    with(|host| host.observed.get(name).cloned().unwrap_or_default())
}

/// Lets the clock of lifetimes go on.
pub fn pass_seconds(seconds: u64) {
    with(|host| host.seconds += seconds);
}

/// From now on the store of values cannot be reached.
pub fn break_values() {
    with(|host| host.values_are_down = true);
}

/// Grants a secret. `secret:NAME` stands for it.
pub fn grant_secret(name: &str) {
    with(|host| host.secrets.insert(name.to_owned()));
}

/// What other hosts answer. Without it they are unreachable.
pub fn answer(answer: impl FnMut(&Request) -> Result<Response, Fault> + 'static) {
    with(|host| host.answer = Some(Box::new(answer)));
}

/// Adds an image or a document to the request, and answers with its id.
pub fn add_blob(bytes: impl Into<Vec<u8>>) -> u32 {
    with(|host| {
        host.blobs.push(bytes.into());
        u32::try_from(host.blobs.len() - 1).unwrap_or(u32::MAX)
    })
}

/// How far the client was told that its calls of tools are.
pub fn progress() -> Vec<Progress> {
    with(|host| host.progress.clone())
}

/// The lines that the client was told while its tools ran, as JSON.
pub fn told() -> Vec<(crate::tool_client::Level, String)> {
    with(|host| host.told.clone())
}

/// The requests that were sent.
pub fn sent() -> Vec<Request> {
    with(|host| host.sent.clone())
}

pub(crate) mod log {
    use super::{Level, with};

    pub(crate) fn write(level: Level, message: &str) {
        with(|host| host.lines.push((level, message.to_owned())));
    }
}

pub(crate) mod metrics {
    use super::with;

    pub(crate) fn add(name: &str, value: u64) {
        with(|host| *host.counters.entry(name.to_owned()).or_default() += value);
    }

    pub(crate) fn observe(name: &str, value: f64) {
        with(|host| host.observed.entry(name.to_owned()).or_default().push(value));
    }
}

pub(crate) mod blobs {
    use super::with;

    pub(crate) fn read(id: u32, offset: u64, length: u32) -> Result<Vec<u8>, String> {
        with(|host| {
            let blob = host.blobs.get(id as usize).ok_or("there is no such blob in this request")?;
            let bytes = blob.iter().skip(usize::try_from(offset).unwrap_or(usize::MAX));
            Ok(bytes.take(length as usize).copied().collect())
        })
    }
}

pub(crate) mod tool_client {
    use super::with;
    pub(crate) use crate::tool_client::Level;

    pub(crate) fn progress(done: f64, total: Option<f64>, message: Option<&str>) {
        with(|host| host.progress.push((done, total, message.map(str::to_owned))));
    }

    pub(crate) fn log(level: Level, data: &str) {
        with(|host| host.told.push((level, data.to_owned())));
    }
}

pub(crate) mod kv {
    use super::{Host, Value, with};
    use crate::kv::Fault;

    impl Host {
        fn values(&mut self, key: &str) -> Result<&mut std::collections::BTreeMap<String, Value>, Fault> {
            if self.values_are_down {
                return Err(Fault::Unavailable);
            }
            if key.is_empty() || key.len() > 256 {
                return Err(Fault::Quota("a key has 1 to 256 bytes".to_owned()));
            }
            let now = self.seconds;
            self.values.retain(|_, value| value.expires.is_none_or(|expires| expires > now));
            Ok(&mut self.values)
        }

        fn end(&self, ttl_seconds: u32) -> Option<u64> {
            (ttl_seconds > 0).then(|| self.seconds + u64::from(ttl_seconds))
        }
    }

    pub(crate) fn find(key: &str) -> Result<Option<Vec<u8>>, Fault> {
        with(|host| Ok(host.values(key)?.get(key).map(|value| value.bytes.clone())))
    }

    pub(crate) fn set(key: &str, bytes: &[u8], ttl_seconds: u32) -> Result<(), Fault> {
        with(|host| {
            let expires = host.end(ttl_seconds);
            let values = host.values(key)?;
            if bytes.len() > 64 << 10 {
                return Err(Fault::Quota("a value has at most 65536 bytes".to_owned()));
            }
            values.insert(key.to_owned(), Value { bytes: bytes.to_owned(), expires });
            Ok(())
        })
    }

    pub(crate) fn delete(key: &str) -> Result<(), Fault> {
        with(|host| {
            host.values(key)?.remove(key);
            Ok(())
        })
    }

    pub(crate) fn increment(key: &str, by: i64, ttl_seconds: u32) -> Result<i64, Fault> {
        with(|host| {
            let expires = host.end(ttl_seconds);
            let values = host.values(key)?;
            let number = values.get(key).and_then(|value| {
                Some((std::str::from_utf8(&value.bytes).ok()?.parse().ok()?, value.expires))
            });
            let (before, expires): (i64, _) = number.unwrap_or((0, expires));
            let sum = before.saturating_add(by);
            values.insert(key.to_owned(), Value { bytes: sum.to_string().into_bytes(), expires });
            Ok(sum)
        })
    }
}

pub(crate) mod secrets {
    use super::with;

    pub(crate) fn reference(name: &str) -> Option<String> {
        with(|host| host.secrets.contains(name).then(|| format!("secret:{name}")))
    }
}

pub(crate) mod http {
    use super::{Fault, Request, Response, with};

    pub(crate) fn send(request: &Request) -> Result<Response, Fault> {
        // The answer may itself look at the host.
        let answer = with(|host| {
            host.sent.push(request.clone());
            host.answer.take()
        });
        let Some(mut answer) = answer else {
            return Err(Fault::Unreachable("no test has said what is answered".to_owned()));
        };
        let answered = answer(request);
        with(|host| {
            host.answer.get_or_insert(answer);
        });
        answered
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "a test may fail loudly")]
    use super::*;
    use crate::{http, kv, metrics, secrets};

    #[test]
    fn values_are_those_of_the_contract() {
        assert_eq!(kv::set("k", "seven", 0), Ok(()));
        assert_eq!(kv::increment("k", 2, 0), Ok(2));
        assert_eq!(kv::find("k"), Ok(Some(b"2".to_vec())));
        assert_eq!(kv::delete("k"), Ok(()));
        assert_eq!(kv::find("k"), Ok(None));
        assert!(matches!(kv::find(""), Err(kv::Fault::Quota(_))));
        assert!(matches!(kv::set("k", vec![0; (64 << 10) + 1], 0), Err(kv::Fault::Quota(_))));
        break_values();
        assert_eq!(kv::find("k"), Err(kv::Fault::Unavailable));
    }

    #[test]
    fn a_lifetime_begins_with_the_first_increment() {
        assert_eq!(kv::increment("k", 1, 10), Ok(1));
        pass_seconds(9);
        assert_eq!(kv::increment("k", 1, 10), Ok(2));
        pass_seconds(1);
        assert_eq!(kv::increment("k", 1, 10), Ok(1));
    }

    #[test]
    fn numbers_secrets_and_calls_can_be_looked_at() {
        metrics::add("hits", 2);
        metrics::add("hits", 1);
        metrics::observe("took", 1.5);
        assert_eq!((counter("hits"), observed("took")), (3, vec![1.5]));
        assert_eq!(secrets::reference("key"), None);
        assert!(matches!(http::send(&Request::get("https://a.test/")), Err(Fault::Unreachable(_))));
        answer(|request| Ok(Response::new(201, request.body.clone())));
        let answered = http::send(&Request::post("https://a.test/", "x").timeout_ms(5)).map(|it| it.body);
        assert_eq!(answered, Ok(b"x".to_vec()));
        assert_eq!((sent().len(), sent()[1].timeout_ms), (2, 5));
    }
}
