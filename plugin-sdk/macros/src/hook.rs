//! The hooks that a plugin can name.

/// An optional interface of the contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hook {
    Route,
    Prompt,
    Text,
}

impl Hook {
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "route" => Ok(Self::Route),
            "prompt" => Ok(Self::Prompt),
            "text" => Ok(Self::Text),
            other => Err(format!("unknown hook `{other}`: expected `route`, `prompt` or `text`")),
        }
    }

    /// The interface in the contract.
    pub(crate) fn interface(self) -> &'static str {
        match self {
            Self::Route => "route-hook",
            Self::Prompt => "prompt-hook",
            Self::Text => "text-hook",
        }
    }

    /// Module, method, input and verdict of the interface, as wit-bindgen and the SDK name them.
    pub(crate) fn signature(self) -> [&'static str; 4] {
        match self {
            Self::Route => {
                ["route_hook", "on_route", "::adit_plugin::Summary", "::adit_plugin::RouteVerdict"]
            }
            Self::Prompt => [
                "prompt_hook",
                "on_prompt",
                "::std::vec::Vec<::adit_plugin::Segment>",
                "::adit_plugin::PromptVerdict",
            ],
            Self::Text => [
                "text_hook",
                "on_text",
                "::std::vec::Vec<::adit_plugin::Chunk>",
                "::adit_plugin::TextVerdict",
            ],
        }
    }
}
