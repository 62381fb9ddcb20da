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
    EventId, LocalSessionHandle, SessionConfig, SessionError, SessionTransport, create_local_session,
};
use rmcp::transport::streamable_http_server::session::{RestoreOutcome, ServerSseMessage};
use rmcp::transport::streamable_http_server::{SessionId, SessionManager};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::error::{Failure, Kind};
use crate::ids::KeyId;

/// A session that nobody has used for so long is let go.
const IDLE: Duration = Duration::from_mins(5);

/// The most sessions in memory: beyond it, the one that was used longest ago is let go. None is while it is in use.
const MOST: usize = 1000;

/// The most sessions of one key that are in use at the same time.
const SHARE: usize = 100;

/// When a client that found no place may try again.
const PAUSE: Duration = Duration::from_secs(1);

/// What is said of [`LiveError::Full`], by which the answer of the SDK is known.
pub(super) const FULL: &str = "all sessions that fit into memory are in use";

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
pub(super) struct InUse {
    _count: Arc<()>,
}

/// Why a session does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum LiveError {
    #[error("{}", FULL)]
    Full,
    #[error("session `{0}` is not in memory")]
    Unknown(SessionId),
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// The failure of a request that found all places taken.
pub(super) fn all_in_use() -> Failure {
    Failure::new(Kind::Overloaded, "too many sessions are in use; try again in a moment")
        .with_retry_after(PAUSE)
        .with_internal(FULL)
}

fn key_has_all(key: &KeyId) -> Failure {
    let message = format!(
        "{SHARE} sessions of your API key are in use, as many as one key may have at the same time; end one, or try \
         again in a moment"
    );
    Failure::new(Kind::KeyOverloaded, message)
        .with_retry_after(PAUSE)
        .with_internal(format!("key `{key}` has {SHARE} sessions in use"))
}

/// The place of a session.
struct Held {
    used: Instant,
    users: Arc<()>,
    /// Whose it is, known from the first request that names it.
    key: Option<KeyId>,
    /// None while it is on its way from the store.
    worker: Option<Worker>,
}

/// What works for a session. A later one may work under the same id.
struct Worker {
    handle: LocalSessionHandle,
    has_ended: Box<dyn Fn() -> bool + Send>,
}

impl Held {
    fn new() -> Self {
        Self { used: Instant::now(), users: Arc::default(), key: None, worker: None }
    }

    fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.users) > 1
    }

    fn touch(&mut self) -> InUse {
        self.used = Instant::now();
        InUse { _count: Arc::clone(&self.users) }
    }

    /// The way to its worker, if that has not ended.
    fn working(&self) -> Option<&LocalSessionHandle> {
        self.worker.as_ref().filter(|worker| !(worker.has_ended)()).map(|worker| &worker.handle)
    }

    fn stop(&mut self) -> Option<LocalSessionHandle> {
        self.worker.take().map(|worker| worker.handle)
    }
}

/// All of them.
pub(super) struct Live {
    config: SessionConfig,
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
        Self { config, held: Mutex::default(), fresh }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<SessionId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a request into a session of its key, if there is a place for one more in use. One that the SDK may be
    /// letting go right now is to be restored: a process that was frozen finds all its timers due.
    pub(super) async fn enter(&self, key: &KeyId, id: &str) -> Result<InUse, Failure> {
        let mut gone = Vec::new();
        let entered = self.entered(key, id, &mut gone);
        close(gone).await;
        entered
    }

    fn entered(&self, key: &KeyId, id: &str, gone: &mut Vec<LocalSessionHandle>) -> Result<InUse, Failure> {
        let mut held = self.held();
        let is_in_use = held.get(id).is_some_and(Held::is_in_use);
        if !is_in_use {
            let in_use = held.values().filter(|session| session.is_in_use());
            if in_use.filter(|session| session.key.as_ref() == Some(key)).count() >= SHARE {
                return Err(key_has_all(key));
            }
        }
        if !held.contains_key(id) {
            make_room(&mut held, gone).map_err(|_| all_in_use())?;
        }
        let session = held.entry(SessionId::from(id)).or_insert_with(Held::new);
        if session.used.elapsed() >= self.fresh {
            gone.extend(session.stop());
        }
        session.key = Some(key.clone());
        Ok(session.touch())
    }

    /// Ends a session here, whatever works for it.
    pub(super) async fn end(&self, id: &str) {
        let ended = self.held().remove(id);
        close(ended.and_then(|mut session| session.stop())).await;
    }

    /// Puts a worker behind a session that has none.
    async fn start(&self, id: &SessionId) -> Result<RestoreOutcome<SessionTransport>, LiveError> {
        let mut gone = Vec::new();
        let started = self.started(id, &mut gone);
        close(gone).await;
        started
    }

    fn started(
        &self,
        id: &SessionId,
        gone: &mut Vec<LocalSessionHandle>,
    ) -> Result<RestoreOutcome<SessionTransport>, LiveError> {
        let mut held = self.held();
        if !held.contains_key(id) {
            make_room(&mut held, gone)?;
        }
        let session = held.entry(Arc::clone(id)).or_insert_with(Held::new);
        if session.working().is_some() {
            return Ok(RestoreOutcome::AlreadyPresent);
        }
        let (handle, worker) = create_local_session(Arc::clone(id), self.config.clone());
        let transport = SessionTransport::spawn(worker);
        // Cancelled at the latest when the transport is dropped, before the SDK says that the session is over.
        let token = transport.cancel_token();
        session.worker = Some(Worker { handle, has_ended: Box::new(move || token.is_cancelled()) });
        session.used = Instant::now();
        Ok(RestoreOutcome::Restored(transport))
    }

    fn working(&self, id: &SessionId) -> Result<(LocalSessionHandle, InUse), LiveError> {
        let mut held = self.held();
        let unknown = || LiveError::Unknown(Arc::clone(id));
        let session = held.get_mut(id).ok_or_else(unknown)?;
        let handle = session.working().cloned().ok_or_else(unknown)?;
        Ok((handle, session.touch()))
    }
}

/// Lets go of what is idle, and makes room for one more.
fn make_room(
    held: &mut HashMap<SessionId, Held>,
    gone: &mut Vec<LocalSessionHandle>,
) -> Result<(), LiveError> {
    held.retain(|_, session| {
        let stays = session.is_in_use() || session.used.elapsed() < IDLE;
        if !stays {
            gone.extend(session.stop());
        }
        stays
    });
    if held.len() < MOST {
        return Ok(());
    }
    let idle = held.iter().filter(|(_, session)| !session.is_in_use());
    let oldest = idle.min_by_key(|(_, session)| session.used).map(|(id, _)| Arc::clone(id));
    let oldest = oldest.ok_or(LiveError::Full)?;
    gone.extend(held.remove(&oldest).and_then(|mut session| session.stop()));
    Ok(())
}

/// Ends workers. One that has ended by itself does not hear of it.
async fn close(workers: impl IntoIterator<Item = LocalSessionHandle>) {
    for worker in workers {
        if let Err(fault) = worker.close().await {
            tracing::debug!(%fault, "a session had ended already");
        }
    }
}

impl SessionManager for Live {
    type Error = LiveError;
    type Transport = SessionTransport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let id = new_id();
        match self.start(&id).await? {
            RestoreOutcome::Restored(transport) => Ok((id, transport)),
            // Nobody draws the same 128 bits twice.
            _ => Err(LiveError::Unknown(id)),
        }
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        let (handle, _in_use) = self.working(id)?;
        Ok(handle.initialize(message).await?)
    }

    fn has_session(&self, id: &SessionId) -> impl Future<Output = Result<bool, Self::Error>> + Send {
        let is_working = self.held().get(id).is_some_and(|session| session.working().is_some());
        std::future::ready(Ok(is_working))
    }

    /// The SDK asks for it whenever a worker has ended, also when another one works under the same id by then: only
    /// what has no worker goes. Whoever wants to end a session calls [`Live::end`].
    fn close_session(&self, id: &SessionId) -> impl Future<Output = Result<(), Self::Error>> + Send {
        let mut held = self.held();
        if held.get(id).is_some_and(|session| session.working().is_none() && !session.is_in_use()) {
            held.remove(id);
        }
        std::future::ready(Ok(()))
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        mut message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let (handle, in_use) = self.working(id)?;
        let resumption = resumption(&message);
        let (sender, aside) = mpsc::channel(WAITING);
        message.insert_extension(Aside(sender));
        // The request counts even when its client has left.
        message.insert_extension(in_use.clone());
        let answers = handle.establish_request_wise_channel().await?;
        handle.push_message(message, answers.http_request_id).await?;
        Ok(Joined { answers: answers.inner, aside: Some(aside), resumption, _in_use: in_use })
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        let (handle, _in_use) = self.working(id)?;
        Ok(handle.push_message(message, None).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let (handle, in_use) = self.working(id)?;
        let answers = handle.establish_common_channel().await?.inner;
        Ok(Joined { answers, aside: None, resumption: Resumption::Known, _in_use: in_use })
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let (handle, in_use) = self.working(id)?;
        let last = last_event_id.parse::<EventId>().map_err(SessionError::from)?;
        let answers = handle.resume(last).await?.inner;
        Ok(Joined { answers, aside: None, resumption: Resumption::Known, _in_use: in_use })
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        self.start(&id).await
    }
}

/// What a request is answered with: its result, and what is said beside it, which comes first.
struct Joined {
    answers: mpsc::Receiver<ServerSseMessage>,
    aside: Option<mpsc::Receiver<ServerSseMessage>>,
    resumption: Resumption,
    _in_use: InUse,
}

impl Stream for Joined {
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
            match ready!(self.answers.poll_recv(context)) {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    const LONGEST: Duration = Duration::from_mins(1);

    fn key(number: usize) -> KeyId {
        KeyId::parse(format!("aaaaaa{number:04}")).unwrap()
    }

    async fn restored(live: &Live, id: &SessionId) -> SessionTransport {
        let restored = live.restore_session(Arc::clone(id)).await.unwrap();
        let RestoreOutcome::Restored(transport) = restored else { unreachable!("something works for it") };
        transport
    }

    /// What the SDK does when a worker has ended.
    async fn ended(live: &Live, id: &SessionId, transport: SessionTransport) {
        drop(transport);
        live.close_session(id).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_worker_leaves_the_one_after_it_alone() {
        let live = Live::new(LONGEST, None);
        let (id, first) = live.create_session().await.unwrap();
        assert!(live.has_session(&id).await.unwrap());

        tokio::time::advance(LONGEST + IDLE).await;
        let in_use = live.enter(&key(1), &id).await.unwrap();
        assert!(!live.has_session(&id).await.unwrap(), "the SDK may be letting it go");
        let second = restored(&live, &id).await;
        drop(in_use);
        ended(&live, &id, first).await;
        assert!(live.has_session(&id).await.unwrap());

        tokio::time::advance(IDLE).await;
        live.create_session().await.unwrap();
        assert!(!live.has_session(&id).await.unwrap(), "it made room");
        let third = restored(&live, &id).await;
        ended(&live, &id, second).await;
        assert!(live.has_session(&id).await.unwrap());

        ended(&live, &id, third).await;
        assert!(!live.has_session(&id).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_can_be_ended_while_it_works() {
        let live = Live::new(LONGEST, None);
        let (id, transport) = live.create_session().await.unwrap();
        live.end(&id).await;
        assert!(!live.has_session(&id).await.unwrap());
        ended(&live, &id, transport).await;
    }

    #[tokio::test(start_paused = true)]
    async fn no_session_is_let_go_while_it_is_in_use() {
        let live = Live::new(LONGEST, None);
        let (id, _transport) = live.create_session().await.unwrap();
        let mut in_use = vec![live.enter(&key(0), &id).await.unwrap()];
        for number in 1..MOST {
            in_use.push(live.enter(&key(number / SHARE), &format!("s{number}")).await.unwrap());
        }
        tokio::time::advance(IDLE).await;
        assert!(matches!(live.create_session().await, Err(LiveError::Full)));
        let refused = live.enter(&key(MOST), "other").await.err().unwrap();
        assert_eq!(refused.kind, Kind::Overloaded);
        assert!(live.has_session(&id).await.unwrap());
        assert!(live.enter(&key(0), &id).await.is_ok(), "it has its place");

        in_use.pop();
        live.create_session().await.unwrap();
        assert!(live.has_session(&id).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn one_key_cannot_take_all_places() {
        let live = Live::new(LONGEST, None);
        let mut in_use = Vec::new();
        for number in 0..SHARE {
            in_use.push(live.enter(&key(1), &format!("s{number}")).await.unwrap());
        }
        let refused = live.enter(&key(1), "other").await.err().unwrap();
        assert_eq!(refused.kind, Kind::KeyOverloaded);
        assert!(live.enter(&key(1), "s0").await.is_ok(), "a second request of a session");
        assert!(live.enter(&key(2), "other").await.is_ok());
        in_use.pop();
        assert!(live.enter(&key(1), "third").await.is_ok());
    }
}
