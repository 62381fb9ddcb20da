//! Which web pages may call, from a browser.

use std::fmt;

use serde::Deserialize;
use url::Url;

/// Which origins a browser lets read answers. Default: none, and no answer says a word about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cors {
    /// No page of another origin.
    #[default]
    Off,
    /// Those of these origins.
    Origins(Vec<Origin>),
    /// Every page.
    Any,
}

/// An origin, as a browser writes it: `https://app.example.com`, with a port if it is not the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// A text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no origin: expected `https://app.example.com`, or `*` for all")]
pub struct InvalidOrigin(String);

impl Origin {
    /// Takes scheme, host and port, and nothing behind them.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let origin = Url::parse(text).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
        origin
            .map(|origin| origin.ascii_serialization())
            .filter(|origin| origin.eq_ignore_ascii_case(text.trim_end_matches('/')) && !origin.contains('*'))
            .map(Self)
            .ok_or_else(|| InvalidOrigin(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, with the port that browsers leave out.
    pub fn with_port(&self) -> String {
        let url = Url::parse(&self.0).ok();
        let port = url.and_then(|url| url.port().is_none().then(|| url.port_or_known_default()).flatten());
        port.map_or_else(|| self.0.clone(), |port| format!("{}:{port}", self.0))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What may stand in the list of origins.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum AllowedOrigin {
    Any,
    Exactly(Origin),
}

impl TryFrom<String> for AllowedOrigin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, InvalidOrigin> {
        if text == "*" { Ok(Self::Any) } else { Origin::parse(&text).map(Self::Exactly) }
    }
}

impl Cors {
    pub(super) fn of(origins: Vec<AllowedOrigin>) -> Self {
        let mut listed = Vec::new();
        for origin in origins {
            match origin {
                AllowedOrigin::Any => return Self::Any,
                AllowedOrigin::Exactly(origin) => listed.push(origin),
            }
        }
        if listed.is_empty() { Self::Off } else { Self::Origins(listed) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn cors(origins: &[&str]) -> Result<Cors, InvalidOrigin> {
        let origins = origins.iter().map(|text| AllowedOrigin::try_from((*text).to_owned()));
        origins.collect::<Result<Vec<_>, _>>().map(Cors::of)
    }

    #[test]
    fn an_origin_is_one_as_browsers_write_it() {
        assert_eq!(cors(&[]).unwrap(), Cors::Off);
        assert_eq!(cors(&["*", "https://a.test"]).unwrap(), Cors::Any);
        let listed = cors(&["https://App.test/", "http://localhost:3000"]).unwrap();
        let origin = |text: &str| Origin(text.to_owned());
        assert_eq!(listed, Cors::Origins(vec![origin("https://app.test"), origin("http://localhost:3000")]));
        for text in [
            "app.test",
            "https://a.test/path",
            "https://*.a.test",
            "null",
            "",
            "file:///x",
            "https://a.test:443x",
        ] {
            assert!(cors(&[text]).is_err(), "`{text}` was taken");
        }
    }
}
