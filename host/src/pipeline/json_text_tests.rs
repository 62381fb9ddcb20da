#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use proptest::prelude::*;

use super::*;

/// Text marked by `<…>`, with a `|` where the value ends.
fn marked(pieces: &[Piece]) -> String {
    let mark = |piece: &Piece| match piece {
        Piece::Raw(raw) => raw.clone(),
        Piece::Text { text, last } => format!("<{text}{}>", if *last { "|" } else { "" }),
    };
    pieces.iter().map(mark).collect()
}

fn check(fragments: &[&str], expected: &str) {
    let mut lexer = Lexer::default();
    let mut out: String = fragments.iter().map(|fragment| marked(&lexer.feed(fragment))).collect();
    out.push_str(&marked(&lexer.end()));
    assert_eq!(out, expected);
}

#[test]
fn gives_values_and_leaves_keys() {
    check(
        &[r#"{"to":"a@b.c","n":[1,"x"],"deep":{"k":""}}"#],
        r#"{"to":"<a@b.c|>","n":[1,"<x|>"],"deep":{"k":"<|>"}}"#,
    );
    check(&[r#""alone""#], r#""<alone|>""#);
    check(&["[true, null, -1e9]"], "[true, null, -1e9]");
}

#[test]
fn goes_on_where_a_fragment_ended() {
    check(&[r#"{"a":"on"#, r#"e","b"#, r#"":"two"}"#], r#"{"a":"<on><e|>","b":"<two|>"}"#);
    check(&[r#"{"a\"#, r#""":"v"}"#], r#"{"a\"":"<v|>"}"#);
}

#[test]
fn joins_escapes_across_fragments() {
    check(&[r#"["\u00"#, r"e9 \", r"n \ud83d", r#"\ude00"]"#], "[\"<é ><\n ><😀|>\"]");
    check(&[r#"["\ud83dx","\ud83d\n","\udc00"]"#], "[\"<\u{fffd}x|>\",\"<\u{fffd}\n|>\",\"<\u{fffd}|>\"]");
}

#[test]
fn half_a_pair_takes_nothing_with_it() {
    check(&[r#"["\ud83d"]"#], "[\"<\u{fffd}|>\"]");
    check(&[r#"["\ud83d","b"]"#], "[\"<\u{fffd}|>\",\"<b|>\"]");
    check(&[r#"["\ud83d\u0041BC"]"#], "[\"<\u{fffd}ABC|>\"]");
    check(&[r#"["\ud83d\ud83d\ude00"]"#], "[\"<\u{fffd}😀|>\"]");
    check(&[r#"["\ud83d\"q"]"#], "[\"<\u{fffd}\"q|>\"]");
    check(&[r#"["\u00zz"]"#], "[\"<\u{fffd}zz|>\"]");
}

#[test]
fn takes_json_that_was_cut_short() {
    check(&[r#"{"a":"half"#], r#"{"a":"<half><|>"#);
    check(&[r#"{"a":"half\u00"#], r#"{"a":"<half><|>\u00"#);
    check(&[r#"{"a"#], r#"{"a"#);
}

#[test]
fn replaces_only_what_it_is_told_to() {
    let json = Json::from_checked(r#"{"a":"one","b":["two"]}"#);
    let mut texts = [None, Some("2\"".to_owned())].into_iter();
    let new = replace_strings(&json, &mut || texts.next().flatten()).unwrap();
    assert_eq!(new.as_str(), r#"{"a":"one","b":["2\""]}"#);
    assert_eq!(replace_strings(&json, &mut || None), None);
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i32>().prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
        "[\\\\\"\n\u{1}-\u{1f}é😀]{0,6}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            prop::collection::hash_map(".{0,5}", inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The same JSON with every character beyond ASCII written as `\uXXXX`, in pairs where it takes two.
fn escaped_throughout(json: &str) -> String {
    let escape = |character: char| {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        units.map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat()
    };
    json.chars()
        .map(|character| if character.is_ascii() { character.to_string() } else { escape(character) })
        .collect()
}

proptest! {
    #[test]
    fn any_split_gives_the_same_json(value in value(), cuts in prop::collection::vec(0_usize..400, 0..8)) {
        let json = escaped_throughout(&value.to_string());
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| json.is_char_boundary(*cut)).collect();
        cuts.extend([0, json.len()]);
        cuts.sort_unstable();
        let mut lexer = Lexer::default();
        let mut out = String::new();
        for pair in cuts.windows(2) {
            for piece in lexer.feed(&json[pair[0]..pair[1]]) {
                match piece {
                    Piece::Raw(raw) => out.push_str(&raw),
                    Piece::Text { text, .. } => escape_into(&text, &mut out),
                }
            }
        }
        prop_assert!(lexer.end().is_empty());
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), value);
    }

    #[test]
    fn never_panics(fragments in prop::collection::vec("[\"\\\\u{}:,a0d8😀\\[\\]]{0,10}", 0..10)) {
        let mut lexer = Lexer::default();
        for fragment in &fragments {
            lexer.feed(fragment);
        }
        lexer.end();
    }
}
