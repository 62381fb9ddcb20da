//! Errors in OpenAI's shape.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::answered::Refused;
use crate::error::ServiceError;

/// An error answer: `{"error": {message, type, param, code}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    status: u16,
    kind: Cow<'static, str>,
    pub(super) message: String,
    pub(super) param: Option<String>,
    pub(super) code: Option<&'static str>,
    /// Seconds for a `Retry-After` header.
    retry_after: Option<u64>,
}

impl Error {
    /// A request that is not valid, with the member that makes it so.
    pub(super) fn invalid(param: &str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        let param = (!param.is_empty()).then(|| param.to_owned());
        let kind = Cow::Borrowed("invalid_request_error");
        Self { status: 400, kind, message: message.into(), param, code, retry_after: None }
    }

    /// A model that there is, but not at this endpoint.
    pub(crate) fn elsewhere(model: &str) -> Self {
        let message = format!("The model `{model}` does not support the Chat Completions API.");
        Self::invalid("model", Some("unsupported_model"), message)
    }

    pub(crate) fn no_model(model: &str) -> Self {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        Self { status: 404, ..Self::invalid("model", Some("model_not_found"), message) }
    }

    /// What a script calls by the name of an exception, or by a type of OpenAI's.
    pub(crate) fn scripted(kind: &str, message: &str) -> Self {
        let (kind, code) = match kind.trim_end_matches("Exception").to_ascii_lowercase().as_str() {
            "throttling" | "servicequotaexceeded" => ("rate_limit_error", Some("rate_limit_exceeded")),
            "validation" | "serialization" => ("invalid_request_error", None),
            "resourcenotfound" => ("invalid_request_error", Some("model_not_found")),
            "accessdenied" => ("permission_error", None),
            "missingauthenticationtoken"
            | "incompletesignature"
            | "invalidsignature"
            | "unrecognizedclient" => ("invalid_request_error", Some("invalid_api_key")),
            "internalserver" | "serviceunavailable" | "modelerror" | "modelstreamerror" | "modelnotready"
            | "modeltimeout" => ("server_error", None),
            _ => (kind, None),
        };
        let kind = Cow::Owned(kind.to_owned());
        Self { status: 400, kind, message: message.to_owned(), param: None, code, retry_after: None }
    }

    pub(crate) fn body(&self) -> Value {
        json!({"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}})
    }
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        let scripted = Self::scripted(&error.kind, &error.message);
        // OpenAI has no 403 for a key that is missing.
        let status = if scripted.code == Some("invalid_api_key") { 401 } else { error.status };
        Self { status, retry_after: error.retry_after, ..scripted }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::new(error.status, error.body(), error.retry_after)
    }
}
