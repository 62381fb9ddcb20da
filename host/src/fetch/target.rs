//! A URL that may be asked, as far as its text tells.

use std::net::IpAddr;

use http::Uri;
use url::{Host, Position, Url};

use super::error::FetchError;

/// Where files are. A port of a database or of a control plane would have to be public to be reached,
/// but a request that looks like one from Adit should not be sent there.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// A checked URL: `http` or `https`, with a host, without user information, at a usual port.
#[derive(Debug)]
pub(super) struct Target {
    url: Url,
    /// The canonical form, for messages and the list of hosts.
    pub(super) host: String,
    /// The host, if it is written as an address. The parser has made `127.1`, `0x7f000001` and
    /// `2130706433` one and the same.
    pub(super) address: Option<IpAddr>,
}

impl Target {
    pub(super) fn parse(text: &str) -> Result<Self, FetchError> {
        Self::check(Url::parse(text).map_err(|fault| malformed(&fault))?)
    }

    /// As [`Target::parse`], at whatever port: for who may ask only hosts of a list.
    pub(super) fn at_any_port(text: &str) -> Result<Self, FetchError> {
        Self::read(Url::parse(text).map_err(|fault| malformed(&fault))?)
    }

    /// Whether nobody between can read what is sent there.
    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The URL that a `location` header of this one's answer leads to.
    pub(super) fn redirected(&self, location: &str) -> Result<Self, FetchError> {
        Self::check(self.url.join(location).map_err(|fault| malformed(&fault))?)
    }

    fn check(url: Url) -> Result<Self, FetchError> {
        let target = Self::read(url)?;
        match target.url.port_or_known_default() {
            Some(port) if !PORTS.contains(&port) => Err(FetchError::Port { host: target.host, port }),
            _ => Ok(target),
        }
    }

    fn read(url: Url) -> Result<Self, FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme(url.scheme().to_owned()));
        }
        let (host, address) = match url.host() {
            None => return Err(malformed(&"empty host")),
            Some(Host::Domain(name)) => (name.to_owned(), None),
            Some(Host::Ipv4(address)) => (address.to_string(), Some(address.into())),
            Some(Host::Ipv6(address)) => (address.to_string(), Some(address.into())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::UserInfo { host });
        }
        Ok(Self { url, host, address })
    }

    /// What a client is given: the parsed URL without its fragment.
    pub(super) fn uri(&self) -> Result<Uri, FetchError> {
        self.url[..Position::AfterQuery].parse().map_err(|fault| malformed(&fault))
    }
}

fn malformed(fault: &impl ToString) -> FetchError {
    FetchError::Malformed(fault.to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn refuses_what_is_no_url_of_a_file() {
        for (text, expected) in [
            ("", "cannot be read"),
            ("cat.png", "cannot be read"),
            ("//example.com/cat.png", "cannot be read"),
            ("http://", "empty host"),
            ("https:///?q", "cannot be read"),
            ("http://exa mple.com/", "cannot be read"),
            ("http://1.2.3.4.5/", "cannot be read"),
            ("http://[::1/", "cannot be read"),
            ("http://example.com:99999/", "cannot be read"),
            ("file:///etc/passwd", "`file:`"),
            ("ftp://example.com/cat.png", "`ftp:`"),
            ("gopher://example.com:443/", "`gopher:`"),
            ("data:image/png;base64,AAAA", "`data:`"),
            ("https://user@example.com/", "user name"),
            ("https://:word@example.com/", "user name"),
            ("https://example.com@evil.com/", "the URL of `evil.com` holds a user name"),
            ("http://example.com:22/", "port 22"),
            ("http://example.com:6379/", "port 6379"),
            ("http://example.com:0/", "port 0"),
        ] {
            let fault = Target::parse(text).unwrap_err().to_string();
            assert!(fault.contains(expected), "{text}: {fault}");
        }
    }

    #[test]
    fn knows_an_address_in_any_spelling() {
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://127.0.0.1./",
            "http://%31%32%37.0.0.1/",
            "http://①②⑦.0.0.1/",
            "http:\\\\127.0.0.1\\",
            "HTTP://127.0.0.1:80#@example.com",
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.address, Some("127.0.0.1".parse().unwrap()), "{text}");
            assert_eq!(target.uri().unwrap().host(), Some("127.0.0.1"), "{text}");
        }
        let target = Target::parse("http://[0:0:0:0:0:FFFF:127.0.0.1]:8080/").unwrap();
        assert_eq!(target.address, Some("::ffff:127.0.0.1".parse().unwrap()));
        assert_eq!(target.uri().unwrap().host(), Some("[::ffff:7f00:1]"));
    }

    #[test]
    fn keeps_the_query_and_drops_the_fragment() {
        let target = Target::parse("https://Example.com:443/a b?sig=x%2Fy|z#top").unwrap();
        assert_eq!(target.uri().unwrap(), "https://example.com/a%20b?sig=x%2Fy|z");
        let next = target.redirected("../c?d").unwrap();
        assert_eq!(next.uri().unwrap(), "https://example.com/c?d");
        assert_eq!(target.redirected("//other.example/e").unwrap().host, "other.example");
        assert!(matches!(target.redirected("javascript:1"), Err(FetchError::Scheme(_))));
    }
}
