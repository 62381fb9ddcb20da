//! What the client of a request is told before its result.

use rmcp::model::{
    LoggingLevel, LoggingMessageNotification, LoggingMessageNotificationParam, Notification,
    ProgressNotification, ProgressNotificationParam, ProgressToken, ProtocolVersion,
    ResourceUpdatedNotification, ResourceUpdatedNotificationParam, ServerJsonRpcMessage, ServerNotification,
};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};
use serde_json::Value;

use super::kept::Kept;
use super::live::Aside;
use super::server::http_parts;

/// The client of one request.
pub(super) struct Client {
    token: Option<ProgressToken>,
    level: Option<LoggingLevel>,
    way: Way,
}

enum Way {
    /// Beside the answer, in a session.
    Aside(Aside),
    /// Through the SDK: the request has a transport of its own.
    Peer(Peer<RoleServer>),
}

impl Client {
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        let is_stateless =
            context.protocol_version().is_some_and(|version| version >= ProtocolVersion::NO_INITIALIZE);
        let level = if is_stateless {
            // Who does not ask for them gets none.
            context.meta.log_level()
        } else {
            let kept = http_parts(context).and_then(|parts| parts.extensions.get::<Kept>());
            Some(kept.and_then(Kept::data).and_then(|data| data.level).unwrap_or(LoggingLevel::Info))
        };
        let way = match context.extensions.get::<Aside>() {
            Some(aside) => Way::Aside(aside.clone()),
            None => Way::Peer(context.peer.clone()),
        };
        Self { token: context.meta.get_progress_token(), level, way }
    }

    /// Whether it wants to know how far its request is.
    pub(super) fn wants_progress(&self) -> bool {
        self.token.is_some()
    }

    /// Says how far its request is, if it wants to know. Waits while the client is slow.
    pub(super) async fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let Some(token) = &self.token else { return };
        let mut params = ProgressNotificationParam::new(token.clone(), done);
        params.total = total;
        params.message = message.map(ToOwned::to_owned);
        let notification: ProgressNotification = Notification::new(params);
        self.send(ServerNotification::ProgressNotification(notification)).await;
    }

    /// Logs something, if the client wants messages of this level.
    pub(super) async fn log(&self, level: LoggingLevel, logger: &str, data: Value) {
        if self.level.is_none_or(|least| (level as u8) < (least as u8)) {
            return;
        }
        let params = LoggingMessageNotificationParam::new(level, data).with_logger(logger);
        let notification: LoggingMessageNotification = Notification::new(params);
        self.send(ServerNotification::LoggingMessageNotification(notification)).await;
    }

    /// Says that a resource is not what it was.
    pub(super) async fn updated(&self, uri: &str) {
        let notification = ResourceUpdatedNotification::new(ResourceUpdatedNotificationParam::new(uri));
        self.send(ServerNotification::ResourceUpdatedNotification(notification)).await;
    }

    async fn send(&self, notification: ServerNotification) {
        match &self.way {
            Way::Aside(aside) => aside.send(ServerJsonRpcMessage::notification(notification)).await,
            Way::Peer(peer) => {
                // A client that has left needs no word.
                let _ = peer.send_notification(notification).await;
            }
        }
    }
}
