//! How a call of the SDK reaches an endpoint that the SDK has no operation for.
//!
//! InvokeModelWithResponseStream goes to the same host, is signed for the same service and has the headers
//! of a guardrail. It gets another path, and its answer is taken before the SDK would read it. So
//! credentials, signatures, connections and their limits are those of all other calls.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;

const PATH: &str = "/openai/v1/chat/completions";

/// Gives a request its path and its body before it is signed.
pub(super) fn redirect(body: Bytes) -> impl Fn(HttpRequest) -> Result<HttpRequest, HttpError> + Send + Sync {
    move |mut http| {
        // A model's id is one segment, without a slash of its own.
        let base = http.uri().rsplit_once("/model/").map_or_else(|| http.uri(), |(base, _)| base);
        let uri = format!("{base}{PATH}");
        http.set_uri(uri)?;
        http.headers_mut().insert("content-length", body.len().to_string());
        *http.body_mut() = SdkBody::from(body.clone());
        Ok(http)
    }
}

/// Keeps the body of a success as it comes, for whoever can read it.
#[derive(Debug, Clone, Default)]
pub(super) struct Unread(Arc<Mutex<Option<SdkBody>>>);

impl Unread {
    /// The body.
    pub(super) fn take(&self) -> Option<SdkBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for Unread {
    fn name(&self) -> &'static str {
        "Unread"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        if response.status().is_success() {
            let body = std::mem::replace(response.body_mut(), SdkBody::empty());
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
        Ok(())
    }
}
