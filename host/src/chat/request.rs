use super::{
    Caching, Guardrail, Json, OutputFormat, ParallelCalls, Part, ServiceTier, Thinking, Tool, ToolChoice,
};

/// One call of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// As the client named it, until a route hook or an alias puts a Bedrock model id or ARN there.
    pub model: String,
    /// Instructions, in order. Text parts, and marks of the cache.
    pub system: Vec<Part>,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// What becomes of a last message of the assistant's that the model does not take.
    pub prefill: Prefill,
    /// What the model may call. The names are the client's: Bedrock's rule for names is met where
    /// the request is written for it.
    pub tools: Vec<Tool>,
    /// Whether it has to; none leaves it to the model.
    pub tool_choice: Option<ToolChoice>,
    /// Whether it may make several calls in one turn.
    pub parallel_calls: ParallelCalls,
    /// How tokens are drawn, and how many.
    pub sampling: Sampling,
    /// How much the model thinks before it answers.
    pub thinking: Thinking,
    /// What form the answer has to have.
    pub output: OutputFormat,
    /// How urgent the call is; none leaves it to Bedrock.
    pub service_tier: Option<ServiceTier>,
    /// What Bedrock notes with the call, for the operator's invoices and logs.
    pub metadata: Vec<(String, String)>,
    /// What checks the prompt and the answer. Set by the key's policy, never by the client.
    pub guardrail: Option<Guardrail>,
    /// Who marks what is worth keeping in the prompt cache.
    pub caching: Caching,
    /// Members of the model's own interface that the client gave, by name.
    pub additional: Vec<(String, Json)>,
    /// How the client wants the answer.
    pub delivery: Delivery,
    /// Where it goes. Set by the key's policy behind the plugins, never by the client.
    pub destination: Destination,
}

impl Request {
    /// A request that asks for nothing but an answer in one piece.
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            model: model.into(),
            system: Vec::new(),
            messages,
            prefill: Prefill::Bridged,
            tools: Vec::new(),
            tool_choice: None,
            parallel_calls: ParallelCalls::Allowed,
            sampling: Sampling::default(),
            thinking: Thinking::Unsaid,
            output: OutputFormat::Text,
            service_tier: None,
            metadata: Vec::new(),
            guardrail: None,
            caching: Caching::ByClient,
            additional: Vec::new(),
            delivery: Delivery::Whole,
            destination: Destination::default(),
        }
    }

    /// What is called: the model, or the profile that stands for it.
    pub fn called(&self) -> &str {
        self.destination.profile.as_deref().unwrap_or(&self.model)
    }
}

/// Where a model is called, as the operator has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    /// The ARN of the application inference profile that is called in the model's place.
    pub profile: Option<String>,
    /// The regions in which the call may be made; all that are served, if none is named.
    pub regions: Vec<String>,
}

/// How the client wants the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// As it is made.
    Streamed,
    /// In one piece.
    Whole,
}

/// What becomes of a last message of the assistant's, the beginning of an answer, where the model does
/// not take one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Prefill {
    /// The model is asked to go on with it.
    #[default]
    Bridged,
    /// It is sent as it is, and the model may refuse it.
    AsGiven,
}

/// Who speaks. Instructions are not messages: they stand in [`Request::system`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The caller, tool results included.
    User,
    /// The model.
    Assistant,
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// How tokens are drawn, and how many. None leaves it to the model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampling {
    /// Most tokens of the answer.
    pub max_tokens: Option<u32>,
    /// 0 to 1 on Bedrock.
    pub temperature: Option<f32>,
    /// 0 to 1.
    pub top_p: Option<f32>,
    /// How many of the likeliest tokens are considered.
    pub top_k: Option<u32>,
    /// Texts at which the answer ends.
    pub stop_sequences: Vec<String>,
}
