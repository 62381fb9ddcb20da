//! The tools that Adit has by itself.

mod chat;
mod count;
mod embed;
mod image;
mod models;
mod usage;

use std::sync::LazyLock;

use rmcp::model::{CallToolResult, ContentBlock, ErrorData, JsonObject, Tool, ToolAnnotations};
use serde_json::Value;

use super::arguments::object;
use super::client::Client;
use super::desk::Desk;
use crate::error::{Failure, Retry};
pub(super) use models::detailed;

/// One of them. They are listed in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BuiltIn {
    Chat,
    ListModels,
    DescribeModel,
    Embed,
    CountTokens,
    GenerateImage,
    UsageReport,
}

impl BuiltIn {
    const ALL: [Self; 7] = [
        Self::Chat,
        Self::ListModels,
        Self::DescribeModel,
        Self::Embed,
        Self::CountTokens,
        Self::GenerateImage,
        Self::UsageReport,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Chat => "bedrock_chat",
            Self::ListModels => "bedrock_list_models",
            Self::DescribeModel => "bedrock_describe_model",
            Self::Embed => "bedrock_embed",
            Self::CountTokens => "bedrock_count_tokens",
            Self::GenerateImage => "bedrock_generate_image",
            Self::UsageReport => "usage_report",
        }
    }

    /// As a client is told of it.
    pub(super) fn tool(self) -> Tool {
        let Description { title, text, input, output, nature } = match self {
            Self::Chat => chat::description(),
            Self::ListModels => models::list_description(),
            Self::DescribeModel => models::describe_description(),
            Self::Embed => embed::description(),
            Self::CountTokens => count::description(),
            Self::GenerateImage => image::description(),
            Self::UsageReport => usage::description(),
        };
        let mut tool = Tool::new(self.name(), text, object(input)).with_title(title);
        tool.output_schema = output.map(|schema| object(schema).into());
        // Nothing is ever changed or deleted; what reaches a model leaves the server.
        tool.with_annotations(ToolAnnotations::from_raw(
            None,
            Some(true),
            Some(false),
            Some(nature == Nature::Closed),
            Some(nature == Nature::Open),
        ))
    }

    /// Whether a call of it costs the key something.
    pub(super) fn costs(self) -> bool {
        matches!(self, Self::Chat | Self::Embed | Self::GenerateImage)
    }

    pub(super) async fn call(
        self,
        arguments: Option<JsonObject>,
        desk: &dyn Desk,
        client: &Client,
    ) -> CallToolResult {
        let result = match self {
            Self::Chat => chat::call(arguments, desk, client).await,
            Self::ListModels => models::list(arguments, desk).await,
            Self::DescribeModel => models::describe(arguments, desk).await,
            Self::Embed => embed::call(arguments, desk).await,
            Self::CountTokens => count::call(arguments, desk).await,
            Self::GenerateImage => image::call(arguments, desk).await,
            Self::UsageReport => usage::call(arguments, desk).await,
        };
        result.unwrap_or_else(|fault| match fault {
            Fault::Arguments(result) => *result,
            Fault::Failure(failure) => failed(&failure),
        })
    }
}

/// All of them, as a client is told of them.
pub(super) fn all() -> Vec<Tool> {
    static ALL: LazyLock<Vec<Tool>> = LazyLock::new(|| BuiltIn::ALL.map(BuiltIn::tool).into());
    ALL.clone()
}

/// What a client is told of a tool.
struct Description {
    title: &'static str,
    text: &'static str,
    /// JSON Schema of the arguments.
    input: Value,
    /// JSON Schema of the structured result, if it has one.
    output: Option<Value>,
    nature: Nature,
}

/// Whether the world outside has a say in a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// It is the server's alone.
    Closed,
    /// A model makes it.
    Open,
}

/// Why a tool has no result.
enum Fault {
    Arguments(Box<CallToolResult>),
    Failure(Failure),
}

impl From<Box<CallToolResult>> for Fault {
    fn from(result: Box<CallToolResult>) -> Self {
        Self::Arguments(result)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// What the model that called a tool reads of a failure.
pub(super) fn failed(failure: &Failure) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(said(failure))])
}

/// The same, for what is no tool.
pub(super) fn failed_protocol(failure: &Failure) -> ErrorData {
    ErrorData::internal_error(said(failure), None)
}

fn said(failure: &Failure) -> String {
    let argument = failure.param.as_ref().map(|param| format!(" (argument `{param}`)")).unwrap_or_default();
    let again = match (failure.retry_after, failure.kind.retry()) {
        (Some(pause), _) => {
            let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
            format!("; try again in {seconds} s")
        }
        (None, Retry::Later) => "; try again later".to_owned(),
        (None, Retry::Never) => String::new(),
    };
    format!("{}{argument}{again}", failure.message)
}

/// A result that programs read, and models as text.
fn structured(value: Value) -> CallToolResult {
    CallToolResult::structured(value)
}
