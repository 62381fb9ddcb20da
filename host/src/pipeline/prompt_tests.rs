#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use super::*;
use crate::chat::{Message, Reasoning, Sampling, Strictness, Tool, ToolResult, ToolResultStatus, ToolUse};

/// A request with a string in every place that a model reads.
fn request() -> Request {
    let text = |text: &str| Part::Text(text.to_owned());
    Request {
        system: vec![text("be brief")],
        messages: vec![
            Message { role: chat::Role::User, parts: vec![text("first"), text("second")] },
            Message {
                role: chat::Role::Assistant,
                parts: vec![
                    Part::Reasoning(Reasoning {
                        text: "thought".to_owned(),
                        signature: Some("seal".to_owned()),
                    }),
                    Part::ToolUse(ToolUse {
                        id: "t1".to_owned(),
                        name: "mail".to_owned(),
                        input: Json::from_checked(r#"{"to":"a@b.c","n":1,"cc":["d@e.f"]}"#),
                    }),
                ],
            },
            Message {
                role: chat::Role::User,
                parts: vec![Part::ToolResult(ToolResult {
                    tool_use_id: "t1".to_owned(),
                    status: ToolResultStatus::Success,
                    content: vec![ResultPart::Text("sent".to_owned())],
                })],
            },
        ],
        tools: vec![Tool {
            name: "mail".to_owned(),
            description: Some("sends".to_owned()),
            input_schema: Json::from_checked(r#"{"type":"object"}"#),
            strictness: Strictness::Loose,
            cache: None,
        }],
        sampling: Sampling { stop_sequences: vec!["halt".to_owned()], ..Sampling::default() },
        ..Request::new("m", Vec::new())
    }
}

/// Checks edits, and applies them.
fn edit_all(request: &mut Request, mut edits: Vec<Edit>) -> Result<(), String> {
    let mut places = places(request);
    check(segments(&places).len(), &mut edits)?;
    apply(&mut places, edits);
    Ok(())
}

fn read(request: &mut Request) -> Vec<(u32, Origin, Role, String)> {
    let places = places(request);
    segments(&places).into_iter().map(|s| (s.id, s.origin, s.role, s.text.into_owned())).collect()
}

#[test]
fn finds_every_string_that_a_model_reads() {
    let found: Vec<_> =
        read(&mut request()).into_iter().map(|(_, origin, role, text)| (origin, role, text)).collect();
    let expected = [
        (Origin::System, Role::System, "be brief"),
        (Origin::ToolDefinition, Role::System, "sends"),
        (Origin::ToolDefinition, Role::System, "object"),
        (Origin::Message, Role::User, "first"),
        (Origin::Message, Role::User, "second"),
        (Origin::Reasoning, Role::Assistant, "thought"),
        (Origin::ToolArgs, Role::Assistant, "a@b.c"),
        (Origin::ToolArgs, Role::Assistant, "d@e.f"),
        (Origin::ToolResult, Role::Tool, "sent"),
        (Origin::Other, Role::System, "halt"),
    ];
    assert_eq!(found, expected.map(|(origin, role, text)| (origin, role, text.to_owned())));
}

#[test]
fn an_edit_of_any_one_segment_changes_that_string_alone() {
    let before = read(&mut request());
    for (id, ..) in &before {
        let mut request = request();
        edit_all(&mut request, vec![Edit { id: *id, text: "n\"ew\n".to_owned() }]).unwrap();
        for (found, (old_id, .., old)) in read(&mut request).into_iter().zip(&before) {
            let expected = if old_id == id { "n\"ew\n" } else { old };
            assert_eq!(found.3, expected, "segment {old_id} after an edit of {id}");
        }
    }
}

#[test]
fn edits_may_come_in_any_order() {
    let mut request = request();
    let edit = |id: u32| Edit { id, text: id.to_string() };
    edit_all(&mut request, vec![edit(7), edit(0), edit(3)]).unwrap();
    let texts: Vec<_> = read(&mut request).into_iter().map(|found| found.3).collect();
    assert_eq!((&*texts[0], &*texts[3], &*texts[7]), ("0", "3", "7"));
}

#[test]
fn refuses_edits_that_fit_no_segment() {
    let edit = |id| Edit { id, text: String::new() };
    let fault = |edits| edit_all(&mut request(), edits).unwrap_err();
    assert_eq!(fault(vec![edit(99)]), "an edit of segment 99, which does not exist");
    assert_eq!(fault(vec![edit(1), edit(1)]), "two edits of segment 1");
}

#[test]
fn counts_the_bytes_of_all_places() {
    let request = &mut request();
    let expected = "be brief".len()
        + "sends".len()
        + r#"{"type":"object"}"#.len()
        + "firstsecondthought".len()
        + r#"{"to":"a@b.c","n":1,"cc":["d@e.f"]}"#.len()
        + "senthalt".len();
    assert_eq!(text_bytes(request), expected as u64);
}
