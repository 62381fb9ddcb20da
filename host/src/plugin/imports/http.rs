//! `http`: requests to hosts that the operator granted. So many a request, so large, and so long.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout};

use super::super::bindings::adit::plugin::http::{Fault, Header, Host, Request, Response};
use super::super::instance::Guest;
use super::secrets::References;
use crate::config::Hosts;
use crate::fetch::{Checked, OutboundError, OutboundRequest, OutboundResponse};
use crate::pipeline::Deadline;

/// The most calls of one request.
const CALLS: u32 = 2;

/// The most bytes that they send, and the most that come back: URLs, headers and bodies together.
const BYTES: usize = 256 << 10;

/// How long they may make a request wait.
const TIME: Duration = Duration::from_secs(2);

/// The most headers of one call.
const HEADERS: usize = 64;

/// Headers that are the host's: they frame the message, concern the connection (RFC 9110, section
/// 7.6.1), or would let an answer come in a form that hides what it says.
const RESERVED: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What a request has left.
#[derive(Default)]
pub(super) struct Allowance {
    hosts: Option<Hosts>,
    calls: u32,
    sent_bytes: usize,
    received_bytes: usize,
    time: Duration,
    deadline: Option<Deadline>,
}

impl Allowance {
    pub(super) fn new(hosts: Hosts, deadline: Deadline) -> Self {
        Self {
            hosts: Some(hosts),
            calls: CALLS,
            sent_bytes: BYTES,
            received_bytes: BYTES,
            time: TIME,
            deadline: Some(deadline),
        }
    }

    pub(super) fn may_wait(&self) -> Duration {
        if self.calls == 0 { Duration::ZERO } else { self.time }
    }

    /// The time for one call.
    fn time_left(&self) -> Duration {
        self.deadline.and_then(Deadline::left).map_or(self.time, |left| left.min(self.time))
    }

    /// Takes one call of so many bytes.
    fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        let (calls, left) = (self.calls.checked_sub(1), self.sent_bytes.checked_sub(bytes));
        let (Some(calls), Some(left)) = (calls, left) else { return Err(Fault::Budget) };
        if self.time_left().is_zero() {
            return Err(Fault::Budget);
        }
        (self.calls, self.sent_bytes) = (calls, left);
        Ok(())
    }
}

impl Host for Guest {
    async fn send(&mut self, request: Request) -> Result<Response, Fault> {
        let imports = &mut self.imports;
        let (services, allowance) = (&imports.services, &mut imports.http);
        let Some(hosts) = &allowance.hosts else { return Err(Fault::Budget) };
        let checked = services.outbound.check(&request.url, hosts).map_err(|fault| refused(&fault))?;
        let bytes = request.url.len() + request.body.len() + size(&request.headers);
        let wanted = match request.timeout_ms {
            0 => TIME,
            ms => Duration::from_millis(ms.into()),
        };
        let outbound = outbound(request, &checked, &imports.secrets)?;
        allowance.take(bytes)?;

        let begun = Instant::now();
        let call = services.outbound.send(&checked, outbound, allowance.received_bytes);
        let answer = timeout(wanted.min(allowance.time_left()), call).await;
        allowance.time = allowance.time.saturating_sub(begun.elapsed());
        let answer = answer.map_err(|_| Fault::Timeout)?.map_err(|fault| refused(&fault))?;
        let answer = response(answer, &imports.secrets);
        let bytes = answer.body.len() + size(&answer.headers);
        allowance.received_bytes = allowance.received_bytes.checked_sub(bytes).ok_or(Fault::Budget)?;
        Ok(answer)
    }
}

fn refused(fault: &OutboundError) -> Fault {
    match fault {
        OutboundError::Denied(why) => Fault::Denied(why.clone()),
        OutboundError::TooLarge => Fault::Budget,
        OutboundError::Unreachable(why) => Fault::Unreachable(why.clone()),
    }
}

fn size(headers: &[Header]) -> usize {
    headers.iter().map(|header| header.name.len() + header.value.len()).sum()
}

fn denied(why: impl Into<String>) -> Fault {
    Fault::Denied(why.into())
}

/// What is sent, with secrets in their places.
fn outbound(request: Request, checked: &Checked, secrets: &References) -> Result<OutboundRequest, Fault> {
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| denied("the method is none"))?;
    if matches!(method, Method::CONNECT | Method::TRACE) {
        return Err(denied(format!("the method `{method}` may not be used")));
    }
    if request.headers.len() > HEADERS {
        return Err(denied(format!("a call has at most {HEADERS} headers")));
    }
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for header in request.headers {
        let (name, value) = field(header, checked, secrets)?;
        headers.append(name, value);
    }
    Ok(OutboundRequest { method, headers, body: Bytes::from(request.body) })
}

fn field(
    header: Header,
    checked: &Checked,
    secrets: &References,
) -> Result<(HeaderName, HeaderValue), Fault> {
    let Header { name, value } = header;
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| denied("the name of a header is none"))?;
    if RESERVED.contains(&name.as_str()) {
        return Err(denied(format!("the header `{name}` is the host's")));
    }
    let unfit = || denied(format!("the value of the header `{name}` holds what no header may"));
    if !secrets.stand_in(&value) {
        let value = HeaderValue::from_str(&value).map_err(|_| unfit())?;
        return Ok((name, value));
    }
    if !checked.keeps_secrets() {
        let host = checked.host();
        return Err(denied(format!("a secret is sent to `{host}` over `https:` only")));
    }
    let mut value = HeaderValue::from_str(secrets.fill(&value).expose_secret()).map_err(|_| unfit())?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// What the guest reads. A header that is no text is left out.
fn response(answer: OutboundResponse, secrets: &References) -> Response {
    let OutboundResponse { status, headers, body } = answer;
    let text = |value: &HeaderValue| String::from_utf8(secrets.hide(value.as_bytes().to_vec())).ok();
    let headers = headers
        .iter()
        .filter(|(name, _)| !RESERVED.contains(&name.as_str()))
        .filter_map(|(name, value)| Some(Header { name: name.to_string(), value: text(value)? }))
        .collect();
    Response { status, headers, body: secrets.hide(body.into()) }
}
