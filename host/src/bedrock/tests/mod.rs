//! The client against answers from memory: the real SDK on both sides of it, no network.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod count;
mod embeddings;
mod failover;
mod frames;
mod golden;
mod images;
mod joined;
mod list;
mod openai;
mod openai_stream;
mod profile;
mod replay;
mod streamed;
mod timeouts;
mod whole;

use std::num::NonZeroU32;

use futures::StreamExt;

use crate::capability;
use crate::chat::{Batch, Delivery, Json, Message, Part, Request, Role, Strictness, Tool};
use crate::config;
use crate::error::Failure;
use crate::pipeline::{Deadline, Events, Upstream};
use crate::telemetry::Observation;

use super::Bedrock;
use super::canned::{self, Canned};

/// The client over answers from memory. Each call is tried once.
fn bedrock(http: &Canned) -> Bedrock {
    bedrock_in(http, &["us-east-1"], 1, config::Timeouts::default(), capability::Models::built_in())
}

/// The client over answers from memory, in some regions.
fn bedrock_in(
    http: &Canned,
    regions: &[&str],
    attempts: u32,
    timeouts: config::Timeouts,
    known: capability::Models,
) -> Bedrock {
    let sdk = http.sdk(regions[0]);
    let settings = config::Bedrock {
        regions: regions.iter().map(ToString::to_string).collect(),
        endpoint: None,
        max_attempts: NonZeroU32::new(attempts).unwrap(),
    };
    Bedrock::over(sdk, &settings, &timeouts, known)
}

/// A request that offers a tool.
fn request(delivery: Delivery) -> Request {
    Request {
        model: "amazon.nova-lite-v1:0".to_owned(),
        messages: vec![Message { role: Role::User, parts: vec![Part::Text("Hello".to_owned())] }],
        tools: vec![Tool {
            name: "weather".to_owned(),
            description: None,
            input_schema: Json::from_checked(r#"{"type":"object"}"#),
            strictness: Strictness::Loose,
            cache: None,
        }],
        delivery,
        ..Request::new("m", Vec::new())
    }
}

/// Writes a call and makes it.
async fn call(bedrock: &Bedrock, request: &Request) -> Result<Events, Failure> {
    bedrock.prepare(request).await?.send(Deadline::Never, &Observation::default()).await
}

/// All that comes of one call, tried once.
async fn answer(http: &Canned, request: &Request) -> Result<(Vec<Batch>, Option<Failure>), Failure> {
    let mut items = call(&bedrock(http), request).await?;
    let mut batches = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(batch) => batches.push(batch),
            Err(failure) => {
                assert!(items.next().await.is_none(), "a failure is the last item");
                return Ok((batches, Some(failure)));
            }
        }
    }
    Ok((batches, None))
}
