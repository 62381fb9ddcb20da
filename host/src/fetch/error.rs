//! Why a file was not fetched.

use std::error::Error;
use std::time::Duration;

/// Why a file was not fetched. The messages are for the client: they name the host and what to
/// change, never the rest of the URL, which may hold a signature, nor the address behind a name.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The text is no absolute URL, or has no host.
    #[error("the URL cannot be read: {0}; write it as `https://host/path`")]
    Malformed(String),
    /// Neither `http` nor `https`.
    #[error("the URL begins with `{0}:`; only `https:` and `http:` are fetched")]
    Scheme(String),
    /// A user name or password stands in front of the host.
    #[error(
        "the URL of `{host}` holds a user name or a password; leave it out, or send the file as a data URL"
    )]
    UserInfo {
        /// Who would have been asked.
        host: String,
    },
    /// A port that is unusual for files.
    #[error("port {port} of `{host}` is not fetched from; only 80, 443, 8080 and 8443 are")]
    Port {
        /// Who would have been asked.
        host: String,
        /// Where.
        port: u16,
    },
    /// The operator has a list of hosts, and this one is not on it.
    #[error("the operator does not let files be fetched from `{host}`; send the file as a data URL")]
    NotAllowed {
        /// Who would have been asked.
        host: String,
    },
    /// One of the host's addresses lies in a network that is not public.
    #[error("`{host}` is no public address; send the file as a data URL")]
    NotPublic {
        /// Who would have been asked.
        host: String,
    },
    /// The name leads nowhere.
    #[error("no address is known for `{host}`; check the name")]
    Unresolved {
        /// Who would have been asked.
        host: String,
    },
    /// No connection, no TLS, or it broke before the last byte.
    #[error("the connection to `{host}` failed; check the URL, or send the file as a data URL")]
    NoConnection {
        /// Who was asked.
        host: String,
        /// For the log.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The host answered with something else than a file.
    #[error("`{host}` answered with status {status} instead of 200; check that anybody may read the URL")]
    Status {
        /// Who was asked.
        host: String,
        /// An HTTP status.
        status: u16,
    },
    /// The file is compressed in transit, which would hide its size.
    #[error("`{host}` sent the file with a content encoding, though asked for none; send it as a data URL")]
    Encoded {
        /// Who was asked.
        host: String,
    },
    /// Each redirect led to another one.
    #[error("the URL leads to more than {max} redirects; use the URL at their end")]
    TooManyRedirects {
        /// How many are followed.
        max: u32,
    },
    /// Over the operator's limit.
    #[error("the file is larger than {max_bytes} bytes; make it smaller")]
    TooLarge {
        /// The limit.
        max_bytes: usize,
    },
    /// Over the operator's time.
    #[error("the file did not arrive within {} ms; send it as a data URL", timeout.as_millis())]
    TooSlow {
        /// The limit.
        timeout: Duration,
    },
}
