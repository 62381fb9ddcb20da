//! Text that a client has cut into OpenAI's tokens: Bedrock's models read text alone.

use std::fmt;
use std::sync::LazyLock;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use tiktoken::CoreBpe;

use crate::error::Failure;
use crate::wire::openai::decode::fault;

/// The vocabulary of OpenAI's embedding models, which clients cut their texts by, whatever the
/// model. Unpacked when the first tokens come.
static CL100K: LazyLock<CoreBpe> = LazyLock::new(tiktoken::encoding::cl100k_base);

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

    /// The ordinary tokens and, behind a gap, the five special ones.
    fn is_known(self) -> bool {
        matches!(self.0, 0..=100_255 | 100_257..=100_260 | 100_276)
    }
}

/// The text that the tokens of one input stand for. A character that is cut in two, as clients that
/// split long texts by tokens do, becomes U+FFFD, which is what OpenAI's own tokenizer shows.
pub(super) fn text(path: &str, tokens: &[Token]) -> Result<String, Failure> {
    if tokens.is_empty() {
        return Err(fault::invalid(path, "holds no tokens"));
    }
    if let Some(place) = tokens.iter().position(|token| !token.is_known()) {
        let problem = "is no token of cl100k_base, the vocabulary of OpenAI's embedding models: send text";
        return Err(fault::invalid(&format!("{path}[{place}]"), problem));
    }
    let ids: Vec<u32> = tokens.iter().map(|token| token.0).collect();
    Ok(String::from_utf8_lossy(&CL100K.decode(&ids)).into_owned())
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
    fn every_known_token_stands_for_something_and_no_other_does() {
        for id in (0..101_000).chain([u32::MAX]) {
            assert_eq!(!CL100K.decode(&[id]).is_empty(), Token(id).is_known(), "{id}");
        }
    }

    #[test]
    fn tokens_become_the_text_that_was_cut() {
        for sample in ["hello world", " Grüße,\n\t„Welt“ 🦀", "fn main() {}\r\n"] {
            let tokens: Vec<Token> = CL100K.encode(sample).into_iter().map(Token).collect();
            assert_eq!(text("input", &tokens).unwrap(), sample);
        }
    }
}
