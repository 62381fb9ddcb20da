//! OpenAI's embeddings, as `POST /v1/embeddings` speaks it (OpenAI's API reference 2.3.0).

mod answer;
mod decode;
mod input;
mod tokens;

pub use answer::answer;
pub use decode::{Decoded, VectorFormat, decode};
