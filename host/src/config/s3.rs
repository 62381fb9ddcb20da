//! What Bedrock may read from S3 because a client names it.

use serde::Deserialize;

/// A bucket, or a part of one: `s3://bucket/` or `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct S3Prefix(String);

impl S3Prefix {
    /// Whether an `s3://` URI lies below it.
    pub fn holds(&self, uri: &str) -> bool {
        uri.starts_with(&self.0)
    }
}

impl TryFrom<String> for S3Prefix {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            Some((bucket, _)) if !bucket.is_empty() => Ok(Self(text)),
            _ => Err("is no part of S3: expected `s3://bucket/` or `s3://bucket/prefix`"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn holds_what_lies_below_it() {
        let prefix = S3Prefix::try_from("s3://media/team-a/".to_owned()).unwrap();
        assert!(prefix.holds("s3://media/team-a/cat.png"));
        for other in ["s3://media/team-b/cat.png", "s3://media2/team-a/cat.png", "s3://media/team-a"] {
            assert!(!prefix.holds(other), "{other}");
        }
    }

    #[test]
    fn a_bucket_ends_with_a_slash_so_that_no_other_bucket_fits() {
        for text in ["s3://media", "s3:///x", "media/", ""] {
            assert!(S3Prefix::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
