//! Every environment variable that Adit reads.
//!
//! The AWS SDK reads its own (`AWS_REGION`, `AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, …); they are AWS's
//! to document.

/// The log filter, such as `debug` or `info,adit::plugin=warn`. Default: `info`.
pub const LOG: &str = "ADIT_LOG";

/// How wide the terminal is, in columns. Default: what `stty` says, else 80.
pub const COLUMNS: &str = "COLUMNS";

/// The Lambda function: where in Parameter Store its settings are, such as `/adit/dev`. Without it they come from
/// [`CONFIG`]. Its last part is the name of the stack in metrics.
pub const PARAMETERS: &str = "ADIT_PARAMETERS";

/// The Lambda function: the settings file, where none come from Parameter Store.
pub const CONFIG: &str = "ADIT_CONFIG";

/// The Lambda function: the data folder. Default: none, and `/tmp/adit` for a database.
pub const DATA: &str = "ADIT_DATA";

/// The Lambda function: where to send requests instead of Amazon, as `--upstream` of `adit serve`.
pub const UPSTREAM: &str = "ADIT_UPSTREAM";

/// Where the Runtime API of Lambda is, `host:port`. Lambda sets it.
pub const LAMBDA_RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// How many invocations the function may have at a time. Lambda sets it where it is more than one.
pub const LAMBDA_MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

/// Where X-Ray's daemon listens; set by AWS Lambda where tracing is on.
pub const XRAY_DAEMON: &str = "AWS_XRAY_DAEMON_ADDRESS";

/// What names a proxy, or one for some addresses. The AWS SDK reads them.
pub const PROXIES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The value of a variable, if it is set to a text.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the environment is read")]
pub fn read(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
