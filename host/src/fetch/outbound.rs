//! Requests that plugins make, to hosts of a list.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::Full;
use tokio::sync::OnceCell;

use super::address;
use super::error::FetchError;
use super::guarded::{self, GuardedClient, Unreached, Unread};
use super::resolver::System;
use super::target::Target;
use crate::config::Hosts;

/// Makes requests to public addresses, and to hosts of which the operator says that theirs are private.
/// Follows no redirect.
pub struct Outbound {
    private_hosts: Hosts,
    /// Made for the first request: only then are CA certificates needed.
    clients: OnceCell<Clients>,
}

struct Clients {
    public: GuardedClient,
    private: GuardedClient,
}

/// A URL that may be asked.
pub struct Checked {
    target: Target,
    reach: Reach,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    Private,
}

/// What is sent.
#[derive(Debug)]
pub struct OutboundRequest {
    /// Any method.
    pub method: Method,
    /// Without those that frame the message.
    pub headers: HeaderMap,
    /// May be empty.
    pub body: Bytes,
}

/// What came back.
#[derive(Debug)]
pub struct OutboundResponse {
    /// An HTTP status, redirects included.
    pub status: u16,
    /// As they were sent.
    pub headers: HeaderMap,
    /// All of it.
    pub body: Bytes,
}

/// Why nothing came back. The messages name the host, never the rest of the URL.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// It may not be asked.
    #[error("{0}")]
    Denied(String),
    /// The answer has more bytes than were wanted.
    #[error("the answer is too large")]
    TooLarge,
    /// No connection, no TLS, or it broke.
    #[error("{0}")]
    Unreachable(String),
}

impl Checked {
    /// The host, as a URL spells it.
    pub fn host(&self) -> &str {
        &self.target.host
    }

    /// Whether a secret may be sent there: nobody reads it on the way, or the operator says that the
    /// way is private.
    pub fn keeps_secrets(&self) -> bool {
        self.target.is_encrypted() || self.reach == Reach::Private
    }
}

impl Outbound {
    /// Connects to nothing yet.
    pub fn new(private_hosts: Hosts) -> Self {
        Self { private_hosts, clients: OnceCell::new() }
    }

    /// Whether the hosts of a list hold the host of a URL.
    pub fn check(&self, url: &str, allowed: &Hosts) -> Result<Checked, OutboundError> {
        let target = Target::at_any_port(url).map_err(|fault| OutboundError::Denied(refusal(&fault)))?;
        if !allowed.allow(&target.host) {
            let host = &target.host;
            return Err(OutboundError::Denied(format!("the host `{host}` is not granted")));
        }
        let private = self.private_hosts.allow(&target.host);
        Ok(Checked { target, reach: if private { Reach::Private } else { Reach::Public } })
    }

    /// Sends a request and reads the answer, of at most so many bytes.
    pub async fn send(
        &self,
        checked: &Checked,
        sent: OutboundRequest,
        max_bytes: usize,
    ) -> Result<OutboundResponse, OutboundError> {
        let Checked { target, reach } = checked;
        let uri = target.uri().map_err(|fault| OutboundError::Denied(refusal(&fault)))?;
        let mut request = Request::new(Full::new(sent.body));
        *request.method_mut() = sent.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = sent.headers;
        let headers = request.headers_mut();
        headers
            .entry(USER_AGENT)
            .or_insert(HeaderValue::from_static(concat!("adit/", env!("CARGO_PKG_VERSION"))));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));

        let clients = self.clients.get_or_try_init(Clients::new).await?;
        let client = match reach {
            Reach::Public => &clients.public,
            Reach::Private => &clients.private,
        };
        let answer = client.send(target, request).await.map_err(|fault| unreached(&target.host, &fault))?;
        let (head, body) = answer.into_parts();
        let body = guarded::read(body, max_bytes).await.map_err(|fault| match fault {
            Unread::TooLarge => OutboundError::TooLarge,
            Unread::Broken(_) => {
                OutboundError::Unreachable(format!("the connection to `{}` broke", target.host))
            }
        })?;
        Ok(OutboundResponse { status: head.status.as_u16(), headers: head.headers, body })
    }
}

impl Clients {
    async fn new() -> Result<Self, OutboundError> {
        let tls = tokio::task::spawn_blocking(guarded::tls).await.map_err(std::io::Error::other);
        let tls = tls.and_then(|tls| tls).map_err(|fault| {
            tracing::error!("plugins cannot send requests: TLS cannot be set up: {fault}");
            OutboundError::Unreachable("TLS cannot be set up".to_owned())
        })?;
        Ok(Self {
            public: GuardedClient::new(Arc::new(System), address::is_public, tls.clone()),
            private: GuardedClient::new(Arc::new(System), |address| !address::is_metadata(address), tls),
        })
    }
}

fn refusal(fault: &FetchError) -> String {
    match fault {
        FetchError::Malformed(_) => "the URL cannot be read: write it as `https://host/path`".to_owned(),
        FetchError::Scheme(_) => "the URL is neither `https:` nor `http:`".to_owned(),
        FetchError::UserInfo { .. } => "the URL holds a user name or a password".to_owned(),
        other => other.to_string(),
    }
}

fn unreached(host: &str, fault: &Unreached) -> OutboundError {
    match fault {
        Unreached::NotPublic => OutboundError::Denied(format!("`{host}` is no public address")),
        Unreached::Unresolved => OutboundError::Unreachable(format!("no address is known for `{host}`")),
        Unreached::NoConnection(_) => {
            OutboundError::Unreachable(format!("the connection to `{host}` failed"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn hosts(names: &[&str]) -> Hosts {
        Hosts::Listed(names.iter().map(|name| (*name).to_owned().try_into().unwrap()).collect())
    }

    fn refused(url: &str, allowed: &[&str]) -> String {
        let checked = Outbound::new(hosts(&[])).check(url, &hosts(allowed));
        checked.err().unwrap().to_string()
    }

    #[test]
    fn asks_hosts_of_the_list_at_any_port() {
        let outbound = Outbound::new(hosts(&["vault.internal"]));
        let allowed = hosts(&["api.example.com", "vault.internal"]);
        let keeps = |url| outbound.check(url, &allowed).unwrap().keeps_secrets();
        assert!(keeps("https://api.example.com:9443/v1?q"));
        assert!(!keeps("http://api.example.com/"));
        assert!(keeps("http://vault.internal:8200/"));
    }

    #[test]
    fn refuses_other_hosts_and_odd_urls_without_repeating_them() {
        assert_eq!(refused("https://b.test/SECRET", &["a.test"]), "the host `b.test` is not granted");
        for url in ["file:///SECRET", "https://me:SECRET@a.test/", "SECRET", "https://a.test:SECRET/"] {
            assert!(!refused(url, &["a.test"]).contains("SECRET"), "{url}");
        }
    }

    #[tokio::test]
    async fn connects_to_no_private_address_unless_the_operator_says_that_it_is_one() {
        let get = || OutboundRequest { method: Method::GET, headers: HeaderMap::new(), body: Bytes::new() };
        for host in ["127.0.0.1", "localhost", "169.254.169.254"] {
            let outbound = Outbound::new(hosts(&[]));
            let checked = outbound.check(&format!("http://{host}:9/"), &hosts(&[host])).unwrap();
            let fault = outbound.send(&checked, get(), 10).await.unwrap_err();
            assert!(matches!(&fault, OutboundError::Denied(why) if why.contains(host)), "{fault}");
        }
        let metadata = ["169.254.169.254"];
        let outbound = Outbound::new(hosts(&metadata));
        let checked = outbound.check("http://169.254.169.254/", &hosts(&metadata)).unwrap();
        assert!(matches!(outbound.send(&checked, get(), 10).await, Err(OutboundError::Denied(_))));
    }
}
