//! Errors as the service words them on the wire.

use std::borrow::Cow;

use crate::script::ScriptError;

/// Why the stand-in could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address could not be bound.
    #[error("listening on `{address}` failed: {source}")]
    Listen {
        /// The address that was asked for.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The script is not one.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The model list that is built in could not be read.
    #[error("reading the model list failed: {0}")]
    Catalog(#[from] serde_json::Error),
}

/// An error answer: an HTTP status, the exception's name and its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) status: u16,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) message: String,
    /// Seconds for a `Retry-After` header.
    pub(crate) retry_after: Option<u64>,
}

impl ServiceError {
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// What the model behind the service refused, in the words the service puts around it.
    pub(crate) fn model_refused(message: impl std::fmt::Display) -> Self {
        Self::validation(format!("The model returned the following errors: {message}"))
    }

    pub(crate) fn serialization(message: impl Into<String>) -> Self {
        Self::new(400, "SerializationException", message)
    }

    pub(crate) fn missing_token() -> Self {
        Self::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalServerException", message)
    }

    pub(crate) fn unknown_operation() -> Self {
        Self::new(404, "UnknownOperationException", "")
    }

    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind: Cow::Borrowed(kind), message: message.into(), retry_after: None }
    }

    /// The value of `x-amzn-errortype`. The service appends a URL after a colon, which clients cut off;
    /// the part that checks credentials and routes appends another one than Bedrock itself.
    pub(crate) fn header(&self) -> String {
        let origin = match self.kind.as_ref() {
            "ExpiredTokenException"
            | "IncompleteSignatureException"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "SerializationException"
            | "UnknownOperationException"
            | "UnrecognizedClientException" => "com.amazon.coral.service",
            _ => "com.amazon.bedrock",
        };
        format!("{}:http://internal.amazon.com/coral/{origin}/", self.kind)
    }

    /// The body. An unknown operation is answered in the framework's own shape, all others with a message.
    pub(crate) fn body(&self) -> serde_json::Value {
        if self.kind == "UnknownOperationException" {
            return serde_json::json!({
                "Output": {"__type": "com.amazon.coral.service#UnknownOperationException"},
                "Version": "1.0",
            });
        }
        serde_json::json!({"message": self.message})
    }
}

/// The HTTP status that Bedrock gives an exception (botocore's model of bedrock-runtime).
pub(crate) fn status_of(kind: &str) -> u16 {
    match kind {
        "AccessDeniedException"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "UnrecognizedClientException" => 403,
        "ResourceNotFoundException" => 404,
        "ModelTimeoutException" => 408,
        "ModelErrorException" | "ModelStreamErrorException" => 424,
        "ModelNotReadyException" | "ThrottlingException" => 429,
        "InternalServerException" => 500,
        "ServiceUnavailableException" => 503,
        _ => 400,
    }
}
