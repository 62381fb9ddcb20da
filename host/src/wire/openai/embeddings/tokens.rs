//! Text that a client has cut into OpenAI's tokens: Bedrock's models read text alone.

use std::fmt;
use std::sync::LazyLock;

use crate::error::Failure;
use crate::wire::openai::decode::fault;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The texts of cl100k_base, end to end: the vocabulary of OpenAI's embedding models, which clients cut their texts by,
/// whatever the model.
static TEXTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cl100k.texts"));

/// How many bytes the text of each token has. A token without any is none.
static LENGTHS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cl100k.lengths"));

/// Where the text of each token begins. Counted when the first tokens come.
static STARTS: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let begin = |end: &mut usize, length: &u8| {
        let start = *end;
        *end += usize::from(*length);
        Some(start)
    };
    LENGTHS.iter().scan(0, begin).collect()
});

/// A token's number in the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token(u32);

impl Token {
    /// What an error says that it should have been.
    pub(super) const EXPECTED: &str = "a token id";

    /// A number that a client sent. What is too large stays too large for the vocabulary.
    pub(super) fn of(id: u64) -> Self {
        Self(u32::try_from(id).unwrap_or(u32::MAX))
    }

    /// What it stands for, if it is in the vocabulary.
    fn bytes(self) -> Option<&'static [u8]> {
        let id = usize::try_from(self.0).ok()?;
        let (start, length) = (*STARTS.get(id)?, usize::from(*LENGTHS.get(id)?));
        TEXTS.get(start..start + length).filter(|bytes| !bytes.is_empty())
    }
}

/// The text that the tokens of one input stand for. A character that is cut in two, as clients that
/// split long texts by tokens do, becomes U+FFFD, which is what OpenAI's own tokenizer shows.
pub(super) fn text(path: &str, tokens: &[Token]) -> Result<String, Failure> {
    if tokens.is_empty() {
        return Err(fault::invalid(path, "holds no tokens"));
    }
    let mut text = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let Some(bytes) = token.bytes() else {
            let problem =
                "is no token of cl100k_base, the vocabulary of OpenAI's embedding models: send text";
            return Err(fault::invalid(&format!("{path}[{place}]"), problem));
        };
        text.extend_from_slice(bytes);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TokenVisitor;

        impl Visitor<'_> for TokenVisitor {
            type Value = Token;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Token::EXPECTED)
            }

            fn visit_u64<E: Error>(self, id: u64) -> Result<Token, E> {
                Ok(Token::of(id))
            }
        }

        deserializer.deserialize_u64(TokenVisitor)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn every_token_of_the_vocabulary_stands_for_its_text_and_no_other_for_any() {
        let vocabulary = tiktoken::encoding::cl100k_base();
        for id in (0..101_000).chain([u32::MAX]) {
            assert_eq!(Token(id).bytes().unwrap_or_default(), vocabulary.decode(&[id]), "{id}");
        }
        let known = |id| Token(id).bytes().is_some();
        assert!([0, 100_255, 100_257, 100_260, 100_276].into_iter().all(known));
        assert!(![100_256, 100_261, 100_275, 100_277].into_iter().any(known));
    }

    #[test]
    fn tokens_become_the_text_that_was_cut() {
        let vocabulary = tiktoken::encoding::cl100k_base();
        for sample in ["hello world", " Grüße,\n\t„Welt“ 🦀", "fn main() {}\r\n"] {
            let tokens: Vec<Token> = vocabulary.encode(sample).into_iter().map(Token).collect();
            assert_eq!(text("input", &tokens).unwrap(), sample);
        }
    }
}
