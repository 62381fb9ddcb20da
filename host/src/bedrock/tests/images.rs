//! Images: what a model is asked, and what is made of its answer.

use serde_json::{Value, json};

use crate::chat::{ImageRequest, ImageSize, Usage};
use crate::error::Kind;
use crate::pipeline::Illustrator;

use super::canned::Response;
use super::*;

const CANVAS: &str = "amazon.nova-canvas-v1:0";
const STABLE: &str = "stability.stable-image-core-v1:1";
const PNG: &str = "iVBORw0KGgo=";

async fn draw(http: &Canned, request: &ImageRequest) -> Result<(usize, Usage), Failure> {
    let call = bedrock(http).prepare_images(request.clone()).await?;
    let (pictures, usage) = call.send(Deadline::Never, &Observation::default()).await?;
    Ok((pictures.len(), usage))
}

fn drawn(images: &[&str]) -> Response {
    Response::json(200, &json!({"images": images}).to_string())
}

#[tokio::test]
async fn an_image_counts_as_the_tokens_that_its_price_is_for() {
    let large = Some(ImageSize { width: 2048, height: 2048 });
    for (request, images, tokens) in [
        (ImageRequest::new(CANVAS, "a cat"), 1, 1000),
        (ImageRequest { count: 2, size: large, ..ImageRequest::new(CANVAS, "a cat") }, 2, 3000),
        (ImageRequest::new(STABLE, "a cat"), 1, 1000),
    ] {
        let http = Canned::new([drawn(&vec![PNG; images])]);
        let call = bedrock(&http).prepare_images(request.clone()).await.unwrap();
        assert_eq!(call.estimate().max_output_tokens, Some(tokens));
        assert!(call.estimate().prices.is_some());
        let (made, usage) = draw(&http, &request).await.unwrap();
        assert_eq!((made, usage.output_tokens), (images, tokens));
        let sent = &http.requests()[0];
        assert!(sent.uri().ends_with("/invoke"), "{}", sent.uri());
        let body: Value = serde_json::from_slice(sent.body().bytes().unwrap()).unwrap();
        assert!(body.to_string().contains("a cat"));
    }
}

#[tokio::test]
async fn what_the_model_does_not_do_is_not_asked() {
    let http = Canned::default();
    for (request, kind, parameter) in [
        (ImageRequest::new("amazon.nova-lite-v1:0", "a cat"), Kind::ModelNotFound, "model"),
        (ImageRequest { count: 0, ..ImageRequest::new(CANVAS, "a cat") }, Kind::InvalidRequest, "count"),
        (ImageRequest { count: 6, ..ImageRequest::new(CANVAS, "a cat") }, Kind::InvalidRequest, "count"),
        (ImageRequest { count: 2, ..ImageRequest::new(STABLE, "a cat") }, Kind::InvalidRequest, "count"),
    ] {
        let failure = draw(&http, &request).await.unwrap_err();
        assert_eq!((failure.kind, failure.param.as_deref()), (kind, Some(parameter)));
    }
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn what_a_filter_keeps_back_is_the_callers_to_change() {
    let blocked = Response::json(200, r#"{"images":[],"error":"blocked by our content filters"}"#);
    let failure = draw(&Canned::new([blocked]), &ImageRequest::new(CANVAS, "a cat")).await.unwrap_err();
    assert_eq!((failure.kind, failure.code.as_deref()), (Kind::InvalidRequest, Some("content_filter")));
}
