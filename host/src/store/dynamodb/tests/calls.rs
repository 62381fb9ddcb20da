//! Counts what is sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// The calls that were sent, attempts that were repeated included, by their operations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<BTreeMap<String, u32>>>);

impl Calls {
    /// From now on.
    pub(crate) fn begin(&self) {
        self.0.lock().unwrap().clear();
    }

    /// How many reads and how many writes there were since the last time.
    pub(crate) fn take(&self) -> (u32, u32) {
        let calls = std::mem::take(&mut *self.0.lock().unwrap());
        let (mut reads, mut writes) = (0, 0);
        for (operation, count) in calls {
            match operation.as_str() {
                "GetItem" | "Query" | "BatchGetItem" | "Scan" => reads += count,
                "PutItem" | "UpdateItem" | "DeleteItem" => writes += count,
                other => panic!("{other} has no place on the way of a request"),
            }
        }
        (reads, writes)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        *self.0.lock().unwrap().entry(operation).or_default() += 1;
        Ok(())
    }
}
