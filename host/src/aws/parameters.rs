//! Parameter Store.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::{DisplayErrorContext, ProvideErrorMetadata};

use super::{CONNECT_TIMEOUT, Endpoint, InvalidEndpoint, loader};

/// How often a page is asked for that AWS throttles, or that does not arrive.
const ATTEMPTS: u32 = 4;

/// For one attempt at one page.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

/// For one page, with all attempts. Lambda gives a function 10 s to start.
const PAGE_TIMEOUT: Duration = Duration::from_secs(6);

/// Which parameters are read, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Those right below the path. Secrets stay closed.
    Closed,
    /// All below the path, with secrets.
    Open,
}

/// Why parameters cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The address of Parameter Store is none.
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
    /// It says no, or nothing.
    #[error("cannot read the parameters `{path}`: {reason}")]
    Refused {
        /// The path.
        path: String,
        /// In AWS's words, which name the permission and the resource.
        reason: String,
    },
}

/// The values of the parameters below a path that ends in `/`, by what follows the path in their names. With the AWS
/// identity of this process.
pub async fn read(
    path: &str,
    reading: Reading,
    region: Option<&str>,
    endpoint: Option<&str>,
) -> Result<BTreeMap<String, String>, Unreadable> {
    let endpoint = endpoint.map(Endpoint::parse).transpose()?;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(PAGE_TIMEOUT)
        .build();
    let shared = loader(region, endpoint.as_ref())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .load()
        .await;
    let client = Client::new(&shared);
    let is_open = reading == Reading::Open;
    let (mut parameters, mut next) = (BTreeMap::new(), None);
    loop {
        let call = client.get_parameters_by_path().path(path).recursive(is_open).with_decryption(is_open);
        let page = call.set_next_token(next).send().await.map_err(|fault| {
            let reason = match (fault.code(), fault.message()) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (Some(code), None) => code.to_owned(),
                _ => DisplayErrorContext(&fault).to_string(),
            };
            Unreadable::Refused { path: path.to_owned(), reason }
        })?;
        let pairs = page.parameters.unwrap_or_default();
        parameters.extend(pairs.into_iter().filter_map(|pair| {
            let name = pair.name?.strip_prefix(path)?.to_owned();
            Some((name, pair.value?))
        }));
        next = page.next_token;
        if next.is_none() {
            return Ok(parameters);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;
    use serde_json::{Value, json};

    use super::*;

    /// A Parameter Store that answers what it is told to, and what it was asked for.
    async fn parameter_store(answers: Vec<(StatusCode, Value)>) -> (String, Arc<Mutex<Vec<Value>>>) {
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (journal, answers) = (Arc::clone(&asked), Arc::new(Mutex::new(answers.into_iter())));
        let answer = post(async move |body: String| {
            journal.lock().unwrap().push(serde_json::from_str(&body).unwrap());
            let (status, answer) = answers.lock().unwrap().next().unwrap();
            (status, [("content-type", "application/x-amz-json-1.1")], answer.to_string())
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", answer)).await });
        (url, asked)
    }

    #[tokio::test]
    async fn reads_all_pages_with_what_lies_deeper_and_with_secrets() {
        let page = |name: &str, next: Option<&str>| {
            (StatusCode::OK, json!({"Parameters": [{"Name": name, "Value": name}], "NextToken": next}))
        };
        let pages = vec![page("/adit/dev/table", Some("more")), page("/adit/dev/secrets/a", None)];
        let (url, asked) = parameter_store(pages).await;
        let values = read("/adit/dev/", Reading::Open, None, Some(&url)).await.unwrap();
        let expected = [("secrets/a", "/adit/dev/secrets/a"), ("table", "/adit/dev/table")];
        assert!(values.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected));
        let asked = asked.lock().unwrap();
        assert_eq!(asked[0], json!({"Path": "/adit/dev/", "Recursive": true, "WithDecryption": true}));
        assert_eq!(asked[1]["NextToken"], "more");
    }

    #[tokio::test]
    async fn a_refusal_names_the_permission_and_the_resource_in_the_words_of_aws() {
        const WORDS: &str =
            "User: arn:aws:sts::1:x is not authorized to perform: ssm:GetParametersByPath on resource: y";
        let refusal = json!({"__type": "AccessDeniedException", "Message": WORDS});
        let (url, _) = parameter_store(vec![(StatusCode::BAD_REQUEST, refusal)]).await;
        let fault = read("/adit/dev/", Reading::Open, None, Some(&url)).await.unwrap_err().to_string();
        assert_eq!(fault, format!("cannot read the parameters `/adit/dev/`: AccessDeniedException: {WORDS}"));
    }
}
