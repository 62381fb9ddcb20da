//! `POST /v1/embeddings`, and what each model is asked: `tests/golden/embeddings`.
//!
//! A case is the client's body and, a line each, `answer TOKENS {..}` or `error STATUS CODE {..}` of
//! Bedrock. Shown are what it was asked and what the client gets.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::Request;

use super::super::bedrock;
use super::super::canned::{Canned, Response};
use super::gateway::Gateway;
use super::streams::{error, words};

#[test]
fn texts_become_vectors_in_their_order() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    super::check("embeddings", |input| runtime.block_on(show(input)));
}

async fn show(input: &str) -> String {
    let (body, replies) = input.split_once('\n').unwrap_or((input, ""));
    let replies = replies.lines().map(|line| match words(line) {
        ("answer", rest) => answer(rest),
        (_, rest) => error(rest),
    });
    let http = Canned::new(replies);
    let mut gateway = Gateway::new(bedrock(&http), Vec::new()).await;
    let request = Request::post("/v1/embeddings").header("content-type", "application/json");
    let (status, answer) = gateway.ask(request, Body::from(body.to_owned())).await;
    let mut text = String::new();
    for sent in http.requests() {
        let body = std::str::from_utf8(sent.body().bytes().unwrap()).unwrap().to_owned();
        writeln!(text, "{} {}\n{body}", sent.method(), sent.uri()).unwrap();
    }
    text + &format!("{status}\n{answer}")
}

/// `TOKENS BODY`
fn answer(rest: &str) -> Response {
    let (tokens, body) = words(rest);
    let headers = [("content-type", "application/json"), ("x-amzn-bedrock-input-token-count", tokens)];
    Response::new(200, &headers, &[body.as_bytes()])
}
