//! What names a resource, or a family of them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// The URI of a resource, or a template of URIs: `{name}` stands for something without a slash (RFC 6570, level 1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ResourceUri {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Variable(String),
}

/// A text names no resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResourceUri {
    /// It has no scheme.
    #[error("`{0}` is no URI: it begins with a scheme, such as `docs://`")]
    NoScheme(String),
    /// The scheme is Adit's own.
    #[error("`{0}` has a scheme of Adit's own: choose another one than `adit` and `bedrock`")]
    Reserved(String),
    /// Its braces do not fit, or hold no name.
    #[error(
        "`{0}` is no template: a variable is a name in braces, such as `{{id}}`, with something between two"
    )]
    Braces(String),
}

impl ResourceUri {
    /// Takes a URI or a template.
    pub fn parse(text: &str) -> Result<Self, InvalidResourceUri> {
        let is_scheme_like = |scheme: &str| {
            !scheme.is_empty()
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        let scheme = text.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme_like(scheme));
        let scheme = scheme.ok_or_else(|| InvalidResourceUri::NoScheme(text.to_owned()))?;
        if ["adit", "bedrock"].iter().any(|own| scheme.eq_ignore_ascii_case(own)) {
            return Err(InvalidResourceUri::Reserved(text.to_owned()));
        }
        let pieces = pieces(text).ok_or_else(|| InvalidResourceUri::Braces(text.to_owned()))?;
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it stands for several.
    pub fn is_template(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)))
    }

    /// What its variables stand for in a URI, if it is one of those that it stands for.
    pub fn matches(&self, uri: &str) -> Option<BTreeMap<String, String>> {
        let mut values = BTreeMap::new();
        let mut rest = uri;
        let mut pieces = self.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Piece::Variable(name) => {
                    let end = match pieces.peek() {
                        Some(Piece::Literal(next)) => rest.find(next.as_str())?,
                        _ => rest.len(),
                    };
                    let (value, behind) = rest.split_at_checked(end)?;
                    if value.is_empty() || value.contains('/') {
                        return None;
                    }
                    values.insert(name.clone(), value.to_owned());
                    rest = behind;
                }
            }
        }
        rest.is_empty().then_some(values)
    }
}

impl TryFrom<String> for ResourceUri {
    type Error = InvalidResourceUri;

    fn try_from(text: String) -> Result<Self, InvalidResourceUri> {
        Self::parse(&text)
    }
}

impl fmt::Display for ResourceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((literal, behind)) = rest.split_once('{') {
        let (name, behind) = behind.split_once('}')?;
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        // Two variables side by side could be told apart in many ways.
        if !is_name || literal.contains('}') || literal.is_empty() {
            return None;
        }
        pieces.push(Piece::Literal(literal.to_owned()));
        pieces.push(Piece::Variable(name.to_owned()));
        rest = behind;
    }
    if rest.contains('}') {
        return None;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_template_takes_a_uri_apart() {
        for (template, uri, expected) in [
            ("docs://style", "docs://style", Some("")),
            ("docs://style", "docs://styles", None),
            ("docs://{name}/data", "docs://a%20b/data", Some("name=a%20b")),
            ("docs://{name}/data", "docs:///data", None),
            ("docs://{name}/data", "docs://a/b/data", None),
            ("docs://{team}/{name}", "docs://x/y", Some("name=y team=x")),
            ("docs://{team}-{name}.md", "docs://x-y.md", Some("name=y team=x")),
        ] {
            let values = ResourceUri::parse(template).unwrap().matches(uri);
            let shown = values.map(|values| {
                values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(shown.as_deref(), expected, "{template} {uri}");
        }
    }

    #[test]
    fn what_names_no_resource_is_refused() {
        for text in
            ["style", "://x", "docs://{", "docs://}", "docs://{}", "docs://{a}{b}", "docs://{a b}", "a b://c"]
        {
            assert!(ResourceUri::parse(text).is_err(), "{text}");
        }
        for text in ["bedrock://models/x", "ADIT://usage/current"] {
            assert!(matches!(ResourceUri::parse(text), Err(InvalidResourceUri::Reserved(_))), "{text}");
        }
    }
}
