//! Fetches what a request names by URL, from public addresses alone.
//!
//! A caller chooses the URL, and Adit stands where the caller does not: next to metadata services and
//! private networks (server-side request forgery). So each URL, redirects included, is checked by its
//! text (`target`), each address by where it lies (`address`), and the client connects to the checked
//! address and no other (`resolver`). Proxies that the environment names are not used, as they would
//! resolve names anew.

mod address;
mod error;
mod resolver;
mod target;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::ring;

use crate::config;

pub use error::FetchError;
use resolver::{Guard, GuardedResolver, Resolve, ResolveError, System};
use target::Target;

/// Connections are kept for the next image of the same host, not for long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_PER_HOST: usize = 4;

/// Fetches files. Clones share one pool of connections.
#[derive(Clone)]
pub struct Fetcher {
    settings: Arc<config::Fetch>,
    guard: Guard,
    client: Client<HttpsConnector<HttpConnector<GuardedResolver>>, Empty<Bytes>>,
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
        let tls = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_native_roots()?
            .with_no_client_auth();
        Ok(Self::with(settings, Arc::new(System), address::is_public, tls))
    }

    /// With a resolver and a guard of one's own.
    fn with(settings: &config::Fetch, resolver: Arc<dyn Resolve>, guard: Guard, tls: ClientConfig) -> Self {
        let mut http = HttpConnector::new_with_resolver(GuardedResolver { resolver, guard });
        http.enforce_http(false);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .build(HttpsConnector::from((http, tls)));
        Self { settings: Arc::new(settings.clone()), guard, client }
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
            self.permit(&target)?;
            let request = request(&target)?;
            let answer =
                self.client.request(request).await.map_err(|fault| unreachable(&target.host, fault))?;
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

    /// What can be said before any name is resolved. The client resolves no host that is written as
    /// an address, so the guard looks at it here.
    fn permit(&self, target: &Target) -> Result<(), FetchError> {
        let host = || target.host.clone();
        if !self.settings.hosts.allow(&target.host) {
            return Err(FetchError::NotAllowed { host: host() });
        }
        match target.address {
            Some(address) if !(self.guard)(address) => Err(FetchError::NotPublic { host: host() }),
            _ => Ok(()),
        }
    }

    /// Copied into one buffer: kept as they come, many small frames would take far more memory than
    /// they have bytes.
    async fn read<B>(&self, target: &Target, mut body: B) -> Result<Bytes, FetchError>
    where
        B: BodyExt<Data = Bytes> + Unpin,
        B::Error: Error + Send + Sync + 'static,
    {
        let max_bytes = self.settings.max_bytes;
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > max_bytes {
            return Err(FetchError::TooLarge { max_bytes });
        }
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|fault| FetchError::NoConnection {
                host: target.host.clone(),
                source: fault.into(),
            })?;
            let Ok(data) = frame.into_data() else { continue };
            if data.len() > max_bytes - bytes.len() {
                return Err(FetchError::TooLarge { max_bytes });
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes.freeze())
    }
}

fn request(target: &Target) -> Result<Request<Empty<Bytes>>, FetchError> {
    let mut request = Request::new(Empty::new());
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

/// What the resolver said lies somewhere below what the client says.
fn unreachable(host: &str, fault: hyper_util::client::legacy::Error) -> FetchError {
    let host = host.to_owned();
    let outermost: &(dyn Error + 'static) = &fault;
    let mut causes = std::iter::successors(Some(outermost), |cause| (*cause).source());
    match causes.find_map(|cause| cause.downcast_ref()) {
        Some(ResolveError::NotPublic) => FetchError::NotPublic { host },
        Some(ResolveError::NoAddress | ResolveError::Failed(_)) => FetchError::Unresolved { host },
        None => FetchError::NoConnection { host, source: fault.into() },
    }
}
