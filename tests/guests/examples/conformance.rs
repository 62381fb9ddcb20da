//! The tools that the conformance suites of the Model Context Protocol call: `@modelcontextprotocol/conformance` says what
//! each has to do. Under the name `test`, clients see the names of the suites. `{"set": "json"}` is for the name `json`.
use std::rc::Rc;
use std::time::Duration;

use adit_plugin::chat::Role;
use adit_plugin::tool_client::{self, Level};
use adit_plugin::tools::{
    Abilities, Content, Document, DocumentBody, Elicitation, Input, InputRequest, Media, NeedsInput,
    SampleMessage, Sampling, Tool, ToolCall, ToolOutcome, ToolResult,
};
use adit_plugin::{Plugin, PluginError, RequestContext, ToolProvider};
use serde::Deserialize;
use serde_json::{Value, json};

/// One red pixel.
const PNG: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0cIDATx\xdac\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xf7\x03AC\x00\x00\x00\x00IEND\xaeB`\x82";
/// Four samples.
const WAV: &[u8] = b"RIFF(\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00@\x1f\x00\x00\x01\x00\x08\x00data\x04\x00\x00\x00\x80\xff\x80\x00";

struct Conformance;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    set: Set,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Set {
    #[default]
    Test,
    Json,
}

adit_plugin::json_config!(Settings);

impl Plugin for Conformance {
    type Config = Settings;

    fn start(_: Rc<Settings>, _: RequestContext) -> Self {
        Self
    }
}

/// The tools without arguments.
const PLAIN: [(&str, &str); 24] = [
    ("simple_text", "Answers with a text."),
    ("image_content", "Answers with an image."),
    ("audio_content", "Answers with a sound."),
    ("embedded_resource", "Answers with a resource."),
    ("multiple_content_types", "Answers with a text, an image and a resource."),
    ("error_handling", "Answers with an error."),
    ("tool_with_logging", "Sends three lines while it runs."),
    ("tool_with_progress", "Says three times how far it is."),
    ("elicitation_sep1034_defaults", "Asks the user, with defaults."),
    ("elicitation_sep1330_enums", "Asks the user to choose."),
    ("reconnection", "Takes its time."),
    ("input_required_result_elicitation", "Asks the user for a name."),
    ("input_required_result_sampling", "Asks the client's model for a capital."),
    ("input_required_result_list_roots", "Asks the client for its folders."),
    ("input_required_result_request_state", "Asks the user, and remembers."),
    ("input_required_result_multiple_inputs", "Asks for three things at once."),
    ("input_required_result_multi_round", "Asks twice."),
    ("input_required_result_tampered_state", "Asks the user, and remembers."),
    ("input_required_result_capabilities", "Asks for what the client can answer."),
    ("missing_capability", "Asks the client's model, whether it has one or not."),
    ("streaming_elicitation", "Says how far it is, and asks the user."),
    ("logging_tool", "Sends a line while it runs."),
    ("slow", "Runs for as long as it may wait."),
    ("structured", "Answers with structured content."),
];

impl ToolProvider for Conformance {
    fn list_tools(settings: &Settings) -> Vec<Tool> {
        match settings.set {
            Set::Json => vec![Tool::new(
                "schema_2020_12_tool",
                "Tool with JSON Schema 2020-12 features",
                schema_2020_12().to_string(),
            )],
            Set::Test => {
                let string = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name]});
                let header = json!({
                    "type": "object",
                    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
                    "required": ["region"],
                });
                let mut tools: Vec<Tool> = PLAIN.iter().map(|(name, what)| plain(name, what)).collect();
                tools.push(Tool::new("sampling", "Asks the client's model.", string("prompt").to_string()));
                tools.push(Tool::new("elicitation", "Asks the user.", string("message").to_string()));
                tools.push(Tool::new("custom_headers", "Has an argument in a header.", header.to_string()));
                tools
            }
        }
    }

    fn call_tool(&mut self, call: ToolCall) -> Result<ToolOutcome, PluginError> {
        Ok(match call.name.as_str() {
            "simple_text" => ToolOutcome::text("This is a simple text response for testing."),
            "image_content" => content(vec![image()]),
            "audio_content" => content(vec![Content::Audio(Media {
                media_type: "audio/wav".to_owned(),
                bytes: WAV.to_vec(),
            })]),
            "embedded_resource" => {
                let text = "This is an embedded resource content.";
                content(vec![document("test://embedded-resource", "text/plain", text)])
            }
            "multiple_content_types" => content(vec![
                Content::Text("Multiple content types test:".to_owned()),
                image(),
                document(
                    "test://mixed-content-resource",
                    "application/json",
                    r#"{"test":"data","value":123}"#,
                ),
            ]),
            "error_handling" => ToolOutcome::error("This tool intentionally returns an error for testing"),
            "tool_with_logging" => {
                tool_client::log(Level::Info, "Tool execution started");
                pause();
                tool_client::log(Level::Info, "Tool processing data");
                pause();
                tool_client::log(Level::Info, "Tool execution completed");
                ToolOutcome::text("The tool has sent three lines.")
            }
            "logging_tool" => {
                tool_client::log(Level::Info, "one line");
                ToolOutcome::text("The tool has sent a line.")
            }
            "tool_with_progress" => {
                for done in [0.0, 50.0, 100.0] {
                    tool_client::progress(done, Some(100.0), None);
                    pause();
                }
                ToolOutcome::text("The tool has said three times how far it was.")
            }
            "reconnection" => {
                (0..4).for_each(|_| pause());
                ToolOutcome::text("Reconnection test completed successfully")
            }
            "slow" => {
                for done in 0..10_u8 {
                    tool_client::progress(f64::from(done), Some(10.0), Some("not yet"));
                    pause();
                }
                ToolOutcome::text("done at last")
            }
            "structured" => ToolResult::structured(&json!({"answer": 42}))?.into(),
            "custom_headers" => ToolOutcome::text(call.arguments),
            "schema_2020_12_tool" => ToolOutcome::text(format!("called with {}", call.arguments)),
            _ => return asking(&call),
        })
    }
}

/// The tools that need input.
fn asking(call: &ToolCall) -> Result<ToolOutcome, PluginError> {
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
    let argument = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(match call.name.as_str() {
        "sampling" => match call.answer("answer") {
            Some(answer) => ToolOutcome::text(format!("LLM response: {}", said(&answer))),
            None => asks("", vec![("answer", sampling(&argument("prompt"), 100))]),
        },
        "missing_capability" => match call.answer("answer") {
            Some(answer) => ToolOutcome::text(said(&answer)),
            None => asks("", vec![("answer", sampling("Say anything.", 10))]),
        },
        "elicitation" => {
            let user = json!({"type": "string", "description": "User's response"});
            let mail = json!({"type": "string", "description": "User's email address"});
            let form =
                form(&argument("message"), &[("username", user), ("email", mail)], &["username", "email"]);
            match call.answer("user") {
                Some(answer) => {
                    let told = json!({"action": at(&answer, "/action"), "content": at(&answer, "/content")});
                    ToolOutcome::text(format!("User response: {told}"))
                }
                None => asks("", vec![("user", form)]),
            }
        }
        "elicitation_sep1034_defaults" => completed(call, defaults()),
        "elicitation_sep1330_enums" => completed(call, enums()),
        "input_required_result_elicitation" => match accepted(call, "user_name") {
            Some(answer) => {
                let name = word(&answer, "/name");
                ToolOutcome::text(format!("Hello, {name}!"))
            }
            None => asks("", vec![("user_name", name_form("What is your name?"))]),
        },
        "streaming_elicitation" => {
            if accepted(call, "user_name").is_some() {
                return Ok(ToolOutcome::text("done"));
            }
            tool_client::progress(1.0, Some(2.0), None);
            asks("", vec![("user_name", name_form("What is your name?"))])
        }
        "input_required_result_sampling" => match call.answer("capital_question") {
            Some(answer) => ToolOutcome::text(said(&answer)),
            None => asks("", vec![("capital_question", sampling("What is the capital of France?", 100))]),
        },
        "input_required_result_list_roots" => match call.answer("client_roots") {
            Some(answer) => ToolOutcome::text(at(&answer, "/roots").to_string()),
            None => asks("", vec![("client_roots", Input::Roots)]),
        },
        "input_required_result_request_state" | "input_required_result_tampered_state" => {
            let state = call.resumed.as_ref().map_or("", |resumed| &resumed.state);
            match accepted(call, "confirm") {
                Some(_) if state == "asked" => ToolOutcome::text("state-ok"),
                _ => asks("asked", vec![("confirm", confirm_form())]),
            }
        }
        "input_required_result_multiple_inputs" => {
            let ids = ["user_name", "greeting", "client_roots"];
            if ids.iter().all(|id| call.answer(id).is_some()) {
                ToolOutcome::text("all three are there")
            } else {
                let [name, greeting, roots] = ids;
                let inputs = vec![
                    (name, name_form("What is your name?")),
                    (greeting, sampling("Generate a greeting", 50)),
                    (roots, Input::Roots),
                ];
                asks("asked for three", inputs)
            }
        }
        "input_required_result_multi_round" => multi_round(call),
        "input_required_result_capabilities" => {
            let possible = [
                (Abilities::SAMPLING, "sample", sampling("Say anything.", 10)),
                (Abilities::ELICITATION, "confirm", confirm_form()),
                (Abilities::ROOTS, "roots", Input::Roots),
            ];
            let can = possible.into_iter().filter(|(ability, ..)| call.abilities.contains(*ability));
            let inputs: Vec<_> = can.map(|(_, id, input)| (id, input)).collect();
            if inputs.is_empty() || inputs.iter().all(|(id, _)| call.answer(id).is_some()) {
                ToolOutcome::text("nothing more to ask")
            } else {
                asks("", inputs)
            }
        }
        other => return Err(PluginError::new("unknown_tool", other)),
    })
}

fn multi_round(call: &ToolCall) -> ToolOutcome {
    let state = call.resumed.as_ref().map_or("", |resumed| &resumed.state);
    if let (Some(name), Some(color)) = (state.strip_prefix("named "), accepted(call, "step2")) {
        return ToolOutcome::text(format!("{name} likes {}", word(&color, "/color")));
    }
    if let Some(name) = accepted(call, "step1") {
        let color = json!({"type": "string"});
        let form = form("Step 2: What is your favorite color?", &[("color", color)], &["color"]);
        return asks(&format!("named {}", word(&name, "/name")), vec![("step2", form)]);
    }
    asks("begun", vec![("step1", name_form("Step 1: What is your name?"))])
}

fn plain(name: &str, what: &str) -> Tool {
    let tool = Tool::new(name, what, json!({"type": "object", "properties": {}}).to_string());
    if name != "structured" {
        return tool;
    }
    let schema =
        json!({"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]});
    tool.output_schema(schema.to_string())
}

/// Of SEP-1613 and SEP-2106.
fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}

/// Of SEP-1034.
fn defaults() -> Input {
    form(
        "Please review the defaults",
        &[
            ("name", json!({"type": "string", "default": "John Doe"})),
            ("age", json!({"type": "integer", "default": 30})),
            ("score", json!({"type": "number", "default": 95.5})),
            (
                "status",
                json!({"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"}),
            ),
            ("verified", json!({"type": "boolean", "default": true})),
        ],
        &[],
    )
}

/// Of SEP-1330.
fn enums() -> Input {
    let titled = |word: &str| {
        let choices = [("value1", "First"), ("value2", "Second"), ("value3", "Third")];
        let choices =
            choices.map(|(value, title)| json!({"const": value, "title": format!("{title} {word}")}));
        Value::from(choices.to_vec())
    };
    let options = json!(["option1", "option2", "option3"]);
    let names = json!(["Option One", "Option Two", "Option Three"]);
    form(
        "Please choose",
        &[
            ("untitledSingle", json!({"type": "string", "enum": options})),
            ("titledSingle", json!({"type": "string", "oneOf": titled("Option")})),
            ("legacyEnum", json!({"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": names})),
            ("untitledMulti", json!({"type": "array", "items": {"type": "string", "enum": options}})),
            ("titledMulti", json!({"type": "array", "items": {"anyOf": titled("Choice")}})),
        ],
        &[],
    )
}

fn completed(call: &ToolCall, input: Input) -> ToolOutcome {
    match call.answer("form") {
        Some(answer) => {
            let (action, content) = (word(&answer, "/action"), at(&answer, "/content"));
            ToolOutcome::text(format!("Elicitation completed: action={action}, content={content}"))
        }
        None => asks("", vec![("form", input)]),
    }
}

/// What the user has filled in.
fn accepted(call: &ToolCall, id: &str) -> Option<Value> {
    let answer = call.answer(id)?;
    let content = at(&answer, "/content");
    (word(&answer, "/action") == "accept" && content.is_object()).then_some(content)
}

/// The text of the client's model.
fn said(answer: &Value) -> String {
    word(answer, "/content/text").to_owned()
}

/// What an answer has at a place, or `null`.
fn at(answer: &Value, pointer: &str) -> Value {
    answer.pointer(pointer).cloned().unwrap_or_default()
}

/// The string that an answer has at a place.
fn word<'v>(answer: &'v Value, pointer: &str) -> &'v str {
    answer.pointer(pointer).and_then(Value::as_str).unwrap_or("nothing")
}

fn asks(state: &str, inputs: Vec<(&str, Input)>) -> ToolOutcome {
    let requests = inputs.into_iter().map(|(id, input)| InputRequest { id: id.to_owned(), input });
    ToolOutcome::NeedsInput(NeedsInput { state: state.to_owned(), requests: requests.collect() })
}

fn sampling(prompt: &str, max_tokens: u32) -> Input {
    let messages = vec![SampleMessage { role: Role::User, text: prompt.to_owned() }];
    Input::Sampling(Sampling { system: None, messages, max_tokens })
}

fn form(message: &str, members: &[(&str, Value)], required: &[&str]) -> Input {
    let members: serde_json::Map<_, _> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let schema = json!({"type": "object", "properties": members, "required": required});
    Input::Elicitation(Elicitation { message: message.to_owned(), schema: schema.to_string() })
}

fn name_form(message: &str) -> Input {
    form(message, &[("name", json!({"type": "string"}))], &["name"])
}

fn confirm_form() -> Input {
    form("Please confirm", &[("ok", json!({"type": "boolean"}))], &["ok"])
}

fn content(content: Vec<Content>) -> ToolOutcome {
    ToolOutcome::Done(ToolResult { content, structured: None, is_error: false })
}

fn image() -> Content {
    Content::Image(Media { media_type: "image/png".to_owned(), bytes: PNG.to_vec() })
}

fn document(uri: &str, media_type: &str, text: &str) -> Content {
    Content::Document(Document {
        uri: uri.to_owned(),
        media_type: Some(media_type.to_owned()),
        body: DocumentBody::Text(text.to_owned()),
    })
}

#[expect(clippy::disallowed_methods, reason = "the suites want tools that take a while")]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

adit_plugin::register!(Conformance: tool-provider);
