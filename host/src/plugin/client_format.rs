//! A plugin that speaks a wire format of clients.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use wasmtime::Store;

use super::bindings::adit::plugin::{formats as wit, types};
use super::bindings::exports::adit::plugin::client_format;
use super::component::Compiled;
use super::convert;
use super::instance::{Budget, Guest};
use super::session::{Initialised, Session};
use crate::chat::{Delivery, Event, Request};
use crate::error::{Failure, Kind};
use crate::ids::PluginName;
use crate::pipeline::{
    self, AnswerHead, ClientFailure, Decoded, HttpRequest, HttpResponse, HttpRoute, Model, Moment,
    most_output, size,
};

/// The body for which the time of a hook is meant; a larger one has as many times more.
const BODY_SHARE_BYTES: usize = 1 << 20;
/// The events for which the time of one call of a stream's hook is meant.
const EVENTS_SHARE_BYTES: usize = 64 << 10;
/// What a call may hand back beside the body.
const HEADERS_BYTES: usize = 64 << 10;

/// Most routes of a plugin, and the longest path in bytes.
const MAX_ROUTES: usize = 64;
const MAX_PATH_BYTES: usize = 256;

/// Asks a plugin which requests it answers.
pub(super) async fn routes(
    compiled: &Compiled,
    initialised: Initialised,
    plugin: &PluginName,
) -> Result<Arc<[HttpRoute]>, Failure> {
    let Some(indices) = &compiled.client_format else { return Ok(Arc::new([])) };
    let mut instance = initialised.instance;
    let format = instance.load(|store, component| indices.load(store, component))?;
    let budget = Budget::new(instance.allowance().init, HEADERS_BYTES);
    let routes = instance.call("routes", budget, async |store| format.call_routes(store).await).await?;
    checked(routes).map_err(|how| Failure::plugin(plugin, &how))
}

fn checked(routes: Vec<wit::HttpRoute>) -> Result<Arc<[HttpRoute]>, String> {
    if routes.len() > MAX_ROUTES {
        return Err(format!("it has {} routes: at most {MAX_ROUTES} are taken", routes.len()));
    }
    let check = |wit::HttpRoute { method, path }| {
        let is_path = path.starts_with('/')
            && path.len() <= MAX_PATH_BYTES
            && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#*{}".contains(&byte));
        let is_method =
            (1..=16).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_path && is_method {
            Ok(HttpRoute { method, path })
        } else {
            Err("one of its routes is no method in upper case with a path such as `/api/chat`".to_owned())
        }
    };
    routes.into_iter().map(check).collect()
}

#[async_trait]
impl pipeline::ClientFormat for Session {
    async fn decode(&mut self, request: &HttpRequest) -> Result<Decoded, Failure> {
        let budget = self.once.for_input(request.body.len(), BODY_SHARE_BYTES);
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| wit::Header { name: name.clone(), value: value.clone() })
            .collect();
        let request = wit::HttpRequest {
            method: &request.method,
            path: &request.path,
            query: &request.query,
            headers: &headers.iter().collect::<Vec<_>>(),
            body: &request.body,
        };
        let resource = self.resource;
        let answer = self
            .speak("decode", budget, async |format, store| format.call_decode(store, resource, request).await)
            .await?;
        match answer {
            Ok(decoded) => self.decoded(decoded),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    async fn stream_head(&mut self, head: &AnswerHead) -> Result<HttpResponse, Failure> {
        let (resource, budget) = (self.resource, writing(self.once, 0));
        let answer = self
            .speak("stream-head", budget, async |format, store| {
                format.call_stream_head(store, resource, answer_head(head)).await
            })
            .await?;
        Ok(response(answer))
    }

    async fn encode_events(&mut self, events: &[Event]) -> Result<Bytes, Failure> {
        let (resource, budget) = (self.resource, writing(self.many, size(events)));
        let events = convert::events(events);
        let events: Vec<_> = events.iter().collect();
        let answer = self
            .speak("encode-events", budget, async |format, store| {
                format.call_encode_events(store, resource, &events).await
            })
            .await?;
        Ok(answer.into())
    }

    async fn encode_response(
        &mut self,
        head: &AnswerHead,
        events: &[Event],
    ) -> Result<HttpResponse, Failure> {
        let (resource, budget) = (self.resource, writing(self.once, size(events)));
        let events = convert::events(events);
        let events: Vec<_> = events.iter().collect();
        let answer = self
            .speak("encode-response", budget, async |format, store| {
                format.call_encode_response(store, resource, answer_head(head), &events).await
            })
            .await?;
        Ok(response(answer))
    }

    async fn encode_models(&mut self, models: &[Model]) -> Result<HttpResponse, Failure> {
        let entries: Vec<_> =
            models.iter().map(|Model { id, owner }| wit::ModelEntry { id, owner }).collect();
        let (resource, budget) = (self.resource, self.once);
        let answer = self
            .speak("encode-models", budget, async |format, store| {
                format.call_encode_models(store, resource, &entries).await
            })
            .await?;
        Ok(response(answer))
    }

    async fn encode_failure(
        &mut self,
        failure: &ClientFailure,
        moment: Moment,
    ) -> Result<HttpResponse, Failure> {
        let ClientFailure { status, code, message } = failure;
        let (resource, budget) = (self.resource, writing(self.once, message.len()));
        let failure = types::Failure { status: *status, code: code.clone(), message: message.clone() };
        let answer = self
            .speak("encode-failure", budget, async |format, store| {
                format.call_encode_failure(store, resource, &failure, moment == Moment::MidStream).await
            })
            .await?;
        Ok(response(answer))
    }
}

impl Session {
    /// Calls a function of the format.
    async fn speak<T>(
        &mut self,
        name: &'static str,
        budget: Budget,
        call: impl AsyncFnOnce(&client_format::Guest, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let Some(format) = &self.client_format else {
            return Err(Failure::plugin(&self.plugin, "it speaks no client's format"));
        };
        self.instance.call(name, budget, async |store| call(format, store).await).await
    }

    /// What the client said has come through the plugin as it was, as far as anybody can tell: it is
    /// the client that reads where the fault is.
    fn unfit(&self, how: &str) -> Failure {
        let plugin = &self.plugin;
        let message = format!("the request, as the plugin `{plugin}` reads it, cannot be served: {how}");
        Failure::new(Kind::InvalidRequest, message).with_code("invalid_value")
    }

    fn decoded(&self, decoded: wit::Decoded) -> Result<Decoded, Failure> {
        match decoded {
            wit::Decoded::ListModels => Ok(Decoded::ListModels),
            wit::Decoded::Respond(answer) => Ok(Decoded::Respond(response(answer))),
            wit::Decoded::Chat(wit::Call { request, delivery, dropped }) => {
                let base = Request {
                    delivery: match delivery {
                        wit::Delivery::Streamed => Delivery::Streamed,
                        wit::Delivery::Whole => Delivery::Whole,
                    },
                    ..Request::new("", Vec::new())
                };
                let request = convert::read_request(request, &base).map_err(|how| self.unfit(&how))?;
                Ok(Decoded::Chat { request: Box::new(request), dropped })
            }
        }
    }
}

/// The budget to write what `bytes` of events become.
fn writing(budget: Budget, bytes: usize) -> Budget {
    let budget = budget.for_input(bytes, EVENTS_SHARE_BYTES);
    Budget { output_bytes: most_output(bytes).saturating_add(HEADERS_BYTES), ..budget }
}

fn answer_head(head: &AnswerHead) -> wit::AnswerHead<'_> {
    let AnswerHead { id, model, created_ms } = head;
    wit::AnswerHead { id, model, created_ms: *created_ms }
}

fn response(response: wit::HttpResponse) -> HttpResponse {
    let wit::HttpResponse { status, headers, body } = response;
    let headers = headers.into_iter().map(|wit::Header { name, value }| (name, value)).collect();
    HttpResponse { status, headers, body: body.into() }
}

/// What a plugin finds wrong with a request is the client's to mend, not the operator's.
fn refused(refusal: types::Failure) -> Failure {
    let types::Failure { status, code, message } = refusal;
    let kind = match status {
        400 => Kind::InvalidRequest,
        401..600 => Kind::PluginDenied(status),
        _ => Kind::PluginDenied(400),
    };
    let failure = Failure::new(kind, message);
    if code.is_empty() { failure } else { failure.with_code(Cow::Owned(code)) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn routes(routes: &[(&str, &str)]) -> Result<Arc<[HttpRoute]>, String> {
        let route = |(method, path): &(&str, &str)| wit::HttpRoute {
            method: (*method).to_owned(),
            path: (*path).to_owned(),
        };
        checked(routes.iter().map(route).collect())
    }

    #[test]
    fn a_route_is_a_method_and_a_path_without_variables() {
        assert_eq!(routes(&[("POST", "/api/chat"), ("GET", "/")]).unwrap().len(), 2);
        for route in [
            ("post", "/a"),
            ("", "/a"),
            ("GET", "a"),
            ("GET", ""),
            ("GET", "/a?b"),
            ("GET", "/{a}"),
            ("GET", "/ä"),
        ] {
            assert!(routes(&[route]).is_err(), "{route:?}");
        }
        assert!(routes(&[("GET", &format!("/{}", "a".repeat(MAX_PATH_BYTES)))]).is_err());
        assert!(routes(&[("GET", "/"); MAX_ROUTES + 1]).is_err());
    }
}
