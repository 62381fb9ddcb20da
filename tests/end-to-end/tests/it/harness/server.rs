//! What serves, whichever way requests come in.

use std::net::SocketAddr;

use super::built;
use super::lambda::Lambda;
use super::process::Process;

/// A running Adit.
pub(crate) enum Server {
    /// `adit serve`
    Local(Process),
    /// `bootstrap`
    Lambda(Lambda),
}

/// What a server on this machine does, and a function on Lambda does not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LocalOnly {
    /// All plugins are loaded when it starts, whether anybody calls them or not. A function loads what a request needs.
    LoadsAhead,
    /// It looks at the plugin folder while nobody asks for anything. A function is frozen then.
    WatchesFiles,
    /// It sees what a client sends as it comes. In front of a function AWS reads the whole request, in its own way.
    ReadsRequests,
    /// It asks a client while it answers it. What a client says then comes to a function as another invocation.
    AsksBack,
    /// It notices when a client leaves. Lambda tells a function nothing of it.
    SeesClientsLeave,
}

/// Whether a test has nothing to do, because what serves is behind Lambda. Says so.
pub(crate) fn is_skipped(reason: LocalOnly) -> bool {
    let is_skipped = built::ingress_is_lambda();
    if is_skipped {
        eprintln!("skipped: it is about what a server on this machine alone does ({reason:?})");
    }
    is_skipped
}

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Local(process) => process.address,
            Self::Lambda(lambda) => lambda.address(),
        }
    }

    /// All that it has logged.
    pub(crate) fn log(&self) -> String {
        match self {
            Self::Local(process) => process.log(),
            Self::Lambda(lambda) => lambda.log(),
        }
    }

    /// All records that it has written of requests, a line each.
    pub(crate) fn output(&self) -> String {
        match self {
            Self::Local(process) => process.output(),
            Self::Lambda(lambda) => lambda.records(),
        }
    }

    /// Waits for a line of those that holds all of these.
    pub(crate) fn wait_for_output(&self, parts: &[&str]) -> String {
        match self {
            Self::Local(process) => process.wait_for_output(parts),
            Self::Lambda(lambda) => lambda.wait_for_line(parts),
        }
    }

    /// Waits for a line of the log that holds all of these.
    pub(crate) fn wait_for_line(&self, parts: &[&str]) -> String {
        match self {
            Self::Local(process) => process.wait_for_line(parts),
            Self::Lambda(lambda) => lambda.wait_for_line(parts),
        }
    }

    /// Memory that is in use, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        match self {
            Self::Local(process) => process.resident_bytes(),
            Self::Lambda(lambda) => lambda.resident_bytes(),
        }
    }

    /// Ends it as an operator does, or as Lambda does, and waits until it has.
    pub(super) fn stop(&mut self) {
        match self {
            Self::Local(process) => process.stop(),
            Self::Lambda(lambda) => lambda.stop(),
        }
    }

    /// Ends it as `kill -9` does: it gets no chance to tidy up.
    pub(super) fn kill(&mut self) {
        match self {
            Self::Local(process) => process.kill(),
            Self::Lambda(lambda) => lambda.kill(),
        }
    }
}
