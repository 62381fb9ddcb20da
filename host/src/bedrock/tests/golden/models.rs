//! Bedrock's lists in, `GET /v1/models` out: `tests/golden/models`.
//!
//! A case has a line for each thing that Bedrock lists, `text ID OWNER INFERENCE`, `vector ID OWNER
//! INFERENCE`, `system ID STATUS MODEL` or `application NAME STATUS MODEL`; `alias NAME MODEL` and
//! `allow PATTERN` are the operator's; `get PATH` is a request.

use std::collections::HashMap;
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::capability;
use crate::config::Timeouts;
use crate::ids::ModelPattern;

use super::super::bedrock_in;
use super::super::canned::{Canned, Response};
use super::super::list::{foundation, profile};
use super::gateway::Gateway;

#[test]
fn what_bedrock_lists_is_listed_for_each_key() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    super::check("models", |input| runtime.block_on(show(input)));
}

async fn show(input: &str) -> String {
    let mut lists: HashMap<&str, Vec<Value>> = HashMap::new();
    let (mut aliases, mut models, mut paths) = (HashMap::new(), Vec::new(), Vec::new());
    for line in input.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            [list @ ("text" | "vector" | "image"), id, owner, inference] => {
                lists.entry(list).or_default().push(foundation(id, owner, inference));
            }
            ["system", id, status, model] => {
                lists.entry("system").or_default().push(profile(id, "SYSTEM_DEFINED", status, model));
            }
            ["application", name, status, model] => {
                lists.entry("application").or_default().push(profile(name, "APPLICATION", status, model));
            }
            ["alias", name, model] => drop(aliases.insert(name.to_owned(), model.to_owned())),
            ["allow", pattern] => models.push(ModelPattern::parse(pattern).unwrap()),
            ["get", path] => paths.push(path.to_owned()),
            _ => panic!("no such line: {line}"),
        }
    }
    let mut list = |name, member: &str| {
        let body = json!({ member: lists.remove(name).unwrap_or_default() });
        Response::json(200, &body.to_string())
    };
    let http = Canned::new([
        list("text", "modelSummaries"),
        list("vector", "modelSummaries"),
        list("system", "inferenceProfileSummaries"),
        list("application", "inferenceProfileSummaries"),
        list("image", "modelSummaries"),
    ]);

    let aliases = aliases.into_iter().collect();
    let known = capability::Models::with(capability::Operator { aliases, ..capability::Operator::default() });
    let bedrock = bedrock_in(&http, &["us-east-1"], 1, Timeouts::default(), known);
    let mut gateway = Gateway::new(bedrock, models).await;

    let mut text = String::new();
    for path in paths {
        let (status, body) = gateway.ask(Request::get(&path), Body::empty()).await;
        let body = body.replace("[{", "[\n  {").replace("},{", "},\n  {");
        writeln!(text, "GET {path}: {status} {body}").unwrap();
    }
    text
}
