//! What stands around all routes: whoever comes past the operator's front is refused, and browsers are told
//! which pages may read answers.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Response, header};
use axum::middleware::{self, Next};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::{Routes, answer, refuse};
use crate::config::Cors;
use crate::error::{Failure, Kind};

/// Carries the secret of whatever stands in front of Adit.
const ORIGIN: HeaderName = HeaderName::from_static("x-adit-origin");

/// How long a browser remembers what it was told. None remembers for longer.
const MAX_AGE: Duration = Duration::from_hours(2);

/// Who may come in, and which pages may read what they get.
#[derive(Debug, Default)]
pub struct Edge {
    /// Which pages.
    pub cors: Cors,
    /// What every request has to bring, if anything.
    pub origin_secret: Option<SecretString>,
}

impl Edge {
    /// Puts it around routes.
    pub fn around(self, routes: Routes) -> Routes {
        let routes = match layer(&self.cors) {
            Some(layer) => routes.layer(layer),
            None => routes,
        };
        match self.origin_secret {
            Some(secret) => routes.layer(middleware::from_fn_with_state(secret, guard)),
            None => routes,
        }
    }
}

/// Refuses who does not bring the secret, and takes it away from what follows.
async fn guard(
    axum::extract::State(secret): axum::extract::State<SecretString>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let brought = request.headers_mut().remove(ORIGIN);
    let brought = brought.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
    if bool::from(brought.ct_eq(secret.expose_secret().as_bytes())) {
        return next.run(request).await;
    }
    refuse(&Failure::new(
        Kind::WrongWay,
        "requests are taken at the gateway's public address alone; ask the operator for it",
    ))
}

/// No cookies are involved, so pages need no more than to be listed. What a request may say is for its route to
/// judge: any header may be sent.
fn layer(cors: &Cors) -> Option<CorsLayer> {
    let origins = match cors {
        Cors::Off => return None,
        Cors::Any => AllowOrigin::any(),
        Cors::Origins(origins) => {
            AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok()))
        }
    };
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([&answer::own_headers()[..], &[header::RETRY_AFTER]].concat())
        .max_age(MAX_AGE);
    Some(layer)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;
    use tower_service::Service;

    use super::*;
    use crate::config::Origin;

    const PAGE: &str = "https://app.test";

    /// One route that streams, and all others are refused. Says which headers of a request it saw.
    fn routes() -> Routes {
        let streamed = async |headers: HeaderMap| {
            let frames =
                headers.into_iter().filter_map(|(name, _)| Some(Ok::<_, std::io::Error>(name?.to_string())));
            Body::from_stream(futures::stream::iter(frames.collect::<Vec<_>>()))
        };
        Router::new()
            .route("/stream", post(streamed))
            .fallback(async || refuse(&Failure::new(Kind::UnknownRoute, "there is no such route")))
    }

    fn edge(origins: Cors, secret: Option<&str>) -> Routes {
        Edge { cors: origins, origin_secret: secret.map(SecretString::from) }.around(routes())
    }

    fn pages() -> Cors {
        Cors::Origins(vec![Origin::parse(PAGE).unwrap()])
    }

    async fn call(mut routes: Routes, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        routes.call(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn header<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
        response.headers().get(name).map(|value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn answers_refusals_and_preflights_say_that_a_listed_page_may_read_them() {
        for (method, path, status) in
            [("POST", "/stream", 200), ("GET", "/nothing", 404), ("OPTIONS", "/stream", 200)]
        {
            let asked = [
                ("origin", PAGE),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "authorization,x-stainless-os"),
            ];
            let response = call(edge(pages(), None), method, path, &asked).await;
            assert_eq!(response.status(), status, "{method} {path}");
            assert_eq!(header(&response, "access-control-allow-origin"), Some(PAGE));
            if method == "OPTIONS" {
                let allowed = header(&response, "access-control-allow-headers").unwrap();
                assert_eq!(allowed, "authorization,x-stainless-os");
                assert_eq!(header(&response, "access-control-max-age"), Some("7200"));
            } else {
                let exposed = header(&response, "access-control-expose-headers").unwrap();
                for name in ["x-request-id", "x-adit-dropped", "retry-after", "x-ratelimit-remaining-tokens"]
                {
                    assert!(exposed.split(',').any(|listed| listed == name), "{exposed}");
                }
            }
        }
    }

    #[tokio::test]
    async fn other_pages_are_told_nothing_and_every_page_if_the_operator_says_so() {
        let asked = [("origin", "https://evil.test")];
        for (cors, expected) in [(Cors::Off, None), (pages(), None), (Cors::Any, Some("*"))] {
            let response = call(edge(cors, None), "POST", "/stream", &asked).await;
            assert_eq!(header(&response, "access-control-allow-origin"), expected);
        }
    }

    #[tokio::test]
    async fn who_comes_past_the_front_is_refused_and_nothing_behind_sees_the_secret() {
        for headers in [
            &[][..],
            &[("x-adit-origin", "")],
            &[("x-adit-origin", "marzipa")],
            &[("x-adit-origin", "marzipanX")],
        ] {
            let response = call(edge(Cors::Off, Some("marzipan")), "POST", "/stream", headers).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
        }
        let right = [("x-adit-origin", "marzipan"), ("x-other", "1")];
        let response = call(edge(Cors::Off, Some("marzipan")), "POST", "/stream", &right).await;
        assert_eq!(response.status(), StatusCode::OK);
        let seen = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(&seen[..], b"x-other");
    }
}
