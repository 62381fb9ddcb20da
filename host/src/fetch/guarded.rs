//! A client that connects to addresses which passed a guard, and to no others.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::ring;

use super::resolver::{Guard, GuardedResolver, Resolve, ResolveError};
use super::target::Target;

/// Connections are kept for the next request to the same host, not for long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_PER_HOST: usize = 4;

/// Clones share one pool of connections. It follows no redirect and uses no proxy.
#[derive(Clone)]
pub(super) struct GuardedClient {
    guard: Guard,
    client: Client<HttpsConnector<HttpConnector<GuardedResolver>>, Full<Bytes>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Unreached {
    /// The guard refused an address of the host.
    NotPublic,
    /// The name leads nowhere.
    Unresolved,
    /// No connection, no TLS, or it broke.
    NoConnection(Box<dyn Error + Send + Sync>),
}

/// Why a body was not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It has more bytes than were wanted.
    TooLarge,
    /// The connection broke.
    Broken(Box<dyn Error + Send + Sync>),
}

impl GuardedClient {
    pub(super) fn new(resolver: Arc<dyn Resolve>, guard: Guard, tls: ClientConfig) -> Self {
        let mut http = HttpConnector::new_with_resolver(GuardedResolver { resolver, guard });
        http.enforce_http(false);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .build(HttpsConnector::from((http, tls)));
        Self { guard, client }
    }

    /// Sends a request to a target and waits for the head of the answer.
    pub(super) async fn send(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
    ) -> Result<
        Response<impl BodyExt<Data = Bytes, Error: Error + Send + Sync + 'static> + Unpin + use<>>,
        Unreached,
    > {
        // The client resolves no host that is written as an address, so the guard looks at it here.
        if target.address.is_some_and(|address| !(self.guard)(address)) {
            return Err(Unreached::NotPublic);
        }
        self.client.request(request).await.map_err(unreached)
    }
}

/// TLS with the CA certificates of the system. Fails if there are none.
pub(super) fn tls() -> io::Result<ClientConfig> {
    Ok(ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_native_roots()?
        .with_no_client_auth())
}

/// Copied into one buffer: kept as they come, many small frames would take far more memory than
/// they have bytes.
pub(super) async fn read<B>(mut body: B, max_bytes: usize) -> Result<Bytes, Unread>
where
    B: BodyExt<Data = Bytes, Error: Error + Send + Sync + 'static> + Unpin,
{
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > max_bytes {
        return Err(Unread::TooLarge);
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|fault| Unread::Broken(fault.into()))?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > max_bytes - bytes.len() {
            return Err(Unread::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// What the resolver said lies somewhere below what the client says.
fn unreached(fault: legacy::Error) -> Unreached {
    let outermost: &(dyn Error + 'static) = &fault;
    let mut causes = std::iter::successors(Some(outermost), |cause| (*cause).source());
    match causes.find_map(|cause| cause.downcast_ref()) {
        Some(ResolveError::NotPublic) => Unreached::NotPublic,
        Some(ResolveError::NoAddress | ResolveError::Failed(_)) => Unreached::Unresolved,
        None => Unreached::NoConnection(fault.into()),
    }
}
