//! How a streamed response begins: status and headers as JSON, then eight bytes of zero.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-streaming-lambda-configure.html>.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Deserialize;

/// What stands between the JSON and the body.
const DELIMITER: [u8; 8] = [0; 8];

/// More than any prelude needs, in bytes.
const MOST: usize = 1 << 20;

/// Status and headers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Prelude {
    pub(crate) status_code: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) cookies: Vec<String>,
}

/// Puts a prelude together from the chunks in which it comes.
#[derive(Default)]
pub(crate) struct Reader {
    read: BytesMut,
}

impl Reader {
    /// Takes a chunk. Answers once the prelude is whole, with the part of the chunk that belongs to the body.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<Option<(Parts, Bytes)>, String> {
        self.read.extend_from_slice(chunk);
        let Some(end) = self.read.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER) else {
            return if self.read.len() > MOST {
                Err(format!("no delimiter in {MOST} bytes"))
            } else {
                Ok(None)
            };
        };
        let json = self.read.split_to(end);
        let prelude: Prelude = serde_json::from_slice(&json).map_err(|fault| fault.to_string())?;
        let body = self.read.split_off(DELIMITER.len()).freeze();
        Ok(Some((prelude.into_parts()?, body)))
    }
}

impl Prelude {
    /// The head of the response that a client gets.
    pub(crate) fn into_parts(self) -> Result<Parts, String> {
        let status = StatusCode::from_u16(self.status_code).ok().filter(|status| !status.is_informational());
        let status = status.ok_or_else(|| format!("`{}` is no status", self.status_code))?;
        let mut headers = HeaderMap::new();
        let single = self.headers.into_iter();
        let many = self.multi_value_headers.into_iter();
        let many = many.flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
        let cookies = self.cookies.into_iter().map(|cookie| (header::SET_COOKIE.as_str().to_owned(), cookie));
        for (name, value) in single.chain(many).chain(cookies) {
            let value = HeaderValue::try_from(value).map_err(|_| format!("the value of `{name}` is none"))?;
            let name = HeaderName::try_from(&name).map_err(|_| format!("`{name}` is no name of a header"))?;
            headers.append(name, value);
        }
        let mut parts = Response::new(()).into_parts().0;
        (parts.status, parts.headers) = (status, headers);
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

    use super::*;

    const WHOLE: &[u8] =
        b"{\"statusCode\":201,\"headers\":{\"a\":\"b\"},\"cookies\":[\"c=d\",\"e=f\"]}\0\0\0\0\0\0\0\0body\0";

    #[test]
    fn any_cut_gives_the_same_prelude() {
        for cut in 0..=WHOLE.len() {
            let (first, second) = WHOLE.split_at(cut);
            let mut reader = Reader::default();
            let mut rest = Vec::new();
            let mut found = reader.push(first).unwrap();
            if let Some((_, body)) = &found {
                rest.extend_from_slice(body);
                rest.extend_from_slice(second);
            } else {
                found = reader.push(second).unwrap();
                rest.extend_from_slice(&found.as_ref().unwrap().1);
            }
            let head = found.unwrap().0;
            assert_eq!((head.status.as_u16(), rest.as_slice()), (201, b"body\0".as_slice()), "cut at {cut}");
            assert_eq!(head.headers["a"], "b");
            assert_eq!(head.headers.get_all("set-cookie").iter().count(), 2);
        }
    }

    #[test]
    fn refuses_what_is_no_prelude() {
        for text in [
            "data: hello\n\n",
            "{}",
            r#"{"statusCode":"200"}"#,
            r#"{"statusCode":100}"#,
            r#"{"statusCode":1000}"#,
            r#"{"statusCode":200,"headers":{"a":["b","c"]}}"#,
            r#"{"statusCode":200,"headers":{"a":"b\nc"}}"#,
            r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
            r#"{"statusCode":200,"body":"c"}"#,
        ] {
            assert!(Reader::default().push(format!("{text}\0\0\0\0\0\0\0\0").as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn gives_up_where_no_delimiter_comes() {
        let mut reader = Reader::default();
        assert!(reader.push(&vec![b' '; MOST]).unwrap().is_none());
        assert!(reader.push(b" ").is_err());
    }
}
