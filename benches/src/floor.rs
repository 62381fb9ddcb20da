//! The floor: an HTTP proxy that forwards bodies frame by frame and reads nothing in them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use axum::serve::ListenerExt;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::client::Connection;

/// Connections to the upstream that are free.
type Pool = Arc<Mutex<Vec<Connection>>>;

#[derive(Clone)]
struct Floor {
    upstream: SocketAddr,
    pool: Pool,
}

/// Serves until the process is killed.
#[expect(clippy::print_stdout, reason = "the first line tells the address")]
pub(crate) async fn run(upstream: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|socket| {
        // Without it a write waits for an ACK; the measurement would show it.
        let _ = socket.set_nodelay(true);
    });
    let floor = Floor { upstream, pool: Pool::default() };
    axum::serve(listener, Router::new().fallback(forward).with_state(floor)).await?;
    Ok(())
}

async fn forward(State(floor): State<Floor>, request: Request<Body>) -> Result<Response<Body>, StatusCode> {
    let bad_gateway = |_| StatusCode::BAD_GATEWAY;
    let path = request.uri().path().to_owned();
    let body = to_bytes(request.into_body(), usize::MAX).await.map_err(|_| StatusCode::BAD_REQUEST)?;
    let pooled = floor.pool.lock().await.pop();
    let mut connection = match pooled {
        Some(connection) => connection,
        None => Connection::open(floor.upstream).await.map_err(bad_gateway)?,
    };
    connection.send(&path, "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c", &body).await.map_err(bad_gateway)?;
    let frames = futures::stream::unfold(Some((connection, floor.pool)), |state| async move {
        let (mut connection, pool) = state?;
        match connection.chunk().await {
            Ok(Some(chunk)) => Some((Ok::<Bytes, std::io::Error>(chunk), Some((connection, pool)))),
            Ok(None) => {
                pool.lock().await.push(connection);
                None
            }
            Err(fault) => Some((Err(fault), None)),
        }
    });
    Ok(Response::new(Body::from_stream(frames)))
}
