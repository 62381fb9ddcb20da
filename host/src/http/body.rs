use axum::body::Body;
use axum::http::header;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;

use super::caller::Caller;
use crate::error::{Failure, Kind};
use crate::telemetry::Stage;

/// The whole body, if it is not over the limit. One that says so itself is not read at all.
pub(super) async fn read(caller: &Caller, body: Body, limit: usize) -> Result<Bytes, Failure> {
    let _sending = caller.observation.time(Stage::Body);
    let headers = &caller.headers;
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut read = BytesMut::with_capacity(announced.unwrap_or_default());
    let mut frames = body.into_data_stream();
    while let Some(frame) = frames.try_next().await.map_err(|_| cut_short())? {
        if read.len() + frame.len() > limit {
            return Err(too_large(limit));
        }
        read.extend_from_slice(&frame);
    }
    Ok(read.freeze())
}

fn too_large(limit: usize) -> Failure {
    Failure::new(Kind::TooLarge, format!("the request body is over the limit of {limit} bytes"))
        .with_code("request_too_large")
}

fn cut_short() -> Failure {
    Failure::new(Kind::InvalidRequest, "the request body ended before it was complete")
}
