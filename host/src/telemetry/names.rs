//! Names that clients and plugins give things. What could be a text, or a key, is no name.

/// What every key of Adit begins with: one that is sent as a name by mistake is not repeated.
const KEY_PREFIX: &str = "adit_";

/// A client's own id of a request (`x-request-id`, `x-client-request-id`): 1 to 128 letters, digits and
/// `-_.:/+=@`, so that no sentence fits in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRequestId(String);

impl ClientRequestId {
    /// Takes a text that has the form of an id.
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text, 128).then(|| Self(text.to_owned()))
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a model is called, by a client or after it: 1 to 256 of the same characters, which is all that ids
/// and ARNs of Bedrock are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName(String);

impl ModelName {
    /// Takes a text that has the form of a model id or an ARN.
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text, 256).then(|| Self(text.to_owned()))
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_name(text: &str, most_bytes: usize) -> bool {
    (1..=most_bytes).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte))
        && !text.contains(KEY_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_looks_like_a_name() {
        for text in ["1", "9f0c2f1e-8c55-4d3a-9d0a-6c2b1c6f2f10", "Root=1-2/a:b_c.d+e@f"] {
            assert_eq!(ClientRequestId::parse(text).as_ref().map(ClientRequestId::as_str), Some(text));
        }
        let arn = "arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/x1";
        assert_eq!(ModelName::parse(arn).as_ref().map(ModelName::as_str), Some(arn));
    }

    #[test]
    fn takes_no_sentence_no_key_and_nothing_long() {
        let long = "x".repeat(257);
        for text in ["", "two words", "line\nbreak", "é", "\"", "{}", "adit_k3j9x2m4ab_secret", &long] {
            assert_eq!((ClientRequestId::parse(text), ModelName::parse(text)), (None, None), "{text}");
        }
    }
}
