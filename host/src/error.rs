//! The one error that a request can end with.
//!
//! Each failure has a [`Kind`], from which its [`Origin`], its [`Retry`] class and its HTTP status
//! follow. It carries two messages: one for the client, one for
//! the operator's log. Modules that know more keep error types of their own and turn them into a
//! `Failure` at their border.

use std::borrow::Cow;
use std::time::Duration;

use crate::ids::PluginName;

/// Who has to act on a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The caller: the request has to change.
    Client,
    /// The operator: a plugin refused or broke.
    Plugin,
    /// Bedrock, or the way there.
    Upstream,
    /// This process or its store.
    Host,
}

/// Whether the same request may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same request fails again.
    Never,
    /// It may succeed after a pause.
    Later,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is malformed or asks for what cannot be done.
    InvalidRequest,
    /// The prompt is longer than the model's context.
    ContextLength,
    /// The body is over the limit.
    TooLarge,
    /// No key, or not one that is valid.
    Unauthenticated,
    /// The request did not come through what stands in front of Adit.
    WrongWay,
    /// There is no such route.
    UnknownRoute,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// A plugin answered with a refusal, by the HTTP status that it named (400 to 599).
    PluginDenied(u16),
    /// A plugin trapped, ran over a limit or broke the contract.
    PluginFault,
    /// A plugin that the key has switched on is not there or cannot be loaded.
    PluginUnavailable,
    /// The key's policy does not allow the model.
    ModelNotAllowed,
    /// Bedrock refused the gateway's role the model or the action.
    Denied,
    /// Bedrock did not accept the gateway's own credentials.
    Credentials,
    /// Bedrock knows no such model.
    ModelNotFound,
    /// Bedrock throttled, or a quota is used up.
    Throttled,
    /// The model is not ready yet.
    ModelNotReady,
    /// The model took too long.
    ModelTimeout,
    /// The model failed on this request.
    ModelError,
    /// Bedrock had an internal error.
    UpstreamInternal,
    /// Bedrock is unavailable for now.
    UpstreamUnavailable,
    /// No connection to Bedrock, or it broke before an answer.
    Unreachable,
    /// The stream of an answer ended before it was complete, or cannot be understood.
    BrokenStream,
    /// A whole answer came, and cannot be understood. It was paid for.
    UnreadableAnswer,
    /// A budget of the key or its team is used up.
    QuotaExceeded,
    /// The key or its team has more requests or tokens than it may, in a minute or at a time.
    RateLimited,
    /// Nothing is built yet that could serve: the settings are wrong, or cannot be read.
    NotReady,
    /// The store cannot be read.
    StoreUnavailable,
    /// All places are taken.
    Overloaded,
    /// The key has taken all places that one key may have.
    KeyOverloaded,
    /// A fault of Adit's own.
    Internal,
}

impl Kind {
    /// The HTTP status that tells a client what kind of failure it is.
    ///
    /// What Bedrock refuses the gateway is never a 401: the caller's key is fine.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest | Self::ContextLength => 400,
            Self::TooLarge => 413,
            Self::Unauthenticated => 401,
            Self::UnknownRoute | Self::ModelNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::PluginDenied(status) => status,
            Self::WrongWay | Self::Denied | Self::ModelNotAllowed => 403,
            Self::Throttled
            | Self::ModelNotReady
            | Self::KeyOverloaded
            | Self::QuotaExceeded
            | Self::RateLimited => 429,
            Self::ModelTimeout => 504,
            Self::ModelError => 424,
            Self::UpstreamUnavailable
            | Self::NotReady
            | Self::StoreUnavailable
            | Self::Overloaded
            | Self::PluginUnavailable => 503,
            Self::Unreachable | Self::BrokenStream | Self::UnreadableAnswer => 502,
            Self::PluginFault | Self::Credentials | Self::UpstreamInternal | Self::Internal => 500,
        }
    }

    /// Who has to act.
    pub fn origin(self) -> Origin {
        match self {
            Self::InvalidRequest
            | Self::ContextLength
            | Self::TooLarge
            | Self::Unauthenticated
            | Self::WrongWay
            | Self::UnknownRoute
            | Self::MethodNotAllowed
            | Self::ModelNotAllowed
            | Self::QuotaExceeded
            | Self::RateLimited => Origin::Client,
            Self::PluginDenied(_) | Self::PluginFault | Self::PluginUnavailable => Origin::Plugin,
            Self::Denied
            | Self::Credentials
            | Self::ModelNotFound
            | Self::Throttled
            | Self::ModelNotReady
            | Self::ModelTimeout
            | Self::ModelError
            | Self::UpstreamInternal
            | Self::UpstreamUnavailable
            | Self::Unreachable
            | Self::BrokenStream
            | Self::UnreadableAnswer => Origin::Upstream,
            Self::NotReady
            | Self::StoreUnavailable
            | Self::Overloaded
            | Self::KeyOverloaded
            | Self::Internal => Origin::Host,
        }
    }

    /// Whether the same request may succeed later.
    pub fn retry(self) -> Retry {
        match self {
            // What a plugin says by a status, the client may take as it takes any other.
            Self::PluginDenied(408 | 409 | 429 | 500..)
            | Self::Throttled
            | Self::ModelNotReady
            | Self::ModelTimeout
            | Self::UpstreamInternal
            | Self::UpstreamUnavailable
            | Self::Unreachable
            | Self::BrokenStream
            | Self::UnreadableAnswer
            | Self::RateLimited
            | Self::NotReady
            | Self::StoreUnavailable
            | Self::Overloaded
            | Self::KeyOverloaded => Retry::Later,
            Self::InvalidRequest
            | Self::ContextLength
            | Self::TooLarge
            | Self::Unauthenticated
            | Self::WrongWay
            | Self::UnknownRoute
            | Self::MethodNotAllowed
            | Self::PluginDenied(_)
            | Self::PluginFault
            | Self::PluginUnavailable
            | Self::ModelNotAllowed
            | Self::Denied
            | Self::Credentials
            | Self::ModelNotFound
            | Self::ModelError
            | Self::QuotaExceeded
            | Self::Internal => Retry::Never,
        }
    }
}

/// How a plugin failed, where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It trapped, or ran over a limit other than time.
    Trap,
    /// It ran, or slept, for longer than its time.
    Timeout,
}

/// How a request failed, with a message for each of its two readers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind:?}: {}", self.reason())]
pub struct Failure {
    /// What happened.
    pub kind: Kind,
    /// For the client: what is wrong and what to do. Names no secret and no internals.
    pub message: String,
    /// For the operator's log, where it says more than `message`.
    pub internal: Option<String>,
    /// The request field at fault, such as `messages[0].content`.
    pub param: Option<String>,
    /// A stable word for programs, where the kind alone does not say enough.
    pub code: Option<Cow<'static, str>>,
    /// When to try again, if known.
    pub retry_after: Option<Duration>,
    /// How the plugin failed, if it was one.
    pub fault: Option<Fault>,
}

impl Failure {
    /// A failure with the message that the client reads.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message, internal: None, param: None, code: None, retry_after: None, fault: None }
    }

    /// A plugin that broke. The client learns which, the log learns how.
    pub fn plugin(name: &PluginName, how: &str) -> Self {
        Self::new(
            Kind::PluginFault,
            format!("the plugin `{name}` failed, and the request with it; ask the operator"),
        )
        .with_internal(format!("plugin `{name}`: {how}"))
    }

    /// A request that has to change, with the field at fault.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest, message).with_param(param)
    }

    /// Names the field at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Adds what only the operator should read.
    #[must_use]
    pub fn with_internal(mut self, internal: impl Into<String>) -> Self {
        self.internal = Some(internal.into());
        self
    }

    /// Adds a stable word for programs.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Says how the plugin failed.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// What the log says, and no more than a line holds: a plugin may have said it, and at length.
    pub fn reason(&self) -> &str {
        const MOST_BYTES: usize = 2 << 10;
        let reason = self.internal.as_deref().unwrap_or(&self.message);
        reason.get(..reason.floor_char_boundary(MOST_BYTES)).unwrap_or_default()
    }

    /// Whether a plugin failed, as opposed to one that refused: what its failure policy covers.
    pub fn is_of_a_plugin(&self) -> bool {
        matches!(self.kind, Kind::PluginFault | Kind::PluginUnavailable)
    }

    /// Says when to try again.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_gets_the_operators_message_and_no_more_of_it_than_a_line() {
        let failure = Failure::new(Kind::PluginFault, "for the client").with_internal("é".repeat(5000));
        assert_eq!(failure.reason(), "é".repeat(1024));
        assert_eq!(failure.to_string(), format!("PluginFault: {}", "é".repeat(1024)));
        assert_eq!(Failure::new(Kind::Internal, "for both").reason(), "for both");
    }
}
