#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;

fn tool(name: &str) -> wit::Tool {
    wit::Tool {
        name: name.to_owned(),
        title: None,
        description: "Does it.".to_owned(),
        input_schema: r#"{"type":"object"}"#.to_owned(),
        output_schema: None,
        hints: wit::Hints { read_only: Some(true), destructive: None, idempotent: None, open_world: None },
    }
}

fn taken(plugin: &str, tools: Vec<wit::Tool>) -> Result<Vec<String>, String> {
    let taken = offered(&PluginName::parse(plugin).unwrap(), tools)?;
    Ok(taken.iter().map(|tool| tool.name.clone()).collect())
}

#[test]
fn tools_keep_their_order() {
    assert_eq!(taken("kit", vec![tool("b"), tool("a_B-1")]).unwrap(), ["b", "a_B-1"]);
    assert_eq!(taken("kit", Vec::new()).unwrap(), [""; 0]);
    let longest = "x".repeat(MAX_NAME_BYTES - "kit_".len());
    assert_eq!(taken("kit", vec![tool(&longest)]).unwrap(), [longest]);
}

#[test]
fn a_list_that_clients_could_not_use_is_refused_in_words() {
    let with = |change: fn(&mut wit::Tool)| {
        let mut tool = tool("t");
        change(&mut tool);
        vec![tool]
    };
    for (plugin, tools, why) in [
        ("my_kit", vec![tool("t")], "`my_kit` must hold no `_`"),
        ("bedrock", vec![tool("chat")], "Adit's own tools begin with `bedrock_`"),
        ("kit", vec![tool("t"), tool("u"), tool("t")], "two tools of the name \"t\""),
        ("kit", (0..=MAX_TOOLS).map(|number| tool(&number.to_string())).collect(), "offers 129 tools"),
        ("kit", vec![tool("")], "other characters"),
        ("kit", vec![tool("ä b")], "other characters"),
        ("kit", vec![tool(&"x".repeat(61))], "a name of 65 characters"),
        ("kit", with(|tool| tool.description = " ".to_owned()), "no description"),
        ("kit", with(|tool| tool.description = "x".repeat(9000)), "more than 8 KiB"),
        ("kit", with(|tool| tool.title = Some("x".repeat(257))), "a title of more"),
        ("kit", with(|tool| tool.input_schema = "[]".to_owned()), "an input schema that is no JSON object"),
        ("kit", with(|tool| tool.input_schema = "{".to_owned()), "an input schema that is no JSON object"),
        ("kit", with(|tool| tool.input_schema = "{}".to_owned()), "whose `type` is not `object`"),
        (
            "kit",
            with(|tool| tool.input_schema = r#"{"type":"array"}"#.to_owned()),
            "whose `type` is not `object`",
        ),
        (
            "kit",
            with(|tool| {
                tool.input_schema = format!(r#"{{"type":"object","x":"{}"}}"#, "x".repeat(MAX_SCHEMA_BYTES));
            }),
            "an input schema of more than 64 KiB",
        ),
        (
            "kit",
            with(|tool| tool.output_schema = Some("3".to_owned())),
            "an output schema that is no JSON object",
        ),
    ] {
        let fault = taken(plugin, tools).unwrap_err();
        assert!(fault.contains(why), "{fault}");
    }
}

fn done(content: wit::Content) -> wit::ToolOutcome {
    wit::ToolOutcome::Done(wit::ToolResult { content: vec![content], structured: None, is_error: false })
}

fn asks(id: &str, input: wit::Input) -> wit::ToolOutcome {
    let requests = vec![wit::InputRequest { id: id.to_owned(), input }];
    wit::ToolOutcome::NeedsInput(wit::NeedsInput { state: "s".to_owned(), requests })
}

fn link(uri: &str) -> wit::Content {
    wit::Content::Link(wit::Link {
        uri: uri.to_owned(),
        name: "n".to_owned(),
        media_type: None,
        description: None,
    })
}

fn image(media_type: &str) -> wit::Content {
    wit::Content::Image(wit::Media { media_type: media_type.to_owned(), bytes: vec![1] })
}

fn form(schema: &str) -> wit::Input {
    wit::Input::Elicitation(wit::Elicitation { message: "m".to_owned(), schema: schema.to_owned() })
}

#[test]
fn what_a_tool_answers_comes_through() {
    let media = || wit::Media { media_type: "a/b; c=d".to_owned(), bytes: vec![1] };
    let document = |body| {
        wit::Content::Document(wit::Document {
            uri: "x:y".to_owned(),
            media_type: Some("t/p".to_owned()),
            body,
        })
    };
    let content = vec![
        wit::Content::Text("t".to_owned()),
        wit::Content::Image(media()),
        wit::Content::Audio(media()),
        document(wit::DocumentBody::Text("t".to_owned())),
        document(wit::DocumentBody::Bytes(vec![2])),
        link("https://a.test/?q=ä"),
    ];
    let structured = Some(" {\"a\":1} ".to_owned());
    let read =
        outcome(wit::ToolOutcome::Done(wit::ToolResult { content, structured, is_error: true })).unwrap();
    let (mime, uri) = ("a/b; c=d".to_owned(), "x:y".to_owned());
    let resource = |body| ToolContent::Resource { uri: uri.clone(), mime: Some("t/p".to_owned()), body };
    let expected = ToolResult {
        content: vec![
            ToolContent::Text("t".to_owned()),
            ToolContent::Image { mime: mime.clone(), data: vec![1].into() },
            ToolContent::Audio { mime, data: vec![1].into() },
            resource(ResourceBody::Text("t".to_owned())),
            resource(ResourceBody::Bytes(vec![2].into())),
            ToolContent::ResourceLink {
                uri: "https://a.test/?q=ä".to_owned(),
                name: "n".to_owned(),
                mime: None,
                description: None,
            },
        ],
        structured: Some(Json::from_checked("{\"a\":1}")),
        is_error: true,
    };
    assert_eq!(read, ToolOutcome::Done(expected));
}

#[test]
fn what_a_tool_asks_for_comes_through() {
    let messages = vec![wit::SampleMessage { role: chat::Role::Assistant, text: "t".to_owned() }];
    let sampling = wit::Sampling { system: None, messages, max_tokens: 7 };
    let object = r#"{"type":"object"}"#;
    for (input, expected) in [
        (form(object), InputKind::Elicit { message: "m".to_owned(), schema: Json::from_checked(object) }),
        (
            wit::Input::Sampling(sampling),
            InputKind::Sample {
                system: None,
                messages: vec![SampleMessage { role: Role::Assistant, text: "t".to_owned() }],
                max_tokens: 7,
            },
        ),
        (wit::Input::Roots, InputKind::Roots),
    ] {
        let requests = vec![InputRequest { id: "i".to_owned(), kind: expected }];
        assert_eq!(
            outcome(asks("i", input)),
            Ok(ToolOutcome::NeedsInput { state: "s".to_owned(), requests })
        );
    }
}

#[test]
fn what_no_client_could_be_told_is_refused() {
    let structured = |text: &str| {
        let structured = Some(text.to_owned());
        wit::ToolOutcome::Done(wit::ToolResult { content: Vec::new(), structured, is_error: false })
    };
    let several = |ids: Vec<String>, state: usize| {
        let requests = ids.into_iter().map(|id| wit::InputRequest { id, input: wit::Input::Roots }).collect();
        wit::ToolOutcome::NeedsInput(wit::NeedsInput { state: "s".repeat(state), requests })
    };
    let sampling = |max_tokens| {
        let messages = Vec::new();
        asks("i", wit::Input::Sampling(wit::Sampling { system: None, messages, max_tokens }))
    };
    for (made, why) in [
        (structured("[1]"), "no JSON object"),
        (structured("{\"a\":"), "no JSON object"),
        (structured("{\"a\":\"\\ud800\"}"), "no JSON object"),
        (done(image("png")), "media type"),
        (done(image("a/b\r\nc: d")), "media type"),
        (done(link("nothing")), "URI"),
        (done(link("a:b\nc")), "URI"),
        (done(wit::Content::Other("{}".to_owned())), "does not know"),
        (asks("", wit::Input::Roots), "an id"),
        (asks("a b", wit::Input::Roots), "an id"),
        (asks("i", wit::Input::Other("{}".to_owned())), "does not know"),
        (asks("i", form("{}")), "a schema of a form"),
        (sampling(1), "without messages"),
        (sampling(0), "without messages"),
        (several(Vec::new(), 1), "0 requests"),
        (several((0..17).map(|id| id.to_string()).collect(), 1), "17 requests"),
        (several(vec!["a".to_owned(), "a".to_owned()], 1), "the same id"),
        (several(vec!["a".to_owned()], MAX_STATE_BYTES + 1), "a state of"),
    ] {
        let fault = outcome(made).unwrap_err();
        assert!(fault.contains(why), "{fault}");
    }
}
