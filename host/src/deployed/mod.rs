//! The Lambda function: one process for each environment, started by Lambda as `bootstrap`.

mod function;
mod source;

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::ingress::lambda::{RuntimeApi, RuntimeApiError, serve};
use crate::{env, log};

use function::Deployed;
use source::{InvalidPath, Source};

/// Serves invocations until Lambda ends the process.
pub fn run() -> ExitCode {
    let filter = log::start("info", log::Format::Json);
    match start(filter) {
        Ok(never) => match never {},
        Err(fault) => {
            tracing::error!(%fault, "the function ends");
            ExitCode::FAILURE
        }
    }
}

/// Why the process ends. What can be mended while it runs is none of these.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("`{}` is not set: this program is started by AWS Lambda", env::LAMBDA_RUNTIME_API)]
    NotOnLambda,
    #[error("no runtime: {0}")]
    NoRuntime(#[from] std::io::Error),
    #[error(transparent)]
    Filter(#[from] log::InvalidFilter),
    #[error(transparent)]
    Path(#[from] InvalidPath),
    #[error(transparent)]
    RuntimeApi(#[from] RuntimeApiError),
}

fn start(filter: Result<(), log::InvalidFilter>) -> Result<Infallible, Ended> {
    let api = RuntimeApi::at(env::read(env::LAMBDA_RUNTIME_API).ok_or(Ended::NotOnLambda)?);
    let at_once = env::read(env::LAMBDA_MAX_CONCURRENCY).and_then(|number| number.parse().ok());
    let at_once = at_once.unwrap_or(NonZeroUsize::MIN);
    runtime(at_once)?.block_on(async {
        let source = filter.map_err(Ended::from).and_then(|()| Ok(Source::of_environment()?));
        let source = match source {
            Ok(source) => source,
            // Only another configuration of the function helps, and that comes with another environment.
            Err(fault) => {
                api.init_error(&fault.to_string()).await?;
                return Err(fault);
            }
        };
        let function = Arc::new(Deployed::new(source, at_once));
        // Lambda lends a start more of the processor than a request.
        function.prepare().await;
        Ok(serve(&api, at_once, function).await?)
    })
}

/// One thread where there is one request at a time: Lambda gives a whole core from 1,769 MB on.
fn runtime(at_once: NonZeroUsize) -> std::io::Result<Runtime> {
    let mut builder = if at_once == NonZeroUsize::MIN {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    builder.enable_all().build()
}
