//! How an answer is held to a form (`response_format`).
//!
//! | asked for | model with `outputConfig.textFormat` | model with forced choice of a tool | others |
//! |---|---|---|---|
//! | `json_schema` | `textFormat`, every object closed | a tool whose input is the answer | told in the system prompt |
//! | `json_object` | as the next | the same, its input any object | told in the system prompt |
//!
//! The tool's input comes back as text: the client never sees a call. Where the client has tools of its
//! own the model has to call some tool, one of the client's or that one; where it has to call one of the
//! client's anyway, nothing is added, as there will be no text. While Claude thinks no tool can be forced:
//! for a schema the tool is offered and the model is told to use it. What the model is only told, nothing
//! enforces, so `response_format` is then reported; so it is where a call takes the place of the answer.

use crate::capability::{Capabilities, StructuredOutput, Support};
use crate::chat::{OutputFormat, Request, Schema, ToolChoice};

use super::body::{JsonSchema, OutputConfig, Structure, TextFormat};
use super::thinking::Mode;
use super::{Calls, names, schema};

const ALONE: &str = "Answer with one JSON object alone: no other text, and no code fence around it.";

/// The form of an answer, as the model is held to it.
#[derive(Debug)]
pub(super) enum Answer<'a> {
    /// As the model likes.
    Free,
    /// By `outputConfig`.
    Native {
        /// What the client asked for.
        asked: &'a Schema,
        /// The schema, every object closed.
        closed: String,
    },
    /// By a tool whose input is the answer.
    Tool(AnswerTool<'a>),
    /// By these words.
    Told(String),
}

/// A tool whose input is the answer.
#[derive(Debug)]
pub(super) struct AnswerTool<'a> {
    /// Unlike that of any other tool.
    pub(super) name: String,
    /// What the client says the answer is.
    pub(super) description: &'a str,
    /// The schema of the answer.
    pub(super) schema: &'a str,
    /// Words for a model that cannot be made to call it.
    pub(super) told: Option<String>,
}

impl<'a> Answer<'a> {
    pub(super) fn of(request: &'a Request, capabilities: &Capabilities, calls: Calls, mode: Mode) -> Self {
        let asked = match &request.output {
            OutputFormat::Text => return Self::Free,
            OutputFormat::JsonObject => None,
            OutputFormat::JsonSchema(asked) => Some(asked),
        };
        if let (Some(asked), StructuredOutput::Native) = (asked, capabilities.structured_output) {
            return Self::Native { asked, closed: schema::closed(asked.schema.as_str()) };
        }
        let has_to_call = matches!(request.tool_choice, Some(ToolChoice::Any | ToolChoice::Named(_)));
        if calls == Calls::Allowed && has_to_call && mode != Mode::Claude {
            return Self::Free;
        }
        let can_be_forced = mode != Mode::Claude
            && capabilities.tools.is_some_and(|tools| {
                let is_any = tools.any == Support::Accepted;
                is_any || (calls == Calls::Withheld && tools.named == Support::Accepted)
            });
        let is_by_tool = capabilities.structured_output != StructuredOutput::Instruction
            && capabilities.tools.is_some()
            // The input of a tool is always an object, and only a schema is worth a tool that may be passed by.
            && asked.map_or(can_be_forced, |asked| schema::is_of_object(asked.schema.as_str()));
        if !is_by_tool {
            return Self::Told(asked.map_or_else(|| ALONE.to_owned(), told));
        }
        let name = names::unlike_others("answer_as_json", request);
        let told = (!can_be_forced).then(|| {
            format!(
                "Give your final answer by calling the tool `{name}`, whose input it is, and not as text."
            )
        });
        Self::Tool(AnswerTool {
            name,
            description: asked
                .and_then(|asked| asked.description.as_deref())
                .unwrap_or("Gives the final answer: its input is the answer, complete."),
            schema: asked.map_or(r#"{"type":"object"}"#, |asked| asked.schema.as_str()),
            told,
        })
    }

    /// What stands in `outputConfig`.
    pub(super) fn output_config(&self) -> Option<OutputConfig<'_>> {
        let Self::Native { asked: Schema { name, description, .. }, closed } = self else { return None };
        let description = description.as_deref();
        let structure = Structure { json_schema: JsonSchema { schema: closed, name, description } };
        Some(OutputConfig { text_format: TextFormat { kind: "json_schema", structure } })
    }

    /// What stands in the system prompt.
    pub(super) fn told(&self) -> Option<&str> {
        match self {
            Self::Free | Self::Native { .. } => None,
            Self::Tool(tool) => tool.told.as_deref(),
            Self::Told(words) => Some(words),
        }
    }

    /// Whether nothing holds the model to the form: it is told at most.
    pub(super) fn is_loose(&self) -> bool {
        matches!(self, Self::Free) || self.told().is_some()
    }

    /// The tool that is the answer.
    pub(super) fn tool(&self) -> Option<&AnswerTool<'a>> {
        match self {
            Self::Tool(tool) => Some(tool),
            _ => None,
        }
    }
}

fn told(asked: &Schema) -> String {
    let Schema { description, schema, .. } = asked;
    let meaning = description.as_deref().map(|text| format!("What it means: {text}\n")).unwrap_or_default();
    format!("{ALONE}\n{meaning}It has to follow this JSON Schema:\n{}", schema.as_str())
}
