//! When two requests are the same.

use std::fmt::{self, Write};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::chat::{Delivery, Destination, Part, Request, ResultPart, Source};

/// Counted up when the same request would be written or answered otherwise.
const FORMAT: u32 = 1;

/// The SHA-256 of all that a model is told, and of the model's id: what the caller knows of tools and calls is in
/// it too, which a written call no longer shows. Not in it: how the answer is delivered, what Bedrock notes with
/// the call, and where that is made.
///
/// The text that is hashed is `Debug`'s, so a member that is added to a request is in it by itself. The worst that a
/// change of it can do is that answers are not found.
pub(super) fn of(request: &Request) -> [u8; 32] {
    let mut said = Request {
        delivery: Delivery::Whole,
        metadata: Vec::new(),
        destination: Destination::default(),
        ..request.clone()
    };
    said.messages.iter_mut().flat_map(|message| &mut message.parts).for_each(shorten);
    said.system.iter_mut().for_each(shorten);
    let mut text = Hashed(Sha256::new());
    // Hashing cannot fail.
    let _ = write!(text, "{FORMAT} {said:?}");
    text.0.finalize().into()
}

/// Puts the hash of a file in its place: written byte by byte, a file takes long.
fn shorten(part: &mut Part) {
    match part {
        Part::Blob(blob) => hash(&mut blob.source),
        Part::Document(document) => hash(&mut document.source),
        Part::ToolResult(result) => {
            for part in &mut result.content {
                match part {
                    ResultPart::Blob(blob) => hash(&mut blob.source),
                    ResultPart::Document(document) => hash(&mut document.source),
                    ResultPart::Text(_) | ResultPart::Remote(_) | ResultPart::CachePoint(_) => {}
                }
            }
        }
        _ => {}
    }
}

fn hash(source: &mut Source) {
    if let Source::Bytes(bytes) = source {
        *bytes = Bytes::copy_from_slice(&Sha256::digest(&*bytes));
    }
}

struct Hashed(Sha256);

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Blob, MediaType, Message, Role, Sampling};

    fn says(text: &str) -> Request {
        Request::new("m", vec![Message { role: Role::User, parts: vec![Part::Text(text.to_owned())] }])
    }

    fn shows(bytes: &'static [u8]) -> Request {
        let source = Source::Bytes(Bytes::from_static(bytes));
        let part = Part::Blob(Blob { media_type: MediaType::Png, source });
        Request::new("m", vec![Message { role: Role::User, parts: vec![part] }])
    }

    #[test]
    fn what_the_model_is_not_told_makes_no_difference() {
        let one = says("a");
        let destination = Destination { profile: Some("arn:x".to_owned()), regions: vec!["r".to_owned()] };
        let metadata = vec![("adit-key".to_owned(), "k".to_owned())];
        let other = Request { delivery: Delivery::Streamed, metadata, destination, ..one.clone() };
        assert_eq!(of(&one), of(&other));
    }

    #[test]
    fn what_the_model_is_told_makes_one() {
        let sampling = Sampling { temperature: Some(0.0), ..Sampling::default() };
        let others = [
            says("b"),
            Request { model: "n".to_owned(), ..says("a") },
            Request { system: vec![Part::Text("a".to_owned())], ..says("a") },
            Request { sampling, ..says("a") },
            shows(b"one"),
            shows(b"two"),
        ];
        let mut digests: Vec<_> = others.iter().chain([&says("a")]).map(of).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 7);
        assert_eq!(of(&shows(b"one")), of(&shows(b"one")));
    }
}
