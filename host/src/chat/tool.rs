use super::{CacheTtl, Json};

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// As the client calls it. Not blank, and unlike that of any other tool.
    pub name: String,
    /// What it is for. Not blank.
    pub description: Option<String>,
    /// JSON Schema of its arguments, an object.
    pub input_schema: Json,
    /// Whether arguments have to follow the schema to the letter.
    pub strictness: Strictness,
    /// Whether the prompt up to this tool is worth keeping in the cache, and how long.
    pub cache: Option<CacheTtl>,
}

/// Whether a tool's arguments have to follow its schema to the letter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strictness {
    /// As the model likes.
    #[default]
    Loose,
    /// To the letter.
    Strict,
}

/// Which tool the model has to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it likes.
    Auto,
    /// Some tool.
    Any,
    /// None: it must answer in text.
    None,
    /// This one.
    Named(String),
}

/// Whether the model may make several calls in one turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ParallelCalls {
    /// As many as it likes.
    #[default]
    Allowed,
    /// One at a time.
    OneAtATime,
}
