use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::Blob;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::timeout;

use super::answer::{self, Answer};
use super::body;
use super::plan::Plan;
use crate::bedrock::error;
use crate::bedrock::region::Clients;
use crate::error::{Failure, Kind};

/// For one attempt. Vectors are made in well under a second.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where Bedrock says how many tokens it has read, whatever the model's own body says.
const TOKEN_COUNT: &str = "x-amzn-bedrock-input-token-count";

/// Attempts the call for the texts of one batch.
pub(super) async fn invoke(clients: Arc<Clients>, plan: &Plan, texts: &[String]) -> Result<Answer, Failure> {
    let body = body::write(plan, texts).map_err(|error| {
        Failure::new(Kind::Internal, "the request could not be written for Bedrock")
            .with_internal(error.to_string())
    })?;
    let counted = Counted::default();
    let call = clients
        .runtime()
        .invoke_model()
        .model_id(&plan.model)
        .content_type("application/json")
        .accept("application/json")
        .body(Blob::new(body))
        .customize()
        .interceptor(counted.clone());
    let answer = timeout(PATIENCE, call.send()).await.map_err(|_| error::silent())?;
    let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
    answer::read(plan.api, answer.body.as_ref(), texts.len(), counted.tokens())
}

/// Reads the token count of an answer's head, which the SDK does not pass on.
#[derive(Debug, Clone, Default)]
struct Counted(Arc<OnceLock<u64>>);

impl Counted {
    fn tokens(&self) -> Option<u64> {
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
        let count = context.response().headers().get(TOKEN_COUNT);
        if let Some(count) = count.and_then(|count| count.trim().parse().ok()) {
            // Attempts that were refused have no count, so there is none before this one.
            let _ = self.0.set(count);
        }
        Ok(())
    }
}
