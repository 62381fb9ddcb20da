#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

use adit_plugin::chat::{Message, Part, ResultPart, Role, Tool, ToolResult, ToolUse};
use adit_plugin::testing::{Delta, Session, Stopped, context, every_split};
use adit_plugin::{Config as _, TextKind};

use super::*;

fn request(texts: &[&str]) -> Request {
    let messages = texts.iter().map(|text| Message::text(Role::User, *text)).collect();
    Request { system: vec![Part::Text("Be brief.".to_owned())], ..Request::new("model", messages) }
}

fn verdict(config: &str, request: Request) -> RequestVerdict {
    Guard::start(Rc::new(Config::parse(config).unwrap()), context()).on_request(request).unwrap()
}

fn code(verdict: RequestVerdict) -> String {
    match verdict {
        RequestVerdict::Keep => "keep".to_owned(),
        RequestVerdict::Replace(_) => "replace".to_owned(),
        RequestVerdict::Respond(_) => "respond".to_owned(),
        RequestVerdict::Deny(failure) => failure.code,
    }
}

fn replaced(verdict: RequestVerdict) -> Request {
    match verdict {
        RequestVerdict::Replace(request) => request,
        other => panic!("expected another request: {other:?}"),
    }
}

const FALCON: &str = r#"{"deny":[{"terms":["project falcon"],"message":"No."}]}"#;

#[test]
fn refuses_a_conversation_with_a_term() {
    assert_eq!(code(verdict(FALCON, request(&["hello"]))), "keep");
    assert_eq!(code(verdict(FALCON, request(&["about Project  Falcon", "and then?"]))), "content_denied");
    let mut escaped = request(&["hello"]);
    escaped.messages[0].parts.push(Part::ToolUse(ToolUse {
        id: "t".to_owned(),
        name: "find".to_owned(),
        input: r#"{"q":"project \u0066alcon"}"#.to_owned(),
    }));
    assert_eq!(code(verdict(FALCON, escaped)), "content_denied");
    let answers = r#"{"deny":[{"terms":["falcon"],"in":"answer"}]}"#;
    assert_eq!(code(verdict(answers, request(&["falcon"]))), "keep");
}

#[test]
fn finds_a_term_wherever_it_leaves_with_a_request() {
    let falcon = || "the project falcon".to_owned();
    let tool =
        Tool { name: "find".to_owned(), description: None, input_schema: "{}".to_owned(), extra: None };
    let additions: [&dyn Fn(&mut Request); 5] = [
        &|request| request.system.push(Part::Text(falcon())),
        &|request| request.tools.push(Tool { description: Some(falcon()), ..tool.clone() }),
        &|request| {
            let schema = r#"{"properties":{"a":{"description":"Project Falcon"}}}"#.to_owned();
            request.tools.push(Tool { input_schema: schema, ..tool.clone() });
        },
        &|request| request.sampling.stop_sequences.push(falcon()),
        &|request| request.extra = Some(r#"{"metadata":{"about":"project falcon"}}"#.to_owned()),
    ];
    let names = r#"{"deny":[{"terms":["metadata","properties","guarded_text"]}]}"#;
    let mut of_formats = request(&["hello"]);
    of_formats.extra = Some(r#"{"metadata":{"properties":"a"}}"#.to_owned());
    of_formats.messages[0].parts.push(Part::Other(r#"{"guarded_text":{"text":"a"}}"#.to_owned()));
    assert_eq!(code(verdict(names, of_formats)), "keep");
    for (number, add_term) in additions.into_iter().enumerate() {
        let mut asked = request(&["hello"]);
        add_term(&mut asked);
        assert_eq!(code(verdict(FALCON, asked)), "content_denied", "{number}");
    }
}

#[test]
fn refuses_a_turn_that_is_about_a_topic() {
    let config = r#"{"topics":[{"name":"medicine","terms":["dose","pill","doctor"],"at_least":2}]}"#;
    assert_eq!(code(verdict(config, request(&["which dose?"]))), "keep");
    assert_eq!(code(verdict(config, request(&["which dose of the pill?"]))), "topic_denied");
    assert_eq!(code(verdict(config, request(&["dose dose dose"]))), "keep");
    assert_eq!(code(verdict(config, request(&["which dose of the pill?", "never mind"]))), "keep");
    let mut guarded = request(&["hello", ""]);
    guarded.messages[1].parts = vec![Part::Other(r#"{"guarded_text":{"text":"a pill, a dose"}}"#.to_owned())];
    assert_eq!(code(verdict(config, guarded)), "topic_denied");
}

#[test]
fn refuses_what_is_too_much() {
    for (limits, texts, expected) in [
        (r#"{"prompt_bytes":14}"#, ["hello"].as_slice(), "keep"),
        (r#"{"prompt_bytes":13}"#, &["hello"], "request_too_large"),
        (r#"{"messages":1}"#, &["a", "b"], "request_too_large"),
        (r#"{"messages":2,"tools":0,"files":0}"#, &["a", "b"], "keep"),
    ] {
        let config = format!(r#"{{"limits":{limits}}}"#);
        assert_eq!(code(verdict(&config, request(texts))), expected, "{limits}");
    }
}

#[test]
fn counts_each_byte_of_a_result_once() {
    let mut asked = request(&["hello"]);
    let json = r#"["0123456789"]"#;
    let content = vec![ResultPart::Text(json.to_owned())];
    let result = ToolResult { tool_use_id: "t".to_owned(), is_error: false, content };
    asked.messages[0].parts.push(Part::ToolResult(result));
    let most = 14 + json.len();
    let config = |bytes: usize| format!(r#"{{"limits":{{"prompt_bytes":{bytes}}}}}"#);
    assert_eq!(code(verdict(&config(most), asked.clone())), "keep");
    assert_eq!(code(verdict(&config(most - 1), asked)), "request_too_large");
}

#[test]
fn lowers_the_limit_of_the_answer() {
    let config = r#"{"limits":{"max_tokens":100}}"#;
    assert_eq!(replaced(verdict(config, request(&["a"]))).sampling.max_tokens, Some(100));
    let mut small = request(&["a"]);
    small.sampling.max_tokens = Some(7);
    assert_eq!(code(verdict(config, small)), "keep");
}

#[test]
fn pins_the_instructions() {
    let text = |request: &Request| -> Vec<String> {
        let parts = request.system.iter();
        parts
            .map(|part| if let Part::Text(text) = part { text.clone() } else { panic!("{part:?}") })
            .collect()
    };
    let keep = r#"{"system":{"text":"Speak French."}}"#;
    let pinned = replaced(verdict(keep, request(&["a"])));
    assert_eq!(text(&pinned), ["Speak French.", "Be brief."]);
    assert_eq!(code(verdict(keep, pinned)), "keep");
    let drop = r#"{"system":{"text":"Speak French.","others":"drop"}}"#;
    assert_eq!(text(&replaced(verdict(drop, request(&["a"])))), ["Speak French."]);
}

#[test]
fn stops_an_answer_however_it_is_split() {
    for text in ["the Project\nFalcon is", "project falcon", "a project falcon."] {
        for deltas in every_split(text) {
            let mut session = Session::<Guard>::start(FALCON, context()).unwrap();
            let mut end = None;
            let deltas = deltas.iter().map(|text| Delta::new(0, TextKind::Text, *text));
            for delta in deltas.chain([Delta::end(0, TextKind::Text)]) {
                match session.deltas(vec![delta]) {
                    Ok(passed) => assert!(passed.iter().all(|delta| !delta.text.contains("alcon"))),
                    Err(stopped) => {
                        end = Some(stopped);
                        break;
                    }
                }
            }
            let Some(Stopped::Refused(failure)) = end else { panic!("`{text}` went through") };
            assert_eq!((failure.status, failure.message.as_str()), (403, "No."));
        }
    }
}

#[test]
fn leaves_other_answers_as_they_are() {
    for text in ["projects falcon", "a project, falcons", "über project falconé", "proj"] {
        for deltas in every_split(text) {
            let mut session = Session::<Guard>::start(FALCON, context()).unwrap();
            assert_eq!(session.text(&deltas), text, "{deltas:?}");
        }
    }
}

#[test]
fn asks_for_no_text_if_no_rule_is_for_answers() {
    let wants = |config: &str| Guard::wants(&Config::parse(config).unwrap());
    assert!(wants("{}").is_empty());
    assert!(wants(r#"{"deny":[{"terms":["a"],"in":"prompt"}]}"#).is_empty());
    assert_eq!(wants(FALCON), TextKinds::all());
}

#[test]
fn names_every_fault_of_a_config() {
    let faults = |config: &str| -> Vec<String> {
        Config::parse(config).unwrap_err().into_iter().map(|fault| fault.path).collect()
    };
    assert_eq!(faults(r#"{"deni":[]}"#), ["/deni"]);
    assert_eq!(faults(r#"{"limits":{"max_tokens":0}}"#), ["/limits/max_tokens"]);
    assert_eq!(
        faults(
            r#"{"system":{"text":" "},"deny":[{"terms":[]},{"terms":["a",""]}],
                "topics":[{"name":"x","terms":["a"],"at_least":2}]}"#
        ),
        ["/system/text", "/deny/0/terms", "/deny/1/terms/1", "/topics/0/at_least"]
    );
}
