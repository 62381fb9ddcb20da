//! Connections to AWS: one pool of them for all clients, and TLS not before somebody needs it.
//!
//! The SDK's own builder reads the CA certificates of the system for each client, and again for each pool of
//! connections. On AWS Lambda that is a good part of a cold start.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use crate::env;

/// How long a connection may take, with TLS. A TCP handshake that is lost once is repeated after 1 s, twice after 3 s.
/// The same for all clients: those with other timeouts would have pools and certificates of their own.
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);

/// Whether connections go where the environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    /// By the proxy that the environment names, if it names one.
    OfEnvironment,
    /// Without one.
    None,
}

/// A client with a pool of connections for each pair of timeouts: to connect, and until an answer begins.
pub(super) fn client(proxy: Proxy) -> SharedHttpClient {
    let made: Mutex<HashMap<_, SharedHttpConnector>> = Mutex::default();
    // A proxy may want TLS by itself.
    let proxy =
        if env::PROXIES.into_iter().any(|name| env::read(name).is_some()) { proxy } else { Proxy::None };
    http_client_fn(move |settings, _| {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(timeouts).or_insert_with(|| SharedHttpConnector::new(Pools::new(settings, proxy))).clone()
    })
}

/// A pool for HTTP and one for HTTPS, each made when it is first used. `TCP_NODELAY` is on by default.
#[derive(Debug)]
struct Pools {
    settings: HttpConnectorSettings,
    proxy: Proxy,
    plain: OnceLock<Connector>,
    encrypted: OnceLock<Connector>,
}

impl Pools {
    fn new(settings: &HttpConnectorSettings, proxy: Proxy) -> Self {
        Self { settings: settings.clone(), proxy, plain: OnceLock::new(), encrypted: OnceLock::new() }
    }

    fn plain(&self) -> Connector {
        Connector::builder().connector_settings(self.settings.clone()).build_http()
    }

    /// TLS by rustls and ring.
    fn encrypted(&self) -> Connector {
        let proxy = match self.proxy {
            Proxy::OfEnvironment => ProxyConfig::from_env(),
            Proxy::None => ProxyConfig::disabled(),
        };
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let builder = Connector::builder().connector_settings(self.settings.clone()).proxy_config(proxy);
        builder.tls_provider(provider).build()
    }
}

impl HttpConnector for Pools {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if self.proxy == Proxy::None && request.uri().starts_with("http://") {
            self.plain.get_or_init(|| self.plain()).call(request)
        } else {
            self.encrypted.get_or_init(|| self.encrypted()).call(request)
        }
    }
}
