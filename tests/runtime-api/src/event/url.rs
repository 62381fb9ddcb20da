//! Events of Function URLs.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>.

use http::header;
use serde_json::{Map, Value, json};

use super::{Arrived, joined};
use crate::function::Identity;

/// The id of the URL.
const URL_ID: &str = "a1b2c3d4e5f6g7h8i9j0a1b2c3d4e5f6";

pub(super) fn event(arrived: &Arrived<'_>) -> Value {
    let path = arrived.parts.uri.path();
    let mut headers = joined(&arrived.parts.headers);
    // What a client says of where it comes from does not count.
    headers.extend(arrived.added_headers().map(|(name, value)| (name.to_owned(), value.into())));
    let cookies = headers.remove("cookie");
    let domain = format!("{URL_ID}.lambda-url.us-east-1.on.aws");
    let (body, is_base64) = arrived.body(is_text(arrived.header(header::CONTENT_TYPE)));
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": arrived.parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": arrived.identity.map_or("anonymous", |identity| identity.account.as_str()),
            "apiId": URL_ID,
            "domainName": domain,
            "domainPrefix": URL_ID,
            "http": {
                "method": arrived.parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": arrived.source.ip().to_string(),
                "userAgent": arrived.header(header::USER_AGENT),
            },
            "requestId": arrived.id,
            "routeKey": "$default",
            "stage": "$default",
            "time": arrived.time_of_day(),
            "timeEpoch": arrived.time.as_millisecond(),
        },
        "isBase64Encoded": is_base64,
    });
    if let Some(members) = event.as_object_mut() {
        add(members, arrived, cookies, body);
    }
    if let (Some(identity), Some(context)) = (arrived.identity, event.get_mut("requestContext")) {
        context["authorizer"] = authorizer(identity);
    }
    event
}

/// What is there only if a request has it.
fn add(members: &mut Map<String, Value>, arrived: &Arrived<'_>, cookies: Option<Value>, body: Value) {
    if let Some(Value::String(cookies)) = cookies {
        let cookies: Vec<_> = cookies.split("; ").map(Value::from).collect();
        members.insert("cookies".to_owned(), cookies.into());
    }
    let query = arrived.parts.uri.query().unwrap_or_default();
    if !query.is_empty() {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), Value::from(value))
        };
        members.insert("queryStringParameters".to_owned(), query.split('&').map(pair).collect());
    }
    if !body.is_null() {
        members.insert("body".to_owned(), body);
    }
}

fn authorizer(identity: &Identity) -> Value {
    json!({"iam": {
        "accessKey": "AKIAIOSFODNN7EXAMPLE",
        "accountId": identity.account,
        "callerId": "AIDACKCEVSQ6C2EXAMPLE",
        "cognitoIdentity": null,
        "principalOrgId": null,
        "userArn": identity.arn,
        "userId": "AIDACKCEVSQ6C2EXAMPLE",
    }})
}

/// Whether a body of this type stands in an event as it is.
fn is_text(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return true };
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || matches!(essence.as_str(), "application/json" | "application/xml" | "application/javascript")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

    use super::super::ACCOUNT;
    use super::super::tests::event_of;
    use super::*;
    use crate::function::Front;

    #[test]
    fn a_request_becomes_an_event_of_format_2() {
        let request = http::Request::post("/a%20b?x=1&y=%20&x=2")
            .header("content-type", "application/json; charset=utf-8")
            .header("cookie", "a=b; c=d")
            .header("x-forwarded-for", "198.51.100.1")
            .header("x-test", "one")
            .header("x-test", "two")
            .body("{}")
            .unwrap();
        let event = event_of(&Front::Url, None, request);
        assert_eq!(event["rawPath"], "/a%20b");
        assert_eq!(event["rawQueryString"], "x=1&y=%20&x=2");
        assert_eq!(event["cookies"], json!(["a=b", "c=d"]));
        assert_eq!(
            event["headers"],
            json!({
                "content-type": "application/json; charset=utf-8",
                "x-amzn-trace-id": "Root=1-8f507cfc-000040008000000000000001;Sampled=0",
                "x-forwarded-for": "203.0.113.7",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
                "x-test": "one,two",
            })
        );
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
        assert_eq!(event["requestContext"]["http"]["method"], "POST");
        assert_eq!(event["requestContext"]["time"], "12/Mar/2026:19:03:58 +0000");
        assert_eq!(event["requestContext"]["accountId"], "anonymous");
        assert_eq!(event["requestContext"].get("authorizer"), None);
    }

    #[test]
    fn a_caller_that_iam_knows_stands_in_the_request_context() {
        let arn = "arn:aws:iam::123456789012:user/alice".to_owned();
        let identity = Identity { arn: arn.clone(), account: ACCOUNT.to_owned() };
        let request = http::Request::get("/").body("").unwrap();
        let event = event_of(&Front::Url, Some(&identity), request);
        assert_eq!(event["requestContext"]["authorizer"]["iam"]["userArn"], *arn);
        assert_eq!(event["requestContext"]["accountId"], ACCOUNT);
        assert_eq!(event.get("body"), None);
    }

    #[test]
    fn only_types_of_text_are_text() {
        for (content_type, expected) in [
            (None, true),
            (Some("application/json"), true),
            (Some("TEXT/plain; charset=utf-8"), true),
            (Some("application/octet-stream"), false),
            (Some("image/png"), false),
        ] {
            assert_eq!(is_text(content_type), expected, "{content_type:?}");
        }
    }
}
