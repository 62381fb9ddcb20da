//! Another address than Amazon's.

use std::net::IpAddr;

use http::Uri;

/// Why a text is not an address of a service.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an endpoint: expected `http://host[:port]` or `https://host[:port]`")]
pub struct InvalidEndpoint(String);

/// A checked address.
#[derive(Debug)]
pub struct Endpoint(Uri);

impl Endpoint {
    /// Takes a URL of HTTP or HTTPS.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = || InvalidEndpoint(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        match uri.scheme_str() {
            Some("http" | "https") if uri.query().is_none() => Ok(Self(uri)),
            _ => Err(invalid()),
        }
    }

    /// Whether it is plain HTTP on this very machine: a simulator, never Amazon.
    pub fn is_local(&self) -> bool {
        let host = self.0.host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        self.0.scheme_str() == Some("http")
            && (host == "localhost" || address.is_ok_and(|address| address.is_loopback()))
    }

    /// Whether it speaks TLS.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The text.
    pub fn url(&self) -> String {
        self.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn knows_a_simulator_from_a_real_address() {
        for local in ["http://127.0.0.1:8090", "http://localhost:1/", "http://[::1]:80", "http://127.8.9.1"] {
            assert!(Endpoint::parse(local).unwrap().is_local(), "{local}");
        }
        for remote in [
            "https://127.0.0.1",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com",
        ] {
            assert!(!Endpoint::parse(remote).unwrap().is_local(), "{remote}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_http_url() {
        for text in ["", "localhost:8090", "/path", "ftp://localhost", "http://a/?q=1", "http://"] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
