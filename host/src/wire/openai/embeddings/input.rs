//! `input`: a text, texts, the tokens of a text, or the tokens of texts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::tokens::{self, Token};
use crate::error::Failure;
use crate::wire::openai::decode::{Body, Text, fault};

/// The most inputs of a request (OpenAI's API reference, `CreateEmbeddingRequest`, `input`).
const MOST: usize = 2048;

/// Reads `input` as texts, one for each vector.
pub(super) fn decode(body: &Body<'_>) -> Result<Vec<String>, Failure> {
    let expected = "a string, or an array of strings or of token ids";
    let input = body.read("input")?.ok_or_else(|| fault::missing("input", expected))?;
    match input {
        Input::Text(text) => Ok(vec![filled("input", text)?]),
        Input::Texts(texts) => each(texts, filled),
        Input::Tokens(tokens) => Ok(vec![tokens::text("input", &tokens)?]),
        Input::TokenLists(lists) => each(lists, |path, tokens| tokens::text(path, &tokens)),
    }
}

/// Each entry as a text.
fn each<T>(
    entries: Vec<T>,
    read: impl Fn(&str, T) -> Result<String, Failure>,
) -> Result<Vec<String>, Failure> {
    match entries.len() {
        0 => Err(fault::invalid("input", "holds nothing to embed")),
        1..=MOST => entries
            .into_iter()
            .enumerate()
            .map(|(place, entry)| read(&format!("input[{place}]"), entry))
            .collect(),
        count => {
            Err(fault::invalid("input", &format!("has {count} entries: {MOST} is the most of one request")))
        }
    }
}

fn filled(path: &str, text: Text<'_>) -> Result<String, Failure> {
    if text.as_str().is_empty() {
        return Err(fault::invalid(path, "has to be a text that is not empty"));
    }
    Ok(text.into_string())
}

/// The forms of `input`. The first entry of an array says what all are.
enum Input<'a> {
    Text(Text<'a>),
    Texts(Vec<Text<'a>>),
    Tokens(Vec<Token>),
    TokenLists(Vec<Vec<Token>>),
}

/// The first entry of an array.
enum Entry<'a> {
    Text(Text<'a>),
    Token(Token),
    Tokens(Vec<Token>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Input<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InputVisitor;

        impl<'de> Visitor<'de> for InputVisitor {
            type Value = Input<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Input::Text(Text::from(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Input::Text(Text::from(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                Ok(match entries.next_element()? {
                    None => Input::Texts(Vec::new()),
                    Some(Entry::Text(first)) => Input::Texts(rest(first, entries)?),
                    Some(Entry::Token(first)) => Input::Tokens(rest(first, entries)?),
                    Some(Entry::Tokens(first)) => Input::TokenLists(rest(first, entries)?),
                })
            }
        }

        deserializer.deserialize_any(InputVisitor)
    }
}

/// An array whose first entry has been read.
fn rest<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(first: T, mut entries: A) -> Result<Vec<T>, A::Error> {
    let mut all = vec![first];
    while let Some(entry) = entries.next_element()? {
        all.push(entry);
    }
    Ok(all)
}

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;

        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entry<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a string, {} or an array of those", Token::EXPECTED)
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Entry::Text(Text::from(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Entry::Text(Text::from(text.to_owned())))
            }

            fn visit_u64<E: Error>(self, id: u64) -> Result<Self::Value, E> {
                Ok(Entry::Token(Token::of(id)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut tokens: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(token) = tokens.next_element()? {
                    all.push(token);
                }
                Ok(Entry::Tokens(all))
            }
        }

        deserializer.deserialize_any(EntryVisitor)
    }
}
