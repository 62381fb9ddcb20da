//! OpenAI's `CreateEmbeddingRequest`, and Cohere's `input_type`.

use super::Treatment::{Ignored, Mapped};
use super::{Field, field};

/// Sorted by name.
pub(super) const FIELDS: &[Field] = &[
    field("dimensions", Mapped),
    field("encoding_format", Mapped),
    field("input", Mapped),
    field("input_type", Mapped),
    field("model", Mapped),
    field("user", Ignored),
];
