//! OpenAI's legacy Completions, as `POST /v1/completions` speaks it (OpenAI's API reference 2.3.0).
//!
//! A prompt is a conversation of one turn, so a request becomes the same [`Decoded`](super::Decoded)
//! as one of Chat Completions. Of the answer, this format shows the text alone.

mod decode;
mod finish;
mod stream;
mod whole;

pub use decode::decode;
pub use stream::StreamEncoder;
pub use whole::whole;
