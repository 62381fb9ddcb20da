//! Every environment variable that Adit reads.
//!
//! The AWS SDK reads its own (`AWS_REGION`, `AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, …); they are AWS's
//! to document.

/// The log filter, in the syntax of `tracing-subscriber`'s `EnvFilter`. Default: `info`.
pub const LOG: &str = "ADIT_LOG";

/// How wide the terminal is, in columns. Default: what `stty` says, else 80.
pub const COLUMNS: &str = "COLUMNS";

/// Where the parameters of a deployed stack lie in Parameter Store, such as `/adit/dev`. Default: nowhere.
pub const PARAMETERS: &str = "ADIT_PARAMETERS";

/// Where X-Ray's daemon listens; set by AWS Lambda where tracing is on.
pub const XRAY_DAEMON: &str = "AWS_XRAY_DAEMON_ADDRESS";

/// The value of a variable, if it is set to a text.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the environment is read")]
pub fn read(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
