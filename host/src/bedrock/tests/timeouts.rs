//! Answers that take too long.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;

use crate::bedrock::Bedrock;
use crate::capability;
use crate::chat::Delivery;
use crate::config::Timeouts;
use crate::error::{Failure, Kind};
use crate::pipeline::{Deadline, Upstream};
use crate::telemetry::Observation;

use super::canned::{Canned, Piece, Reply, Response};
use super::streamed::text;
use super::{bedrock_in, request};

fn silence() -> Piece {
    Piece::Silence { _token: Arc::new(()) }
}

fn hello_and_silence() -> Reply {
    Response::stream(vec![Piece::Bytes(text(0, "Hello")), silence()]).into()
}

fn bedrock(http: &Canned, timeouts: Timeouts) -> Bedrock {
    bedrock_in(http, &["us-east-1"], 3, timeouts, capability::Models::built_in())
}

/// How a call ends that is given so long, how many batches it had, and after how many seconds it ended.
async fn end(bedrock: &Bedrock, delivery: Delivery, deadline: u64) -> (Failure, usize, u64) {
    let begun = Instant::now();
    let call = bedrock.prepare(&request(delivery)).await.unwrap();
    let mut batches = 0;
    match call.send(Deadline::after(Duration::from_secs(deadline)), &Observation::default()).await {
        Err(failure) => (failure, batches, begun.elapsed().as_secs()),
        Ok(mut events) => loop {
            match events.next().await.unwrap() {
                Ok(_) => batches += 1,
                Err(failure) => {
                    assert!(events.next().await.is_none());
                    return (failure, batches, begun.elapsed().as_secs());
                }
            }
        },
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_given_up() {
    let http = Canned::new([hello_and_silence(), Response::stream(vec![silence()]).into()]);
    let bedrock = bedrock(&http, Timeouts { idle: Duration::from_secs(5), ..Timeouts::default() });
    let (failure, batches, seconds) = end(&bedrock, Delivery::Streamed, 100).await;
    assert_eq!((failure.kind, batches, seconds), (Kind::ModelTimeout, 1, 5));
    let (failure, batches, seconds) = end(&bedrock, Delivery::Streamed, 100).await;
    assert_eq!((failure.kind, batches, seconds), (Kind::ModelTimeout, 0, 5));
    assert_eq!(http.requests().len(), 2, "a timeout is not repeated");
}

#[tokio::test(start_paused = true)]
async fn no_answer_goes_on_past_its_deadline() {
    let cases = [
        (Delivery::Whole, Reply::Silence, 0),
        (Delivery::Streamed, Reply::Silence, 0),
        // The empty batch that says that the answer has begun.
        (Delivery::Streamed, Response::stream(vec![silence()]).into(), 1),
        (Delivery::Streamed, hello_and_silence(), 1),
    ];
    for (delivery, reply, expected) in cases {
        let http = Canned::new([reply]);
        let (failure, batches, seconds) = end(&bedrock(&http, Timeouts::default()), delivery, 60).await;
        assert_eq!((failure.kind, batches, seconds), (Kind::ModelTimeout, expected, 60));
        assert!(failure.internal.unwrap().contains("not complete in the time"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_begin_in_time_is_given_up() {
    for reply in [Reply::Silence, Response::stream(vec![silence()]).into()] {
        let http = Canned::new([reply]);
        let timeouts = Timeouts { first_event: Some(Duration::from_secs(10)), ..Timeouts::default() };
        let (failure, _, seconds) = end(&bedrock(&http, timeouts), Delivery::Streamed, 60).await;
        assert_eq!((failure.kind, seconds), (Kind::ModelTimeout, 10));
        assert_eq!(http.requests().len(), 1);
    }
}
