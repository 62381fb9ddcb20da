//! Errors of JSON-RPC 2.0, for requests that come to no method.

use serde::Serialize;
use serde_json::value::RawValue;

/// Codes of JSON-RPC (specification, section 5.1), and those that servers of the protocol use beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The body is no JSON.
    Parse,
    /// It is JSON, and no request.
    InvalidRequest,
    /// A fault of the server's.
    Internal,
    /// The transport refuses it: the key, the method, the size.
    Refused,
    /// There is no such session.
    UnknownSession,
}

impl Code {
    fn number(self) -> i32 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::Internal => -32603,
            Self::Refused => -32000,
            Self::UnknownSession => -32001,
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    jsonrpc: &'static str,
    id: Option<&'a RawValue>,
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: i32,
    message: &'a str,
}

/// The body of an error; without an id it answers a request whose id is not known.
pub fn error_body(code: Code, message: &str, id: Option<&RawValue>) -> Vec<u8> {
    let body = Body { jsonrpc: "2.0", id, error: Error { code: code.number(), message } };
    // A text and a number: nothing that could fail to be written.
    serde_json::to_vec(&body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn an_error_repeats_the_id_as_it_came() {
        let id: &RawValue = serde_json::from_str("\"a\\u0041\"").unwrap();
        assert_eq!(
            String::from_utf8(error_body(Code::UnknownSession, "gone", Some(id))).unwrap(),
            r#"{"jsonrpc":"2.0","id":"a\u0041","error":{"code":-32001,"message":"gone"}}"#
        );
        assert_eq!(
            String::from_utf8(error_body(Code::Parse, "x", None)).unwrap(),
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#
        );
    }
}
