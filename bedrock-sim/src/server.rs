//! Connections: accepted, served, and all closed when the server goes.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::error::Error;
use crate::service::Service;

/// Binds the address; port 0 chooses a free one.
pub(crate) async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves until it is dropped; open connections end with it.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    connections.spawn(connection(socket, Arc::clone(&service)));
                }
                // Most likely too many open files: let others finish first.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(socket: TcpStream, service: Arc<Service>) {
    // A frame must not wait for the one before it to be acknowledged.
    if socket.set_nodelay(true).is_err() {
        return;
    }
    let answer = service_fn(move |request| Arc::clone(&service).answer(request));
    // What goes wrong here is the client's leaving or a scripted cut; both are in the journal.
    drop(http1::Builder::new().serve_connection(TokioIo::new(socket), answer).await);
}
