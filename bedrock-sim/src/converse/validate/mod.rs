//! Is a request one that the service would take? In the service's order and, where it is known, in its words:
//! the model id, the shape of the body, the conversation, and what single model families refuse.

mod answer_format;
mod attachments;
mod capability;
mod conversation;
mod members;
mod model_id;
mod model_rules;
mod path;
mod pattern;
mod shape;
#[cfg(test)]
mod tests;
mod tool_blocks;

pub(crate) use model_id::bare;
use serde::Deserialize as _;
use serde_json::Value;

use crate::converse::request::Request;
use crate::error::ServiceError;

/// Reads the body of a Converse or ConverseStream request for `model`.
pub(crate) fn read(body: &[u8], model: &str) -> Result<Request, ServiceError> {
    model_id::check(model)?;
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| ServiceError::serialization("Unable to parse the request body as JSON"))?;
    shape::check(&body, &members::CONVERSE)?;
    let request =
        Request::deserialize(&body).map_err(|error| ServiceError::serialization(error.to_string()))?;
    conversation::check(&request)?;
    tool_blocks::check(&request)?;
    attachments::check(&request)?;
    capability::check(&request, model)?;
    answer_format::check(&request)?;
    model_rules::check(&request, model)?;
    Ok(request)
}
