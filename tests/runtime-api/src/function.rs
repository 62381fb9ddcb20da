//! What is known of a function before it runs.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A function, and what stands in front of it.
#[derive(Clone)]
pub struct Function {
    /// What is started: on Lambda a file with the name `bootstrap`.
    pub program: PathBuf,
    /// The variables that the function's owner sets. They win over those of Lambda.
    pub environment: Vec<(OsString, OsString)>,
    /// The folder in which the program starts: on Lambda `/var/task`.
    pub folder: PathBuf,
    /// What clients talk to.
    pub front: Front,
    /// Whom AWS has authenticated. Without it callers are anonymous.
    pub identity: Option<Identity>,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// How much memory the program is told that it has, in MB. It is not held to it.
    pub memory_mb: u32,
    /// How many environments there may be at once. A request that would need one more is refused.
    pub most_environments: NonZeroUsize,
    /// How many requests an environment takes at once. More than one is `AWS_LAMBDA_MAX_CONCURRENCY`.
    pub concurrency: NonZeroUsize,
    /// What an environment does while it has no request.
    pub between: Between,
    /// How much the kernel holds of a response on each of its two ways, in bytes. Unset, it is the kernel's choice.
    pub socket_buffer_bytes: Option<u32>,
    /// Gets each line that an environment writes, to stdout or to stderr.
    pub output: Output,
}

/// Takes a line.
pub type Output = Arc<dyn Fn(&str) + Send + Sync>;

/// What stands between clients and the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Front {
    /// A Function URL: events of format 2.0.
    Url,
    /// A REST API with a stage, which is the first part of each path: events of format 1.0.
    Rest {
        /// The stage.
        stage: String,
    },
}

/// A caller that IAM knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The principal.
    pub arn: String,
    /// Its account.
    pub account: String,
}

/// What an environment does between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// It goes on.
    Runs,
    /// It stands still, as on Lambda: its process is stopped with SIGSTOP.
    Frozen,
}

impl Function {
    /// A Function URL without authentication, one request at a time in each of at most 1,000 environments, 30 s for
    /// each, 512 MB.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            environment: Vec::new(),
            folder: PathBuf::from("."),
            front: Front::Url,
            identity: None,
            timeout: Duration::from_secs(30),
            memory_mb: 512,
            most_environments: NonZeroUsize::MIN.saturating_add(999),
            concurrency: NonZeroUsize::MIN,
            between: Between::Runs,
            socket_buffer_bytes: None,
            output: Arc::new(|_| ()),
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }
}
