//! The wire formats that a plugin can speak, and tools: interfaces of several functions, each with a
//! trait of its own beside `Plugin`.

/// An interface of the contract for a wire format, or for tools.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Client,
    Model,
    Tools,
}

impl Format {
    const ALL: [Self; 3] = [Self::Client, Self::Model, Self::Tools];

    /// The format of that name; none if a hook is meant.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.interface() == name)
    }

    /// The interface in the contract, and what authors call it.
    pub(crate) fn interface(self) -> &'static str {
        match self {
            Self::Client => "client-format",
            Self::Model => "model-format",
            Self::Tools => "tool-provider",
        }
    }

    /// The interfaces with the data that it uses beside `types`.
    pub(crate) fn data(self) -> &'static [&'static str] {
        match self {
            Self::Client | Self::Model => &["chat", "formats"],
            // The role in a message is that of a chat.
            Self::Tools => &["chat", "tools"],
        }
    }

    /// Code that compiles if `__AditPlugin` has the trait of this format.
    pub(crate) fn check(self) -> &'static str {
        match self {
            Self::Client => {
                "const fn implements_client_format<P: ::adit_plugin::ClientFormat>() {}
                implements_client_format::<__AditPlugin>();"
            }
            Self::Model => {
                "const fn implements_model_format<P: ::adit_plugin::ModelFormat>() {}
                implements_model_format::<__AditPlugin>();"
            }
            Self::Tools => {
                "const fn implements_tool_provider<P: ::adit_plugin::ToolProvider>() {}
                implements_tool_provider::<__AditPlugin>();"
            }
        }
    }

    /// The implementation of the interface, which forwards to `__AditPlugin`.
    pub(crate) fn forward(self) -> &'static str {
        match self {
            Self::Client => CLIENT,
            Self::Model => MODEL,
            Self::Tools => TOOLS,
        }
    }
}

const CLIENT: &str = "
    impl exported::client_format::Guest for Component {
        fn routes() -> ::std::vec::Vec<::adit_plugin::formats::HttpRoute> {
            CONFIG.with(|cell| {
                let config = ::adit_plugin::guest::config::<__AditPlugin>(cell);
                <__AditPlugin as ::adit_plugin::ClientFormat>::routes(&config)
            })
        }
        fn decode(
            session: exported::client_format::SessionBorrow<'_>,
            request: ::adit_plugin::formats::HttpRequest,
        ) -> ::core::result::Result<::adit_plugin::formats::Decoded, ::adit_plugin::Failure> {
            session.get::<Session>().call(|plugin| ::adit_plugin::ClientFormat::decode(plugin, request))
        }
        fn stream_head(
            session: exported::client_format::SessionBorrow<'_>,
            head: ::adit_plugin::formats::AnswerHead,
        ) -> ::adit_plugin::formats::HttpResponse {
            session.get::<Session>().call(|plugin| ::adit_plugin::ClientFormat::stream_head(plugin, head))
        }
        fn encode_events(
            session: exported::client_format::SessionBorrow<'_>,
            events: ::std::vec::Vec<::adit_plugin::chat::Event>,
        ) -> ::std::vec::Vec<u8> {
            session.get::<Session>().call(|plugin| ::adit_plugin::ClientFormat::encode_events(plugin, events))
        }
        fn encode_response(
            session: exported::client_format::SessionBorrow<'_>,
            head: ::adit_plugin::formats::AnswerHead,
            events: ::std::vec::Vec<::adit_plugin::chat::Event>,
        ) -> ::adit_plugin::formats::HttpResponse {
            session.get::<Session>().call(|plugin| ::adit_plugin::ClientFormat::encode_response(plugin, head, events))
        }
        fn encode_models(
            session: exported::client_format::SessionBorrow<'_>,
            models: ::std::vec::Vec<::adit_plugin::formats::ModelEntry>,
        ) -> ::adit_plugin::formats::HttpResponse {
            session.get::<Session>().call(|plugin| ::adit_plugin::ClientFormat::encode_models(plugin, models))
        }
        fn encode_failure(
            session: exported::client_format::SessionBorrow<'_>,
            failure: ::adit_plugin::Failure,
            mid_stream: bool,
        ) -> ::adit_plugin::formats::HttpResponse {
            session.get::<Session>().call(|plugin| ::adit_plugin::ClientFormat::encode_failure(plugin, failure, mid_stream))
        }
    }";

const MODEL: &str = "
    impl exported::model_format::Guest for Component {
        fn models() -> ::std::vec::Vec<::std::string::String> {
            CONFIG.with(|cell| {
                let config = ::adit_plugin::guest::config::<__AditPlugin>(cell);
                <__AditPlugin as ::adit_plugin::ModelFormat>::models(&config)
            })
        }
        fn encode(
            session: exported::model_format::SessionBorrow<'_>,
            request: ::adit_plugin::chat::Request,
            delivery: ::adit_plugin::formats::Delivery,
        ) -> ::core::result::Result<::adit_plugin::formats::Encoded, ::adit_plugin::PluginError> {
            session.get::<Session>().call(|plugin| ::adit_plugin::ModelFormat::encode(plugin, request, delivery))
        }
        fn decode_chunks(
            session: exported::model_format::SessionBorrow<'_>,
            payloads: ::std::vec::Vec<::std::vec::Vec<u8>>,
        ) -> ::core::result::Result<::std::vec::Vec<::adit_plugin::chat::Event>, ::adit_plugin::PluginError> {
            session.get::<Session>().call(|plugin| ::adit_plugin::ModelFormat::decode_chunks(plugin, payloads))
        }
        fn decode_response(
            session: exported::model_format::SessionBorrow<'_>,
            body: ::std::vec::Vec<u8>,
        ) -> ::core::result::Result<::std::vec::Vec<::adit_plugin::chat::Event>, ::adit_plugin::PluginError> {
            session.get::<Session>().call(|plugin| ::adit_plugin::ModelFormat::decode_response(plugin, body))
        }
    }";

const TOOLS: &str = "
    impl exported::tool_provider::Guest for Component {
        fn list_tools() -> ::std::vec::Vec<::adit_plugin::tools::Tool> {
            CONFIG.with(|cell| {
                let config = ::adit_plugin::guest::config::<__AditPlugin>(cell);
                <__AditPlugin as ::adit_plugin::ToolProvider>::list_tools(&config)
            })
        }
        fn call_tool(
            session: exported::tool_provider::SessionBorrow<'_>,
            call: ::adit_plugin::tools::ToolCall,
        ) -> ::core::result::Result<::adit_plugin::tools::ToolOutcome, ::adit_plugin::PluginError> {
            session.get::<Session>().call(|plugin| ::adit_plugin::ToolProvider::call_tool(plugin, call))
        }
    }";
