use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::chat::Usage;

/// Reads the token counts in an answer's head, which the SDK does not pass on: Bedrock's own, whatever
/// the model's body says.
#[derive(Debug, Clone, Default)]
pub(in crate::bedrock) struct Counted(Arc<OnceLock<Usage>>);

impl Counted {
    /// What the answer cost; none if Bedrock did not say.
    pub(in crate::bedrock) fn usage(&self) -> Option<Usage> {
        self.0.get().copied()
    }
}

impl Intercept for Counted {
    fn name(&self) -> &'static str {
        "Counted"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        let count = |what: &str| -> Option<u64> {
            headers.get(format!("x-amzn-bedrock-{what}-token-count"))?.trim().parse().ok()
        };
        if let Some(input_tokens) = count("input") {
            // Attempts that were refused have no count, so there is none before this one.
            let _ = self.0.set(Usage {
                input_tokens,
                output_tokens: count("output").unwrap_or_default(),
                cache_read_tokens: count("cache-read-input").unwrap_or_default(),
                cache_write_tokens: count("cache-write-input").unwrap_or_default(),
                service_tier: None,
            });
        }
        Ok(())
    }
}
