//! Of which trace a request is a part.
//!
//! AWS says so for each invocation of a function (X-Ray developer guide, "Tracing header"); elsewhere a client
//! may (W3C Trace Context, section 3.2).

use std::fmt;

/// What AWS says of an invocation, put into the extensions of a request by the ingress that AWS calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    request_id: String,
    trace: Option<Trace>,
}

impl Invocation {
    /// From what came beside an invocation: `lambda-runtime-aws-request-id`, and
    /// `lambda-runtime-trace-id` if it is there. Never with a word of a client's header.
    pub fn new(request_id: impl Into<String>, trace_header: Option<&str>) -> Self {
        Self { request_id: request_id.into(), trace: trace_header.and_then(Trace::parse) }
    }

    /// AWS's id of the invocation.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Its trace.
    pub fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()
    }
}

/// A trace, and whether anybody looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    id: TraceId,
    /// The segment that ours are parts of, if they are sent.
    parent: Option<String>,
}

/// The id of a trace: X-Ray's form, `1-5f84c596-5c35bd4b6b3ce4f4d3d0b1a2`, or the W3C's, 32 hexadecimal
/// digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceId(String);

impl Trace {
    /// Takes a header such as `Root=1-5f84c596-…;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=…`.
    pub fn parse(header: &str) -> Option<Self> {
        let member =
            |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let id = TraceId::of_xray(member("Root")?)?;
        let is_sampled = member("Sampled") == Some("1");
        let parent = member("Parent").filter(|parent| is_sampled && is_hex(parent, 16));
        Some(Self { id, parent: parent.map(str::to_owned) })
    }

    /// The one that a client names in its `traceparent`. Its segments are not ours to add to.
    pub fn of_client(traceparent: &str) -> Option<Self> {
        TraceId::of_w3c(traceparent).map(|id| Self { id, parent: None })
    }

    /// Its id.
    pub fn id(&self) -> &TraceId {
        &self.id
    }

    /// Whether X-Ray wants to know more of it.
    pub fn is_sampled(&self) -> bool {
        self.parent.is_some()
    }

    /// The segment that ours are parts of.
    pub(super) fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }
}

impl TraceId {
    fn of_xray(text: &str) -> Option<Self> {
        let (seconds, random) = text.strip_prefix("1-")?.split_once('-')?;
        (is_hex(seconds, 8) && is_hex(random, 24)).then(|| Self(text.to_owned()))
    }

    fn of_w3c(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_known = is_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
        let is_whole = is_hex(id, 32) && is_hex(parent, 16) && is_hex(flags, 2);
        let says_something = [id, parent].iter().all(|id| id.bytes().any(|byte| byte != b'0'));
        (is_known && is_whole && says_something).then(|| Self(id.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    const ROOT: &str = "1-5f84c596-5c35bd4b6b3ce4f4d3d0b1a2";
    const PARENT: &str = "53995c3f42cd8ad8";

    #[test]
    fn reads_what_aws_says_of_a_trace() {
        let header = format!("Root={ROOT};Parent={PARENT};Sampled=1;Lineage=1:a87bd80c:0");
        let trace = Trace::parse(&header).unwrap();
        assert_eq!((trace.id().as_str(), trace.parent()), (ROOT, Some(PARENT)));
        for (header, is_there) in [
            (format!("Root={ROOT};Parent={PARENT};Sampled=0"), true),
            (format!("Sampled=1; Root={ROOT}"), true),
            (format!("Root={ROOT};Parent=x;Sampled=1"), true),
            ("Root=1-5f84c596-x;Sampled=1".to_owned(), false),
            (format!("Rooted={ROOT}"), false),
            (String::new(), false),
        ] {
            let trace = Trace::parse(&header);
            assert_eq!(trace.is_some(), is_there, "{header}");
            assert!(!trace.is_some_and(|trace| trace.is_sampled()), "{header}");
        }
    }

    #[test]
    fn reads_what_a_client_says_of_a_trace() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (header, is_there) in [
            (format!("00-{id}-00f067aa0ba902b7-01"), true),
            (format!("cc-{id}-00f067aa0ba902b7-01-what-comes-next"), true),
            (format!("00-{id}-00f067aa0ba902b7-01-what"), false),
            (format!("ff-{id}-00f067aa0ba902b7-01"), false),
            (format!("00-{id}-0000000000000000-01"), false),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), false),
            (format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()), false),
            (format!("00-{id}-00f067aa0ba902b7"), false),
            ("a secret".to_owned(), false),
        ] {
            let trace = Trace::of_client(&header);
            assert_eq!(trace.as_ref().map(|trace| trace.id().as_str()), is_there.then_some(id), "{header}");
            assert!(!trace.is_some_and(|trace| trace.is_sampled()), "a client decides nothing: {header}");
        }
    }
}
