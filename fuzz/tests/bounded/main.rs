//! Each target over its seeds and some mutations of them, the same ones in every run.
//!
//! `ADIT_FUZZ_RUNS=1000000 cargo test -p adit-fuzz` runs longer. An input that fails is printed,
//! as the inside of a `b".."`; put it into the target's corpus, and it is tried for ever after.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod bytes;
mod events;
mod json;
mod random;
mod seeds;
mod tree;

use std::panic::catch_unwind;

use random::Random;

/// Longer inputs are slower, and find nothing that short ones do not.
const MAX_BYTES: usize = 64 << 10;

type Mutate = fn(&mut Vec<u8>, &[u8], &mut Random);

/// How many mutations are tried.
fn runs(usual: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
    let asked = std::env::var("ADIT_FUZZ_RUNS");
    asked.map_or(usual, |runs| runs.parse().unwrap())
}

/// Tries a target with each seed, then with mutations of them.
fn bounded(target: fn(&[u8]), seeds: &[Vec<u8>], usual: usize, mutate: Mutate) {
    for seed in seeds {
        attempt(target, seed);
    }
    let mut random = Random::new(2026);
    for _ in 0..runs(usual) {
        let mut input = random.one_of(seeds).clone();
        for _ in 0..=random.below(3) {
            mutate(&mut input, random.one_of(seeds).as_slice(), &mut random);
        }
        input.truncate(MAX_BYTES);
        attempt(target, &input);
    }
}

fn attempt(target: fn(&[u8]), input: &[u8]) {
    let outcome = catch_unwind(|| target(input));
    assert!(outcome.is_ok(), "failed for: {}", input.escape_ascii());
}

/// Mostly as JSON, sometimes as bytes.
fn text(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    match random.below(20) {
        0 => bytes::mutate(input, other, random),
        1..6 => json::mutate(input, other, random),
        _ => tree::mutate(input, other, random),
    }
}

#[test]
fn any_request_is_refused_or_written() {
    let seeds = [seeds::corpus("chat_request"), seeds::golden_requests("requests")].concat();
    bounded(adit_fuzz::chat_request, &seeds, 5000, text);
}

#[test]
fn any_request_in_the_older_format_is_refused_or_written() {
    let seeds = [seeds::corpus("completion_request"), seeds::golden_requests("completions")].concat();
    bounded(adit_fuzz::completion_request, &seeds, 3000, text);
}

#[test]
fn any_request_for_embeddings_is_refused_or_written() {
    let seeds = [seeds::corpus("embedding_request"), seeds::golden_requests("embeddings")].concat();
    bounded(adit_fuzz::embedding_request, &seeds, 3000, text);
}

#[test]
fn any_stream_of_events_becomes_a_stream_that_ends_well_or_with_an_error() {
    let seeds = [seeds::corpus("converse_stream"), seeds::recorded("converse-stream")].concat();
    bounded(adit_fuzz::converse_stream, &seeds, 1500, events::mutate);
}

#[test]
fn any_whole_answer_becomes_a_completion_or_an_error_of_bedrock() {
    let seeds = [seeds::corpus("converse_whole"), seeds::recorded("converse")].concat();
    bounded(adit_fuzz::converse_whole, &seeds, 5000, text);
}

#[test]
fn no_id_that_adit_did_not_give_brings_thinking_back() {
    bounded(adit_fuzz::tool_capsule, &seeds::corpus("tool_capsule"), 3000, bytes::mutate);
}
