//! A session as the store keeps it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rmcp::model::LoggingLevel;
use rmcp::transport::streamable_http_server::session::{SessionState, SessionStore, SessionStoreError};
use serde::{Deserialize, Serialize};

use crate::ids::KeyId;
use crate::store::{Session, Sessions, StoreError};

/// What is kept of a session: how the client introduced itself, and which log messages it wants.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SessionData {
    handshake: SessionState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) level: Option<LoggingLevel>,
    /// The resources of which it wants to hear when they change.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) subscribed: BTreeSet<String>,
}

/// The sessions of one key, for the time of one request: no other key's session is found.
#[derive(Clone)]
pub(super) struct Kept {
    sessions: Arc<dyn Sessions>,
    key: KeyId,
    lifetime: Duration,
    /// The session that the request names, found already.
    found: Option<(String, SessionData)>,
    /// Why the session that the request opened could not be kept.
    fault: Arc<Mutex<Option<StoreError>>>,
}

impl Kept {
    pub(super) fn new(sessions: Arc<dyn Sessions>, key: KeyId, lifetime: Duration) -> Self {
        Self { sessions, key, lifetime, found: None, fault: Arc::default() }
    }

    /// Looks for a session, which then lives on for its whole time again. False if there is none for this key.
    pub(super) async fn find(&mut self, id: &str) -> Result<bool, StoreError> {
        let session = self.sessions.find_session(&self.key, id, Timestamp::now(), self.lifetime).await?;
        // What cannot be read was kept by another version of Adit: its client may open a new one.
        let data = session.and_then(|session| serde_json::from_slice(&session.data).ok());
        self.found = data.map(|data| (id.to_owned(), data));
        Ok(self.found.is_some())
    }

    /// The session that was found.
    pub(super) fn id(&self) -> Option<&str> {
        self.found.as_ref().map(|(id, _)| id.as_str())
    }

    /// What is kept of the session.
    pub(super) fn data(&self) -> Option<&SessionData> {
        self.found.as_ref().map(|(_, data)| data)
    }

    /// Keeps the session with a change.
    pub(super) async fn change(
        &self,
        change: impl FnOnce(&mut SessionData) + Send,
    ) -> Result<(), StoreError> {
        let Some((id, data)) = &self.found else { return Ok(()) };
        let mut data = data.clone();
        change(&mut data);
        self.keep(id, &data).await
    }

    /// Why the session that was opened could not be kept, if that is so.
    pub(super) fn fault(&self) -> Option<StoreError> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn keep(&self, id: &str, data: &SessionData) -> Result<(), StoreError> {
        // Texts and numbers: nothing that could fail to be written.
        let data = serde_json::to_vec(data).unwrap_or_default();
        let session = Session { id: id.to_owned(), key: self.key.clone(), data };
        self.sessions.keep_session(&session, Timestamp::now(), self.lifetime).await
    }
}

#[async_trait]
impl SessionStore for Kept {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let found = self.found.as_ref().filter(|(found, _)| found == id);
        Ok(found.map(|(_, data)| data.handshake.clone()))
    }

    async fn store(&self, id: &str, handshake: &SessionState) -> Result<(), SessionStoreError> {
        let data = SessionData { handshake: handshake.clone(), level: None, subscribed: BTreeSet::new() };
        if let Err(fault) = self.keep(id, &data).await {
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        }
        Ok(())
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        if let Err(fault) = self.sessions.end_session(&self.key, id, Timestamp::now()).await {
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        }
        Ok(())
    }
}
