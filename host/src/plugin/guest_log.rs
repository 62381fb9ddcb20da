use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tracing::Level;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::ids::{PluginName, RequestId};

/// What one instance may write into the log.
const MAX_LINES: usize = 64;
const MAX_LINE_BYTES: usize = 2 << 10;

/// Where a plugin's stdout and stderr and its own lines go: the log, so many lines and no more.
#[derive(Clone)]
pub(super) struct GuestLog(Arc<Mutex<Lines>>);

struct Lines {
    plugin: PluginName,
    request: Option<RequestId>,
    unfinished: Vec<u8>,
    left: usize,
}

impl GuestLog {
    pub(super) fn new(plugin: PluginName, request: Option<RequestId>) -> Self {
        Self(Arc::new(Mutex::new(Lines { plugin, request, unfinished: Vec::new(), left: MAX_LINES })))
    }

    /// One line of its own, whatever is in it.
    pub(super) fn line(&self, level: Level, text: &str) {
        let end = text.floor_char_boundary(MAX_LINE_BYTES);
        let text = text.get(..end).unwrap_or_default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).line(level, text);
    }
}

impl GuestLog {
    /// From here on it is another request's, with as many lines.
    pub(super) fn begin(&self, request: Option<RequestId>) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.flush();
        (lines.request, lines.left) = (request, MAX_LINES);
        lines.unfinished.clear();
    }
}

impl Lines {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.left == 0 {
                return;
            }
            if *byte == b'\n' {
                self.flush();
            } else if self.unfinished.len() < MAX_LINE_BYTES {
                self.unfinished.push(*byte);
            }
        }
    }

    fn flush(&mut self) {
        if self.unfinished.is_empty() {
            return;
        }
        let line = std::mem::take(&mut self.unfinished);
        self.line(Level::INFO, &String::from_utf8_lossy(&line));
    }

    fn line(&mut self, level: Level, text: &str) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let request = self.request.as_ref().map_or("", RequestId::as_str);
        // The level of an event is fixed where it is written.
        macro_rules! write {
            ($level:ident) => {
                tracing::$level!(target: "adit::plugin::output", plugin = %self.plugin, request, "{}", one_line(text))
            };
        }
        match level {
            Level::ERROR => write!(error),
            Level::WARN => write!(warn),
            Level::INFO => write!(info),
            _ => write!(debug),
        }
        if self.left == 0 {
            tracing::info!(plugin = %self.plugin, request, "the plugin wrote {MAX_LINES} lines; the rest is dropped");
        }
    }
}

/// Writes out what could end the line or change how it is shown. Quotes and backslashes stay, so that JSON
/// stays JSON.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => line.push(character),
            _ => line.extend(character.escape_debug()),
        }
    }
    line
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.flush();
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // For WASI 0.3, which is not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for GuestLog {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestLog {
    async fn ready(&mut self) {}
}
