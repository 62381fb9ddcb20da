//! What the client hears while a tool is called: 1000 notifications of 256 KiB together a call, and no more.
//! Nobody may be listening.

use crate::host::tool_client as host;

pub use crate::bindings::plain::adit::plugin::tool_client::Level;

/// Says how far the call is. `done` has to grow from one call to the next; `total` is what it grows to.
pub fn progress(done: f64, total: Option<f64>, message: Option<&str>) {
    host::progress(done, total, message);
}

/// Sends a line of text.
#[cfg(feature = "json")]
pub fn log(level: Level, message: impl AsRef<str>) {
    log_json(level, &serde_json::Value::from(message.as_ref()).to_string());
}

/// Sends a line that is any JSON.
pub fn log_json(level: Level, data: &str) {
    host::log(level, data);
}
