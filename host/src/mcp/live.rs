//! The sessions that this process has in memory. Any of them can be let go: the store has it, and the next request
//! brings it back.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::Stream;
use http::request::Parts;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions, ProtocolVersion, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, SessionConfig,
};
use rmcp::transport::streamable_http_server::session::{RestoreOutcome, ServerSseMessage};
use rmcp::transport::streamable_http_server::{SessionId, SessionManager};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A session that nobody has used for so long is let go.
const IDLE: Duration = Duration::from_mins(5);

/// The most sessions in memory: beyond it, the one that was used longest ago is let go.
const MOST: usize = 1000;

/// How many messages of a request wait for a slow client, beside its result.
const WAITING: usize = 64;

/// The way of messages that belong to one request into the stream of its answer.
///
/// The SDK sends what is logged to the stream that a client may hold open beside its requests, and holds up a whole
/// session for one slow reader. Here each message goes with its request.
#[derive(Clone)]
pub(super) struct Aside(mpsc::Sender<ServerSseMessage>);

impl Aside {
    /// Waits for room; nothing is sent to a client that has left.
    pub(super) async fn send(&self, message: ServerJsonRpcMessage) {
        let _ = self.0.send(ServerSseMessage::from_message(message)).await;
    }
}

/// Counts as use of a session for as long as it lives.
#[derive(Clone)]
struct InUse {
    _count: Arc<()>,
}

struct Held {
    used: Instant,
    users: Arc<()>,
}

impl Held {
    fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.users) > 1
    }
}

/// All of them.
pub(super) struct Live {
    sessions: LocalSessionManager,
    held: Mutex<HashMap<SessionId, Held>>,
    /// For so long after its use, the SDK does not let a session go.
    fresh: Duration,
}

impl Live {
    /// Sessions whose requests take `longest`, at most. With `retry`, clients are told to ask for the rest of an
    /// answer when a connection breaks.
    pub(super) fn new(longest: Duration, retry: Option<Duration>) -> Self {
        let fresh = longest.saturating_add(IDLE);
        let mut config = SessionConfig::default();
        config.keep_alive = Some(fresh.saturating_add(IDLE));
        config.sse_retry = retry;
        let mut sessions = LocalSessionManager::default();
        sessions.session_config = config;
        Self { sessions, held: Mutex::default(), fresh }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<SessionId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, id: &SessionId) -> InUse {
        let mut held = self.held();
        let session = held
            .entry(Arc::clone(id))
            .or_insert_with(|| Held { used: Instant::now(), users: Arc::default() });
        session.used = Instant::now();
        InUse { _count: Arc::clone(&session.users) }
    }

    /// Lets go of what is idle, and makes room for one more.
    async fn make_room(&self) {
        let gone = {
            let mut held = self.held();
            let mut gone: Vec<SessionId> = Vec::new();
            held.retain(|id, session| {
                let stays = session.is_in_use() || session.used.elapsed() < IDLE;
                if !stays {
                    gone.push(Arc::clone(id));
                }
                stays
            });
            if held.len() >= MOST {
                let oldest = held.iter().min_by_key(|(_, session)| (session.is_in_use(), session.used));
                if let Some(id) = oldest.map(|(id, _)| Arc::clone(id)) {
                    held.remove(&id);
                    gone.push(id);
                }
            }
            gone
        };
        for id in gone {
            self.let_go(&id).await;
        }
    }

    async fn let_go(&self, id: &SessionId) {
        if let Err(fault) = self.sessions.close_session(id).await {
            tracing::debug!(%fault, "a session did not end");
        }
    }
}

impl SessionManager for Live {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        self.make_room().await;
        let id = new_id();
        match self.sessions.restore_session(Arc::clone(&id)).await? {
            RestoreOutcome::Restored(transport) => {
                drop(self.touch(&id));
                Ok((id, transport))
            }
            // Nobody draws the same 128 bits twice.
            _ => Err(LocalSessionManagerError::SessionNotFound(id)),
        }
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.sessions.initialize_session(id, message).await
    }

    /// One that the SDK may be letting go right now is not there: a process that was frozen finds all its timers due.
    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        let is_sure = self.held().get(id).map(|session| session.used.elapsed() < self.fresh);
        match is_sure {
            Some(true) => self.sessions.has_session(id).await,
            Some(false) => {
                self.held().remove(id);
                self.let_go(id).await;
                Ok(false)
            }
            None => Ok(false),
        }
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.held().remove(id);
        self.sessions.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        mut message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let in_use = self.touch(id);
        let resumption = resumption(&message);
        let (sender, aside) = mpsc::channel(WAITING);
        message.insert_extension(Aside(sender));
        // The request counts even when its client has left.
        message.insert_extension(in_use.clone());
        let answers = Box::pin(self.sessions.create_stream(id, message).await?);
        Ok(Joined { answers, aside: Some(aside), resumption, _in_use: in_use })
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        drop(self.touch(id));
        self.sessions.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let in_use = self.touch(id);
        let answers = Box::pin(self.sessions.create_standalone_stream(id).await?);
        Ok(Joined { answers, aside: None, resumption: Resumption::Known, _in_use: in_use })
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let in_use = self.touch(id);
        let answers = Box::pin(self.sessions.resume(id, last_event_id).await?);
        Ok(Joined { answers, aside: None, resumption: Resumption::Known, _in_use: in_use })
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        self.make_room().await;
        drop(self.touch(&id));
        self.sessions.restore_session(id).await
    }
}

/// What a request is answered with: its result, and what is said beside it, which comes first.
struct Joined<S> {
    answers: Pin<Box<S>>,
    aside: Option<mpsc::Receiver<ServerSseMessage>>,
    resumption: Resumption,
    _in_use: InUse,
}

impl<S: Stream<Item = ServerSseMessage>> Stream for Joined<S> {
    type Item = ServerSseMessage;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<ServerSseMessage>> {
        if let Some(aside) = &mut self.aside {
            match aside.poll_recv(context) {
                Poll::Ready(Some(message)) => return Poll::Ready(Some(message)),
                Poll::Ready(None) => self.aside = None,
                Poll::Pending => {}
            }
        }
        loop {
            match ready!(self.answers.as_mut().poll_next(context)) {
                Some(event) if event.message.is_none() && self.resumption == Resumption::Unknown => {}
                event => return Poll::Ready(event),
            }
        }
    }
}

/// Whether a client knows events without a message, by which it may ask for the rest of a stream: older ones take
/// them for broken messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resumption {
    Known,
    Unknown,
}

fn resumption(message: &ClientJsonRpcMessage) -> Resumption {
    let parts = match message {
        ClientJsonRpcMessage::Request(request) => request.request.extensions().get::<Parts>(),
        _ => None,
    };
    let version = parts.and_then(|parts| parts.headers.get("mcp-protocol-version"));
    match version {
        Some(version) if version.as_bytes() >= ProtocolVersion::V_2025_11_25.as_str().as_bytes() => {
            Resumption::Known
        }
        _ => Resumption::Unknown,
    }
}

/// 128 random bits, in hexadecimal digits.
fn new_id() -> SessionId {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => format!("{:032x}", u128::from_ne_bytes(bytes)).into(),
        // The SDK draws ids from another source.
        Err(_) => rmcp::transport::common::server_side_http::session_id(),
    }
}
