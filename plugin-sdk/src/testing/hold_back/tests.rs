#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
use super::*;

const KIND: TextKind = TextKind::Text;

fn chunk(text: &str, final_: bool) -> Chunk {
    Chunk { index: 0, kind: KIND, text: text.to_owned(), final_ }
}

fn settle(text: &str, final_: bool, outcome: Outcome) -> Result<Vec<Delta>, String> {
    HoldBack::default().settle(vec![chunk(text, final_)], vec![outcome], 3)
}

#[test]
fn unconsumed_text_comes_back_in_front() {
    let mut held = HoldBack::default();
    let out = held.settle(vec![chunk("abcd", false)], vec![Outcome::hold(2)], 3).unwrap();
    assert_eq!(out, [Delta::new(0, KIND, "ab")]);
    let next = held.chunks(vec![Delta::new(0, KIND, "ef"), Delta::end(0, KIND)]);
    assert_eq!(next, [chunk("cdef", true)]);
}

#[test]
fn text_of_another_block_stays_where_it_is() {
    let mut held = HoldBack::default();
    held.settle(vec![chunk("abc", false)], vec![Outcome::hold(0)], 3).unwrap();
    let next = held.chunks(vec![Delta::new(1, KIND, "x"), Delta::end(0, KIND)]);
    assert_eq!(next, [Chunk { index: 1, ..chunk("x", false) }, chunk("abc", true)]);
}

#[test]
fn an_empty_delta_makes_no_chunk() {
    assert!(HoldBack::default().chunks(vec![Delta::new(0, KIND, "")]).is_empty());
}

#[test]
fn a_block_may_end_and_begin_again_in_one_call() {
    let deltas = vec![Delta::new(0, KIND, "a"), Delta::end(0, KIND), Delta::new(0, KIND, "b")];
    assert_eq!(HoldBack::default().chunks(deltas), [chunk("a", true), chunk("b", false)]);
}

#[test]
fn output_stands_for_the_consumed_bytes() {
    let out = settle("abcd", false, Outcome::replace_front(2, "X")).unwrap();
    assert_eq!(out, [Delta::new(0, KIND, "X")]);
}

#[test]
fn rejects_each_broken_rule() {
    let cases = [
        ("abc", false, 4, "consumed 4 of 3 bytes"),
        ("aé", false, 2, "consumed 2 bytes, which cuts a character in two"),
        ("abc", true, 2, "left 1 bytes at the block's end"),
        ("abcde", false, 1, "left 4 bytes, the window is 3"),
    ];
    for (text, final_, consumed, rule) in cases {
        assert_eq!(settle(text, final_, Outcome::hold(consumed)), Err(rule.to_owned()));
    }
    let none = HoldBack::default().settle(vec![chunk("a", false)], vec![], 3);
    assert_eq!(none, Err("0 outcomes for 1 chunks".to_owned()));
}
