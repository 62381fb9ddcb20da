//! Changes of bodies of ConverseStream, as lines or as frames.

use adit_fuzz::frames;

use crate::random::Random;
use crate::{bytes, json, tree};

/// Changes a body. Most that comes of it still has right lengths and checksums.
pub(crate) fn mutate(body: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let are_frames = body.first() == Some(&0);
    if random.below(8) == 0 {
        bytes::mutate(body, other, random);
    } else if are_frames {
        let other: Vec<Part> = frames::parts(&frames::body(other));
        let mut parts = frames::parts(body);
        change(&mut parts, &other, random, |(headers, payload), (other_headers, other), random| {
            if random.below(6) == 0 {
                bytes::mutate(headers, other_headers, random);
            } else {
                json_or_tree(payload, other, random);
            }
        });
        *body = parts.iter().flat_map(|(headers, payload)| frames::frame(headers, payload)).collect();
    } else {
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let mut changed = lines(body);
        change(&mut changed, &lines(other), random, |line, other, random| {
            let at = payload(line);
            let mut json = line.split_off(at);
            json_or_tree(&mut json, &other[payload(other)..], random);
            line.append(&mut json);
        });
        *body = changed.join(&b'\n');
    }
}

/// Where the JSON of a line begins.
fn payload(line: &[u8]) -> usize {
    line.iter().position(|byte| *byte == b' ').map_or(0, |space| space + 1)
}

fn json_or_tree(payload: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if random.below(2) == 0 {
        json::mutate(payload, other, random);
    } else {
        tree::mutate(payload, other, random);
    }
}

type Part = (Vec<u8>, Vec<u8>);

/// Changes one event, moves it, says it twice, leaves it out, or takes a foreign one.
fn change<T: Clone>(
    events: &mut Vec<T>,
    others: &[T],
    random: &mut Random,
    within: impl FnOnce(&mut T, &T, &mut Random),
) {
    if events.is_empty() {
        return events.extend_from_slice(others);
    }
    let at = random.below(events.len());
    let to = random.below(events.len());
    match random.below(8) {
        0 => events.swap(at, to),
        1 => events.insert(at, events[to].clone()),
        2 => drop(events.remove(at)),
        3 if !others.is_empty() => events.insert(at, random.one_of(others).clone()),
        _ => {
            let other = if others.is_empty() { events[to].clone() } else { random.one_of(others).clone() };
            within(&mut events[at], &other, random);
        }
    }
}
