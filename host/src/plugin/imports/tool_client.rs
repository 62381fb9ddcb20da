//! `tool-client`: what the client of a tool call hears while the call runs.

use std::sync::Arc;

use crate::chat::Json;
use crate::pipeline::{LogLevel, ToolClient};
use crate::plugin::bindings::adit::plugin::tool_client::{Host, Level};
use crate::plugin::instance::Guest;

/// What one call may tell its client.
const MAX_NOTIFICATIONS: u32 = 1000;
const MAX_BYTES: usize = 256 << 10;

/// The line to a client for one call. Without a call nobody listens.
#[derive(Default)]
pub(in crate::plugin) struct ClientLine {
    client: Option<Arc<dyn ToolClient>>,
    notifications_left: u32,
    bytes_left: usize,
    /// How far the call was when it was last told.
    done: Option<f64>,
}

/// What came of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Yes,
    /// It is not as the contract wants it.
    Wrong(&'static str),
    /// It is the first that is too much.
    First,
    /// Nobody listens, or it is one more that is too much.
    No,
}

impl ClientLine {
    pub(in crate::plugin) fn new(client: Arc<dyn ToolClient>) -> Self {
        Self {
            client: Some(client),
            notifications_left: MAX_NOTIFICATIONS,
            bytes_left: MAX_BYTES,
            done: None,
        }
    }

    fn progress(&mut self, done: f64, total: Option<f64>, message: Option<&str>) -> Sent {
        if !done.is_finite() || self.done.is_some_and(|before| done <= before) {
            return Sent::Wrong("its progress did not grow, or was no number");
        }
        let sent = self.send(message.map_or(0, str::len), |client| {
            client.progress(done, total.filter(|total| total.is_finite()), message);
        });
        if sent == Sent::Yes {
            self.done = Some(done);
        }
        sent
    }

    fn log(&mut self, level: LogLevel, data: &str) -> Sent {
        // The text is read only if it is sent.
        if data.len() > self.bytes_left {
            return self.send(data.len(), |_| ());
        }
        match Json::parse(data) {
            Some(json) => self.send(data.len(), |client| client.log(level, &json)),
            None => Sent::Wrong("a line for its client was no JSON"),
        }
    }

    fn send(&mut self, bytes: usize, send: impl FnOnce(&dyn ToolClient)) -> Sent {
        let Some(client) = &self.client else { return Sent::No };
        let (notifications, bytes) =
            (self.notifications_left.checked_sub(1), self.bytes_left.checked_sub(bytes));
        let (Some(notifications), Some(bytes)) = (notifications, bytes) else {
            // From here on nothing gets through: what is missing is behind, not in between.
            self.client = None;
            return Sent::First;
        };
        (self.notifications_left, self.bytes_left) = (notifications, bytes);
        send(&**client);
        Sent::Yes
    }
}

impl Host for Guest {
    fn progress(&mut self, done: f64, total: Option<f64>, message: Option<String>) {
        let sent = self.imports.client.progress(done, total, message.as_deref());
        self.told(sent);
    }

    fn log(&mut self, level: Level, data: String) {
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Notice => LogLevel::Notice,
            Level::Warning => LogLevel::Warning,
            Level::Error => LogLevel::Error,
            Level::Critical => LogLevel::Critical,
            Level::Alert => LogLevel::Alert,
            Level::Emergency => LogLevel::Emergency,
        };
        let sent = self.imports.client.log(level, &data);
        self.told(sent);
    }
}

impl Guest {
    /// The functions have no answer, so the author learns from the log what was dropped.
    fn told(&self, sent: Sent) {
        let why = match sent {
            Sent::Yes | Sent::No => return,
            Sent::Wrong(why) => why,
            Sent::First => "it told its client more than one call may; the rest is dropped",
        };
        self.log.line(tracing::Level::WARN, why);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl ToolClient for Heard {
        fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
            self.0.lock().unwrap().push(format!("{done} {total:?} {message:?}"));
        }

        fn log(&self, level: LogLevel, data: &Json) {
            self.0.lock().unwrap().push(format!("{level:?} {}", data.as_str()));
        }
    }

    fn line() -> (ClientLine, Arc<Heard>) {
        let heard = Arc::new(Heard::default());
        (ClientLine::new(Arc::clone(&heard) as Arc<dyn ToolClient>), heard)
    }

    #[test]
    fn progress_grows_and_lines_are_json() {
        let (mut line, heard) = line();
        assert_eq!(line.progress(0.0, Some(f64::NAN), None), Sent::Yes);
        for done in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(line.progress(done, None, None), Sent::Wrong(_)), "{done}");
        }
        assert_eq!(line.progress(0.5, Some(2.0), Some("half")), Sent::Yes);
        assert_eq!(line.log(LogLevel::Notice, r#"{"a":1}"#), Sent::Yes);
        assert!(matches!(line.log(LogLevel::Info, "not JSON"), Sent::Wrong(_)));
        assert_eq!(
            *heard.0.lock().unwrap(),
            ["0 None None", "0.5 Some(2.0) Some(\"half\")", "Notice {\"a\":1}"]
        );
    }

    #[test]
    fn what_is_too_much_is_dropped_and_said_once() {
        let (mut line, heard) = line();
        let sent: Vec<_> =
            (0..MAX_NOTIFICATIONS + 3).map(|done| line.progress(done.into(), None, None)).collect();
        assert_eq!(sent.iter().filter(|sent| **sent == Sent::Yes).count(), MAX_NOTIFICATIONS as usize);
        assert_eq!(sent.iter().filter(|sent| **sent == Sent::First).count(), 1);
        assert_eq!(heard.0.lock().unwrap().len(), MAX_NOTIFICATIONS as usize);

        let (mut line, heard) = self::line();
        let long = format!("\"{}\"", "x".repeat(MAX_BYTES));
        assert_eq!(line.log(LogLevel::Info, &long), Sent::First);
        assert_eq!(line.log(LogLevel::Info, "1"), Sent::No);
        assert!(heard.0.lock().unwrap().is_empty());
        assert_eq!(ClientLine::default().progress(1.0, None, None), Sent::No);
    }
}
