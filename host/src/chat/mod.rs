//! The one inner vocabulary: a request, and the events of its answer.
//!
//! Shaped like Bedrock's Converse (messages of blocks), not like any client's format. Wire formats
//! and model formats meet only here, so N of the one and M of the other need N + M translators.
//! No serialisation and no I/O.

mod embedding;
mod event;
mod image;
mod json;
mod media;
mod part;
mod request;
mod settings;
mod tool;

pub use embedding::{EmbeddingRequest, Embeddings, Purpose};
pub use event::{Batch, BlockKind, BlockStart, Delta, Event, StopReason, Usage};
pub use image::{ImageRequest, ImageSize, Picture};
pub use json::Json;
pub use part::{
    Blob, CacheTtl, Document, DocumentFormat, GuardedText, MediaType, Part, Qualifier, Reasoning, Remote,
    RemoteKind, ResultPart, Source, ToolResult, ToolResultStatus, ToolUse,
};
pub use request::{Delivery, Destination, Message, Prefill, Request, Role, Sampling};
pub use settings::{
    Caching, Effort, Guardrail, GuardrailMode, GuardrailTrace, OutputFormat, Schema, ServiceTier, Thinking,
};
pub use tool::{ParallelCalls, Strictness, Tool, ToolChoice};
