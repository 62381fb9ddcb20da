//! The hooks that a plugin can name.

/// What a hook answers that may fail.
macro_rules! fallible {
    ($verdict:literal) => {
        concat!("::core::result::Result<", $verdict, ", ::adit_plugin::PluginError>")
    };
}

/// An optional interface of the contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hook {
    Route,
    Prompt,
    Request,
    Event,
    Text,
    Finish,
}

impl Hook {
    const ALL: [Self; 6] = [Self::Route, Self::Prompt, Self::Request, Self::Event, Self::Text, Self::Finish];

    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|hook| hook.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|hook| format!("`{}`", hook.name())).collect();
            format!("unknown hook `{name}`: expected one of {}", names.join(", "))
        })
    }

    /// What authors call it.
    fn name(self) -> &'static str {
        let interface = self.interface();
        interface.strip_suffix("-hook").unwrap_or(interface)
    }

    /// The interface in the contract.
    pub(crate) fn interface(self) -> &'static str {
        match self {
            Self::Route => "route-hook",
            Self::Prompt => "prompt-hook",
            Self::Request => "request-hook",
            Self::Event => "event-hook",
            Self::Text => "text-hook",
            Self::Finish => "finish-hook",
        }
    }

    /// The interfaces with the data that it uses beside `types`.
    pub(crate) fn data(self) -> &'static [&'static str] {
        match self {
            Self::Route | Self::Prompt | Self::Text => &[],
            Self::Request | Self::Event | Self::Finish => &["chat"],
        }
    }

    /// The one function of the interface: module, method, input and answer, as wit-bindgen and the
    /// SDK name them.
    pub(crate) fn signature(self) -> [&'static str; 4] {
        match self {
            Self::Route => {
                ["route_hook", "on_route", "::adit_plugin::Summary", fallible!("::adit_plugin::RouteVerdict")]
            }
            Self::Prompt => [
                "prompt_hook",
                "on_prompt",
                "::std::vec::Vec<::adit_plugin::Segment>",
                fallible!("::adit_plugin::PromptVerdict"),
            ],
            Self::Request => [
                "request_hook",
                "on_request",
                "::adit_plugin::chat::Request",
                fallible!("::adit_plugin::chat::RequestVerdict"),
            ],
            Self::Event => [
                "event_hook",
                "on_events",
                "::std::vec::Vec<::adit_plugin::chat::Event>",
                fallible!("::adit_plugin::chat::EventVerdict"),
            ],
            Self::Text => [
                "text_hook",
                "on_text",
                "::std::vec::Vec<::adit_plugin::Chunk>",
                fallible!("::adit_plugin::TextVerdict"),
            ],
            Self::Finish => ["finish_hook", "on_finish", "::adit_plugin::chat::Report", "()"],
        }
    }
}
