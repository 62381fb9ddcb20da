//! HTTP/1.1, as clients see it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;

use crate::answer::{self, Failure};
use crate::event::{self, Arrived};
use crate::invocation::Invocation;
use crate::pool::Pool;

/// How large an event may be, in bytes.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MOST_EVENT_BYTES: usize = 6 * 1024 * 1024;

/// Listens. Port 0 takes a free one.
pub(crate) fn listen(port: u16, buffer_bytes: Option<u32>) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = buffer_bytes {
        socket.set_send_buffer_size(bytes)?;
    }
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(1024)
}

/// Answers clients.
pub(crate) async fn serve(listener: TcpListener, pool: Arc<Pool>) {
    while let Ok((socket, source)) = listener.accept().await {
        // A small chunk must not wait for the ACK of the one before it.
        let _ = socket.set_nodelay(true);
        let pool = Arc::clone(&pool);
        let service = service_fn(move |request| {
            let pool = Arc::clone(&pool);
            async move { Ok::<_, Infallible>(respond(&pool, source, request).await) }
        });
        // It ends with an error when a client leaves early, or when a response is cut off: both are meant.
        let connection = hyper::server::conn::http1::Builder::new();
        tokio::spawn(async move { connection.serve_connection(TokioIo::new(socket), service).await });
    }
}

async fn respond(pool: &Arc<Pool>, source: SocketAddr, request: Request<Incoming>) -> Response<answer::Body> {
    let front = &pool.function.front;
    invoke(pool, source, request).await.unwrap_or_else(|failure| failure.response(front))
}

async fn invoke(
    pool: &Arc<Pool>,
    source: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<answer::Body>, Failure> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MOST_EVENT_BYTES).collect().await.map_err(|_| Failure::TooLarge)?;
    let id = new_id();
    let arrived = Arrived {
        id: &id,
        time: Timestamp::now(),
        source,
        identity: pool.function.identity.as_ref(),
        parts: &parts,
        body: &body.to_bytes(),
    };
    let event = event::of(&arrived, &pool.function.front).map_err(|_| Failure::NoSuchPath)?;
    let event = event.to_string();
    if event.len() > MOST_EVENT_BYTES {
        return Err(Failure::TooLarge);
    }
    let (answer, answered) = oneshot::channel();
    pool.invoke(Invocation { id, event: event.into(), answer });
    // From here on the function works, whether the client waits for it or not.
    answered.await.unwrap_or(Err(Failure::Function))
}

/// A UUID.
fn new_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness ids are the same. Nothing here depends on it.
    let _ = getrandom::fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) | 4 << 76;
    let number = number & !(0x3 << 62) | 2 << 62;
    let digits = format!("{number:032x}");
    let part = |range| digits.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_random_uuid() {
        let id = new_id();
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        assert!("89ab".contains(&id[19..20]));
        assert_ne!(id, new_id());
    }
}
