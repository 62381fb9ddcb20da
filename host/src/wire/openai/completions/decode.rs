use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use crate::chat::{Message, Part, Request, Role};
use crate::error::Failure;
use crate::wire::openai::Decoded;
use crate::wire::openai::decode::{Body, Dropped, Text, delivery, fault, model, sampling};
use crate::wire::openai::fields::COMPLETIONS;

/// Reads the body of `POST /v1/completions`. Faults are those of Chat Completions.
///
/// OpenAI ends an answer after 16 tokens unless the client says otherwise; here nothing is cut off
/// that nobody asked to cut off.
pub fn decode(body: &[u8]) -> Result<Decoded, Failure> {
    let mut dropped = Dropped::default();
    let body = Body::scan(body, &COMPLETIONS)?;
    body.treat_what_is_not_mapped(&mut dropped)?;
    let model = model(&body)?;
    let prompt = prompt(&body)?;
    let sampling = sampling(&body, &mut dropped)?;
    let (delivery, include_usage) = delivery(&body)?;
    let message = Message { role: Role::User, parts: vec![Part::Text(prompt)] };
    let request = Request { sampling, delivery, ..Request::new(model, vec![message]) };
    Ok(Decoded { request, include_usage, dropped: dropped.into_names() })
}

fn prompt(body: &Body<'_>) -> Result<String, Failure> {
    let prompt = body.read("prompt")?.ok_or_else(|| fault::missing("prompt", "a string"))?;
    let text = match prompt {
        Prompt::Text(text) => text,
        Prompt::Tokens => {
            return Err(fault::unsupported(
                "prompt",
                "must not be tokens, because models of Bedrock count in others: send the text itself",
            ));
        }
        Prompt::Several => {
            return Err(fault::unsupported(
                "prompt",
                "has to be one prompt: Bedrock gives one answer a call, so send a request for each",
            ));
        }
    };
    if text.is_blank() {
        return Err(fault::invalid("prompt", "has to hold text that is not blank"));
    }
    Ok(text.into_string())
}

/// `prompt` as it came.
enum Prompt<'a> {
    /// A string, alone or as the only one of a list.
    Text(Text<'a>),
    /// Numbers, or lists of numbers.
    Tokens,
    /// More than one.
    Several,
}

/// An item of the list form.
enum Item<'a> {
    Text(Text<'a>),
    Tokens,
}

impl<'de: 'a, 'a> Deserialize<'de> for Prompt<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PromptVisitor;

        impl<'de> Visitor<'de> for PromptVisitor {
            type Value = Prompt<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of one string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Prompt::Text(Text::from(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Prompt::Text(Text::from(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut prompt = match items.next_element()? {
                    Some(Item::Text(text)) => Prompt::Text(text),
                    Some(Item::Tokens) => Prompt::Tokens,
                    None => Prompt::Text(Text::from("")),
                };
                while let Some(item) = items.next_element()? {
                    prompt = match (prompt, item) {
                        (Prompt::Tokens, _) | (_, Item::Tokens) => Prompt::Tokens,
                        (Prompt::Text(_) | Prompt::Several, Item::Text(_)) => Prompt::Several,
                    };
                }
                Ok(prompt)
            }
        }

        deserializer.deserialize_any(PromptVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Item<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemVisitor;

        impl<'de> Visitor<'de> for ItemVisitor {
            type Value = Item<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Item::Text(Text::from(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Item::Text(Text::from(text.to_owned())))
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Item::Tokens)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Item::Tokens)
            }
        }

        deserializer.deserialize_any(ItemVisitor)
    }
}
