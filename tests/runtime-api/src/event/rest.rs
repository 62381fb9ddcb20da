//! Events of API Gateway's REST APIs, with `AWS_PROXY` and one resource for all paths.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>.

use http::header;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{ACCOUNT, Arrived};

/// The id of the API.
const API_ID: &str = "a1b2c3d4e5";

/// Nothing if the path does not begin with the stage.
pub(super) fn event(arrived: &Arrived<'_>, stage: &str) -> Option<Value> {
    let whole_path = arrived.parts.uri.path();
    let path = whole_path.strip_prefix('/')?.strip_prefix(stage)?;
    if !path.starts_with('/') {
        return None;
    }
    let domain = format!("{API_ID}.execute-api.us-east-1.amazonaws.com");
    let mut many = Map::new();
    for (name, value) in &arrived.parts.headers {
        append(&mut many, name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    for (name, value) in arrived.added_headers() {
        many.insert(name.to_owned(), json!([value]));
    }
    let query = query(arrived.parts.uri.query().unwrap_or_default());
    let (body, is_base64) = arrived.body(true);
    let user_agent = arrived.header(header::USER_AGENT);
    Some(json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": arrived.parts.method.as_str(),
        "headers": last_of_each(&many),
        "multiValueHeaders": many,
        "queryStringParameters": last_of_each(&query),
        "multiValueQueryStringParameters": null_if_empty(query),
        "pathParameters": {"proxy": path.trim_start_matches('/')},
        "stageVariables": null,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "domainName": domain,
            "domainPrefix": API_ID,
            "extendedRequestId": "Kb2pGHVLoAMFhLQ=",
            "httpMethod": arrived.parts.method.as_str(),
            "identity": {
                "accessKey": arrived.identity.map(|_| "AKIAIOSFODNN7EXAMPLE"),
                "accountId": arrived.identity.map(|identity| identity.account.as_str()),
                "apiKey": null,
                "apiKeyId": null,
                "caller": arrived.identity.map(|_| "AIDACKCEVSQ6C2EXAMPLE"),
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "cognitoIdentityPoolId": null,
                "principalOrgId": null,
                "sourceIp": arrived.source.ip().to_string(),
                "user": arrived.identity.map(|_| "AIDACKCEVSQ6C2EXAMPLE"),
                "userAgent": user_agent,
                "userArn": arrived.identity.map(|identity| identity.arn.as_str()),
            },
            "path": whole_path,
            "protocol": "HTTP/1.1",
            "requestId": arrived.id,
            "requestTime": arrived.time_of_day(),
            "requestTimeEpoch": arrived.time.as_millisecond(),
            "resourceId": "abc123",
            "resourcePath": "/{proxy+}",
            "stage": stage,
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }))
}

/// The parameters of a query, decoded.
fn query(text: &str) -> Map<String, Value> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let mut found = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        append(&mut found, &decoded(name), &decoded(value));
    }
    found
}

fn append(map: &mut Map<String, Value>, name: &str, value: &str) {
    if let Some(values) = map.entry(name).or_insert_with(|| json!([])).as_array_mut() {
        values.push(value.into());
    }
}

fn last_of_each(map: &Map<String, Value>) -> Value {
    let last = |values: &Value| values.as_array().and_then(|values| values.last()).cloned();
    null_if_empty(map.iter().filter_map(|(name, values)| Some((name.clone(), last(values)?))).collect())
}

fn null_if_empty(map: Map<String, Value>) -> Value {
    if map.is_empty() { Value::Null } else { map.into() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

    use super::super::tests::event_of;
    use super::*;
    use crate::function::{Front, Identity};

    fn dev() -> Front {
        Front::Rest { stage: "dev".to_owned() }
    }

    #[test]
    fn a_request_becomes_an_event_of_format_1() {
        let request = http::Request::post("/dev/v1/a%20b?x=1&y=%20&x=2")
            .header("x-test", "one")
            .header("x-test", "two")
            .body("{}")
            .unwrap();
        let event = event_of(&dev(), None, request);
        assert_eq!(event["path"], "/v1/a%20b");
        assert_eq!(event["pathParameters"], json!({"proxy": "v1/a%20b"}));
        assert_eq!(event["requestContext"]["path"], "/dev/v1/a%20b");
        assert_eq!(event["requestContext"]["stage"], "dev");
        assert_eq!(event["headers"]["x-test"], "two");
        assert_eq!(event["multiValueHeaders"]["x-test"], json!(["one", "two"]));
        assert_eq!(event["queryStringParameters"], json!({"x": "2", "y": " "}));
        assert_eq!(event["multiValueQueryStringParameters"], json!({"x": ["1", "2"], "y": [" "]}));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
        assert_eq!(event["requestContext"]["identity"]["userArn"], Value::Null);
    }

    #[test]
    fn a_caller_that_iam_knows_stands_in_the_identity() {
        let arn = "arn:aws:iam::123456789012:user/alice".to_owned();
        let identity = Identity { arn: arn.clone(), account: ACCOUNT.to_owned() };
        let event = event_of(&dev(), Some(&identity), http::Request::get("/dev/").body("").unwrap());
        assert_eq!(event["requestContext"]["identity"]["userArn"], *arn);
        assert_eq!((&event["body"], &event["queryStringParameters"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn a_path_outside_the_stage_is_not_there() {
        let source = "127.0.0.1:1".parse().unwrap();
        for path in ["/", "/dev", "/development/x", "/v1/dev/x"] {
            let (parts, ()) = http::Request::get(path).body(()).unwrap().into_parts();
            let (time, body) = (jiff::Timestamp::UNIX_EPOCH, bytes::Bytes::new());
            let arrived = Arrived { id: "", time, source, identity: None, parts: &parts, body: &body };
            assert_eq!(event(&arrived, "dev"), None, "{path}");
        }
    }
}
