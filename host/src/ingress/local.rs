//! A listener on this machine.

use std::net::SocketAddr;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// A socket that listens already.
pub struct Local {
    listener: TcpListener,
}

impl Local {
    /// Listens. Port 0 takes a free one.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// Where.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop` is done. Then no more requests are taken, and those that run may end.
    pub async fn serve(
        self,
        router: Router,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        // A small write must not wait for the ACK of the one before it.
        let listener = self.listener.tap_io(|socket| {
            if let Err(fault) = socket.set_nodelay(true) {
                tracing::debug!(%fault, "TCP_NODELAY was refused");
            }
        });
        axum::serve(listener, router).with_graceful_shutdown(stop).await
    }
}
