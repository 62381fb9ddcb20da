//! The trait of a plugin that offers tools.

use crate::tools::{Content, Hints, Tool, ToolCall, ToolOutcome, ToolResult};
use crate::{Plugin, PluginError};

/// Tools that clients of the Model Context Protocol call: `register!(Mine: tool-provider)`.
///
/// Each call has a session of its own. The client hears of it while it runs through
/// [`tool_client`](crate::tool_client).
pub trait ToolProvider: Plugin {
    /// The tools, in the order that clients see. Asked once for each config.
    fn list_tools(config: &Self::Config) -> Vec<Tool>;

    /// Does what a tool does. Of what is wrong with the arguments the model is to hear: answer with
    /// [`ToolOutcome::error`]. An `Err` means that the plugin itself could not do its work.
    fn call_tool(&mut self, call: ToolCall) -> Result<ToolOutcome, PluginError>;
}

impl Tool {
    /// A tool of which nothing but the necessary is said. `input_schema` is the JSON Schema of the
    /// arguments: an object whose `type` is `object`.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        input_schema: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: description.into(),
            input_schema: input_schema.into(),
            output_schema: None,
            hints: Hints { read_only: None, destructive: None, idempotent: None, open_world: None },
        }
    }

    /// With what people read in place of the name.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// With the JSON Schema of its structured content, which every call gives then that is no error.
    #[must_use]
    pub fn output_schema(mut self, schema: impl Into<String>) -> Self {
        self.output_schema = Some(schema.into());
        self
    }

    /// Says that it changes nothing, and knows all that it needs.
    #[must_use]
    pub fn pure(mut self) -> Self {
        self.hints = Hints {
            read_only: Some(true),
            destructive: Some(false),
            idempotent: Some(true),
            open_world: Some(false),
        };
        self
    }
}

impl ToolResult {
    /// One text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Content::Text(text.into())], structured: None, is_error: false }
    }

    /// What the tool could not do, and why, for the model that called it.
    pub fn error(why: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::text(why) }
    }
}

impl ToolOutcome {
    /// The call is over, with one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Done(ToolResult::text(text))
    }

    /// The call is over, and the tool could not do what was asked: why, for the model that called it.
    pub fn error(why: impl Into<String>) -> Self {
        Self::Done(ToolResult::error(why))
    }
}

impl From<ToolResult> for ToolOutcome {
    fn from(result: ToolResult) -> Self {
        Self::Done(result)
    }
}

#[cfg(feature = "json")]
mod json {
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use crate::PluginError;
    use crate::tools::{ToolCall, ToolOutcome, ToolResult};

    impl ToolCall {
        /// Reads the arguments with serde. The `Err` is what the model is to hear: which member is wrong, and
        /// what was expected.
        pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ToolOutcome> {
            crate::json_config(&self.arguments).map_err(|faults| {
                let fault = |fault: crate::ConfigError| match fault.path.as_str() {
                    "" => fault.message,
                    path => format!("`{path}`: {}", fault.message),
                };
                let faults: Vec<_> = faults.into_iter().map(fault).collect();
                ToolOutcome::error(format!("the arguments do not fit the tool: {}", faults.join("; ")))
            })
        }

        /// What the client has answered to the request for input of this id, if it has, as JSON.
        pub fn answer(&self, id: &str) -> Option<serde_json::Value> {
            let answers = &self.resumed.as_ref()?.answers;
            let answer = answers.iter().find(|answer| answer.id == id)?;
            serde_json::from_str(&answer.body).ok()
        }
    }

    impl ToolResult {
        /// Structured content, and the same as a text for clients that read none. `value` has to become a JSON
        /// object.
        pub fn structured(value: &impl Serialize) -> Result<Self, PluginError> {
            let json = serde_json::to_string(value)
                .map_err(|fault| PluginError::new("unserializable", fault.to_string()))?;
            Ok(Self { structured: Some(json.clone()), ..Self::text(json) })
        }
    }
}
