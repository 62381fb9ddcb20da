//! When two requests are the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use bytes::Bytes;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::chat::{Delivery, Destination, Json, OutputFormat, Part, Request, ResultPart, Source};

/// Counted up when the same request would be written or answered otherwise.
const FORMAT: u32 = 2;

/// The SHA-256 of all that a model is told, and of the model's id: what the caller knows of tools and calls is in
/// it too, which a written call no longer shows, and so is the plugin that is the model's format: another one, or the
/// same with another config, asks and reads otherwise. Not in it: how the answer is delivered, what Bedrock
/// notes with the call, where that is made, and the order of members in JSON.
///
/// The text that is hashed is `Debug`'s, so a member that is added to a request is in it by itself. The worst that a
/// change of it can do is that answers are not found.
pub(super) fn of(request: &Request, format: Option<[u8; 32]>) -> [u8; 32] {
    let mut said = Request {
        delivery: Delivery::Whole,
        metadata: Vec::new(),
        destination: Destination::default(),
        ..request.clone()
    };
    said.messages.iter_mut().flat_map(|message| &mut message.parts).for_each(shorten);
    said.system.iter_mut().for_each(shorten);
    said.tools.iter_mut().for_each(|tool| sort(&mut tool.input_schema));
    said.additional.iter_mut().for_each(|(_, value)| sort(value));
    if let OutputFormat::JsonSchema(schema) = &mut said.output {
        sort(&mut schema.schema);
    }
    let mut text = Hashed(Sha256::new());
    // Hashing cannot fail.
    let _ = write!(text, "{FORMAT} {format:?} {said:?}");
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

/// The same with the members of all objects by their names, and nothing between its tokens. Numbers and strings stay as
/// they are written.
fn sort(json: &mut Json) {
    let mut text = String::with_capacity(json.as_str().len());
    write_sorted(json.as_str(), &mut text);
    *json = Json::from_checked(text);
}

fn write_sorted(json: &str, out: &mut String) {
    let json = json.trim();
    if let Ok(members) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(json) {
        out.push('{');
        for (name, value) in members {
            // A string can always be written.
            out.push_str(&serde_json::to_string(&name).unwrap_or_default());
            out.push(':');
            write_sorted(value.get(), out);
            out.push(',');
        }
        out.push('}');
    } else if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json) {
        out.push('[');
        for value in elements {
            write_sorted(value.get(), out);
            out.push(',');
        }
        out.push(']');
    } else {
        out.push_str(json);
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
    use crate::chat::{Blob, MediaType, Message, Role, Sampling, Strictness, Tool};

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
        assert_eq!(of(&one, None), of(&other, None));
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
        let mut digests: Vec<_> =
            others.iter().chain([&says("a")]).map(|request| of(request, None)).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 7);
        assert_eq!(of(&shows(b"one"), None), of(&shows(b"one"), None));
    }

    #[test]
    fn the_order_of_members_makes_no_difference() {
        let with = |schema: &str| {
            let input_schema = Json::from_checked(schema);
            let (name, strictness) = ("f".to_owned(), Strictness::Loose);
            let tool = Tool { name, description: None, input_schema, strictness, cache: None };
            of(&Request { tools: vec![tool], ..says("a") }, None)
        };
        let one = with(r#"{"type":"object","properties":{"b":{"enum":[1,2]},"a":{"type":"string"}}}"#);
        let same = r#" {"properties" : {"a":{"type":"string"}, "b":{"enum":[1, 2]}}, "type":"object"}"#;
        assert_eq!(one, with(same));
        for other in
            [same.replace("[1, 2]", "[2, 1]"), same.replace("1,", "1.0,"), "{}".to_owned(), "[]".to_owned()]
        {
            assert_ne!(one, with(&other), "{other}");
        }
    }

    #[test]
    fn a_plugin_for_the_models_format_makes_one() {
        let digests = [None, Some([1; 32]), Some([2; 32])].map(|format| of(&says("a"), format));
        assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
    }
}
