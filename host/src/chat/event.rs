use super::ServiceTier;

/// Events that arrived together, in order. Nothing waits to make a batch larger.
pub type Batch = Vec<Event>;

/// A step of an answer.
///
/// The order is: for each block its start, its deltas, its signature if it has one, its stop;
/// then [`Event::MessageStop`] and, last, [`Event::Usage`]. An answer without a `MessageStop` is
/// not complete, whatever came before.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A block begins. Comes once for every block, before its first delta.
    BlockStart(BlockStart),
    /// More of a block.
    Delta(Delta),
    /// The model's seal on a reasoning block.
    Signature {
        /// The block.
        index: u32,
        /// The seal.
        value: String,
    },
    /// Thinking that only the model can read, a whole block of it. Comes between the start and the
    /// stop of a [`BlockKind::Reasoning`] block, in place of deltas.
    RedactedReasoning {
        /// The block.
        index: u32,
        /// In base64, as it has to come back.
        data: String,
    },
    /// A block is complete.
    BlockStop(u32),
    /// The answer is complete.
    MessageStop(StopReason),
    /// What it cost, as Bedrock counted.
    Usage(Usage),
}

/// A block begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockStart {
    /// The block's number; not always dense.
    pub index: u32,
    /// What it holds.
    pub kind: BlockKind,
}

/// What a block holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockKind {
    /// Prose.
    Text,
    /// Thinking.
    Reasoning,
    /// A call of one of the client's tools; its deltas are pieces of one JSON object.
    ToolUse {
        /// Pairs the call with its result.
        id: String,
        /// The tool's name.
        name: String,
    },
}

/// More of a block: prose, thinking, or a piece of JSON, as the block's kind says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The block.
    pub index: u32,
    /// The text that is new.
    pub text: String,
}

/// Why the answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// The model was done.
    EndTurn,
    /// The token limit, or the context window.
    MaxTokens,
    /// A stop sequence.
    StopSequence,
    /// The model waits for tool results.
    ToolUse,
    /// A guardrail or filter stepped in.
    ContentFiltered,
    /// A reason that this version does not know.
    Other(String),
}

/// Tokens, as Bedrock counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read from the prompt, without what the cache gave.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
    /// Read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Written to the prompt cache.
    pub cache_write_tokens: u64,
    /// The tier that served the call, if Bedrock said.
    pub service_tier: Option<ServiceTier>,
}

impl Usage {
    /// Everything that was read, wherever from.
    pub fn prompt_tokens(&self) -> u64 {
        self.input_tokens + self.cache_read_tokens + self.cache_write_tokens
    }

    /// Everything.
    pub fn total_tokens(&self) -> u64 {
        self.prompt_tokens() + self.output_tokens
    }
}
