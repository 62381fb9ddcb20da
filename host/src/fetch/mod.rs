//! Fetches what a request names by URL, from public addresses alone.
//!
//! A caller chooses the URL, and Adit stands where the caller does not: next to metadata services and
//! private networks (server-side request forgery). So each URL, redirects included, is checked by its
//! text (`target`), each address by where it lies (`address`), and the client connects to the checked
//! address and no other (`resolver`). Proxies that the environment names are not used, as they would
//! resolve names anew. What plugins send (`outbound`) takes the same way.

mod address;
mod error;
mod guarded;
mod outbound;
mod resolver;
mod target;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use rustls::ClientConfig;

use crate::config;

pub use error::FetchError;
use guarded::{GuardedClient, Unreached, Unread};
pub use outbound::{Checked, Outbound, OutboundError, OutboundRequest, OutboundResponse};
use resolver::{Guard, Resolve, System};
use target::Target;

/// Fetches files. Clones share one pool of connections.
#[derive(Clone)]
pub struct Fetcher {
    settings: Arc<config::Fetch>,
    client: GuardedClient,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// At most `max_bytes`.
    pub bytes: Bytes,
    /// What the host says it is, such as `image/png`: lower case, without parameters. Not to be
    /// trusted.
    pub media_type: Option<String>,
}

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("`[fetch]` cannot set up TLS: {0}; install the CA certificates of the system")]
pub struct NoCertificates(#[from] io::Error);

impl Fetcher {
    /// Reads the CA certificates of the system; connects to nothing. Fails if there are none.
    pub fn new(settings: &config::Fetch) -> Result<Self, NoCertificates> {
        Ok(Self::with(settings, Arc::new(System), address::is_public, guarded::tls()?))
    }

    /// With a resolver and a guard of one's own.
    fn with(settings: &config::Fetch, resolver: Arc<dyn Resolve>, guard: Guard, tls: ClientConfig) -> Self {
        Self { settings: Arc::new(settings.clone()), client: GuardedClient::new(resolver, guard, tls) }
    }

    /// Fetches the file that a URL names, within the limits of the settings.
    pub async fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        let timeout = self.settings.timeout;
        let fetched = tokio::time::timeout(timeout, self.follow(url)).await;
        fetched.unwrap_or(Err(FetchError::TooSlow { timeout }))
    }

    async fn follow(&self, url: &str) -> Result<Fetched, FetchError> {
        let max = self.settings.max_redirects;
        let mut target = Target::parse(url)?;
        for _ in 0..=max {
            if !self.settings.hosts.allow(&target.host) {
                return Err(FetchError::NotAllowed { host: target.host });
            }
            let request = request(&target)?;
            let answer = self.client.send(&target, request).await;
            let answer = answer.map_err(|fault| unreachable(&target.host, fault))?;
            let (head, body) = answer.into_parts();
            match redirect(head.status, &head.headers) {
                Some(location) => target = target.redirected(location)?,
                None if head.status != StatusCode::OK => {
                    return Err(FetchError::Status { host: target.host, status: head.status.as_u16() });
                }
                None if is_encoded(&head.headers) => return Err(FetchError::Encoded { host: target.host }),
                None => {
                    let bytes = self.read(&target, body).await?;
                    return Ok(Fetched { bytes, media_type: media_type(&head.headers) });
                }
            }
        }
        Err(FetchError::TooManyRedirects { max })
    }

    async fn read<B>(&self, target: &Target, body: B) -> Result<Bytes, FetchError>
    where
        B: BodyExt<Data = Bytes, Error: Error + Send + Sync + 'static> + Unpin,
    {
        let max_bytes = self.settings.max_bytes;
        guarded::read(body, max_bytes).await.map_err(|fault| match fault {
            Unread::TooLarge => FetchError::TooLarge { max_bytes },
            Unread::Broken(source) => FetchError::NoConnection { host: target.host.clone(), source },
        })
    }
}

fn request(target: &Target) -> Result<Request<Full<Bytes>>, FetchError> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = target.uri()?;
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, http::HeaderValue::from_static(concat!("adit/", env!("CARGO_PKG_VERSION"))));
    headers.insert(ACCEPT_ENCODING, http::HeaderValue::from_static("identity"));
    Ok(request)
}

/// Where an answer leads to, if it leads on.
fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<&str> {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308).then(|| text(headers, &LOCATION)).flatten()
}

/// Whether the size of the file is not the size of the body.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let essence = text(headers, &CONTENT_TYPE)?.split(';').next()?.trim();
    (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn unreachable(host: &str, fault: Unreached) -> FetchError {
    let host = host.to_owned();
    match fault {
        Unreached::NotPublic => FetchError::NotPublic { host },
        Unreached::Unresolved => FetchError::Unresolved { host },
        Unreached::NoConnection(source) => FetchError::NoConnection { host, source },
    }
}
