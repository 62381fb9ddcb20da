//! The floor: an HTTP proxy that forwards bodies frame by frame and reads nothing in them.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::{Authority, Scheme};
use axum::http::{Response, StatusCode, Uri};
use axum::serve::ListenerExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

#[derive(Clone)]
struct Floor {
    upstream: Authority,
    client: Client<HttpConnector, Body>,
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
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let floor = Floor { upstream: upstream.to_string().parse()?, client };
    axum::serve(listener, Router::new().fallback(forward).with_state(floor)).await?;
    Ok(())
}

async fn forward(State(floor): State<Floor>, mut request: Request) -> Result<Response<Body>, StatusCode> {
    let mut uri = std::mem::take(request.uri_mut()).into_parts();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(floor.upstream);
    *request.uri_mut() = Uri::from_parts(uri).map_err(|_| StatusCode::BAD_REQUEST)?;
    let response = floor.client.request(request).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(response.map(Body::new))
}
