//! Resolves names, and lets none through that leads to an address which is not public.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Says whether an address may be connected to.
pub(super) type Guard = fn(IpAddr) -> bool;

/// Finds the addresses of a host. Port 0 stands for the port of the URL.
#[async_trait]
pub(super) trait Resolve: Send + Sync {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The resolver of the operating system.
pub(super) struct System;

#[async_trait]
impl Resolve for System {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

/// Why a host has no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("an address of the host is not public")]
    NotPublic,
    #[error("the host has no address")]
    NoAddress,
    #[error("the host cannot be resolved: {0}")]
    Failed(#[from] io::Error),
}

/// The resolver of the HTTP client. The client connects to what comes out of here and asks no second
/// time, so a name whose addresses change between a check and a connection (DNS rebinding) gains
/// nothing.
#[derive(Clone)]
pub(super) struct GuardedResolver {
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) guard: Guard,
}

impl GuardedResolver {
    pub(super) async fn addresses(self, host: Name) -> Result<std::vec::IntoIter<SocketAddr>, ResolveError> {
        let addresses = self.resolver.resolve(host.as_str()).await?;
        // One that is not public spoils all: which of them the client takes is up to chance.
        if !addresses.iter().all(|address| (self.guard)(address.ip())) {
            return Err(ResolveError::NotPublic);
        }
        if addresses.is_empty() {
            return Err(ResolveError::NoAddress);
        }
        Ok(addresses.into_iter())
    }
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, host: Name) -> Self::Future {
        self.clone().addresses(host).boxed()
    }
}
