//! An execution environment: a process, and the Runtime API that it alone talks to.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::event::ACCOUNT;
use crate::function::{Function, Output};
use crate::process::{Process, Usage};

/// An environment, seen from outside. It stays when its process has ended.
#[derive(Debug)]
pub struct Environment {
    /// Its place in the order in which they were started.
    pub number: usize,
    /// When its process was started.
    pub spawned: Instant,
    /// Where its Runtime API listens.
    pub runtime_api: SocketAddr,
    process: Process,
    times: Mutex<Times>,
}

/// When something was first seen, since the start of the process.
#[derive(Debug, Default)]
struct Times {
    poll: Option<Duration>,
    byte: Option<Duration>,
}

impl Environment {
    /// Starts the process. Its Runtime API has to listen already.
    pub(crate) fn spawn(
        number: usize,
        function: &Function,
        runtime_api: SocketAddr,
    ) -> io::Result<(Self, Child)> {
        let spawned = Instant::now();
        let mut child = Command::new(&function.program)
            .current_dir(&function.folder)
            .env_clear()
            .envs(variables(number, function, runtime_api))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        forward(child.stdout.take(), &function.output);
        forward(child.stderr.take(), &function.output);
        let process = Process::open(child.id())?;
        Ok((Self { number, spawned, runtime_api, process, times: Mutex::default() }, child))
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// How long it took from the start of the process to its first question for work: the cold start.
    pub fn first_poll(&self) -> Option<Duration> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).poll
    }

    /// How long it took from the start of the process to the first byte of a response.
    pub fn first_byte(&self) -> Option<Duration> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).byte
    }

    /// What its process has used so far, if it has not ended.
    pub fn usage(&self) -> Option<Usage> {
        self.process.usage()
    }

    /// For each connection of the process to the Runtime API: whether small writes leave at once (`TCP_NODELAY`),
    /// or wait until those before them were acknowledged.
    pub fn no_delay(&self) -> io::Result<Vec<bool>> {
        self.process.no_delay(self.runtime_api)
    }

    /// Kills the process, as Lambda does when it needs the environment no more.
    pub fn kill(&self) {
        self.process.kill();
    }

    pub(crate) fn freeze(&self) {
        self.process.freeze();
    }

    pub(crate) fn thaw(&self) {
        self.process.thaw();
    }

    pub(crate) fn note_poll(&self) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.poll.get_or_insert(self.spawned.elapsed());
    }

    pub(crate) fn note_byte(&self) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.byte.get_or_insert(self.spawned.elapsed());
    }
}

/// What Lambda puts into the environment of an OS-only runtime, and the function's own variables.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
fn variables(
    number: usize,
    function: &Function,
    runtime_api: SocketAddr,
) -> impl Iterator<Item = (OsString, OsString)> + '_ {
    let folder = function.folder.as_os_str();
    let mut variables: Vec<(&str, OsString)> = vec![
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE".into()),
        ("AWS_DEFAULT_REGION", "us-east-1".into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string().into()),
        ("AWS_LAMBDA_FUNCTION_NAME", NAME.into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{NAME}").into()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("2026/01/01/[$LATEST]{number:032x}").into()),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string().into()),
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
        ("AWS_SESSION_TOKEN", "AQoDYXdzEJr...EXAMPLETOKEN".into()),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime".into()),
        ("LAMBDA_TASK_ROOT", folder.into()),
        ("LANG", "en_US.UTF-8".into()),
        ("LD_LIBRARY_PATH", "/lib64:/usr/lib64:/var/runtime:/var/task:/opt/lib".into()),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".into()),
        ("TZ", ":UTC".into()),
        ("_HANDLER", "bootstrap".into()),
    ];
    if function.concurrency.get() > 1 {
        variables.push(("AWS_LAMBDA_MAX_CONCURRENCY", function.concurrency.to_string().into()));
    }
    let variables = variables.into_iter().map(|(name, value)| (OsString::from(name), value));
    variables.chain(function.environment.iter().cloned())
}

/// The function's name.
const NAME: &str = "adit";

/// Its ARN.
pub(crate) fn arn() -> String {
    format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{NAME}")
}

/// Hands on each line.
fn forward(stream: Option<impl Read + Send + 'static>, output: &Output) {
    let Some(stream) = stream else { return };
    let output = output.clone();
    // Ends with the process.
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            output(&String::from_utf8_lossy(&line));
        }
    });
}
