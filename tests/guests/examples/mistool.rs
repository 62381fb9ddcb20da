//! Offers tools that do what no tool should, and one that is good. Its config says what is wrong with the list:
//! `{"list": "twice"}`.
use std::rc::Rc;

use adit_plugin::tool_client::{self, Level};
use adit_plugin::tools::{
    Content, Input, InputRequest, Link, Media, NeedsInput, Tool, ToolCall, ToolOutcome, ToolResult,
};
use adit_plugin::{Plugin, PluginError, RequestContext, ToolProvider};
use serde::Deserialize;

struct Mistool;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    list: List,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum List {
    #[default]
    Well,
    Twice,
    Name,
    Long,
    Schema,
    NotJson,
    NoDescription,
    Many,
    Trap,
    Spin,
}

adit_plugin::json_config!(Settings);

impl Plugin for Mistool {
    type Config = Settings;

    fn start(_: Rc<Settings>, _: RequestContext) -> Self {
        Self
    }
}

const TOOLS: [&str; 15] = [
    "good",
    "spin",
    "flood-progress",
    "flood-log",
    "huge",
    "many",
    "not-json",
    "array",
    "no-structured",
    "misfit",
    "trap",
    "fail",
    "bad-uri",
    "no-input",
    "state",
];

fn tool(name: &str) -> Tool {
    let tool = Tool::new(name, "Does what its name says.", r#"{"type":"object"}"#);
    match name {
        "no-structured" => tool.output_schema(r#"{"type":"object"}"#),
        "misfit" => tool.output_schema(r#"{"type":"object","required":["answer"]}"#),
        _ => tool,
    }
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn done(content: Vec<Content>, structured: Option<&str>) -> ToolOutcome {
    ToolOutcome::Done(ToolResult { content, structured: structured.map(str::to_owned), is_error: false })
}

impl ToolProvider for Mistool {
    #[expect(clippy::panic, reason = "what the guest is for")]
    fn list_tools(settings: &Settings) -> Vec<Tool> {
        let mut tools: Vec<Tool> = TOOLS.iter().map(|name| tool(name)).collect();
        match settings.list {
            List::Well => {}
            List::Twice => tools.push(tool("good")),
            List::Name => tools.push(tool("not good")),
            List::Long => tools.push(tool(&"x".repeat(64))),
            List::Schema => tools.push(Tool::new("odd", "Odd.", r#"{"type":"array"}"#)),
            List::NotJson => tools.push(Tool::new("odd", "Odd.", "{")),
            List::NoDescription => tools.push(Tool::new("odd", "", r#"{"type":"object"}"#)),
            List::Many => tools.extend((0..200).map(|number| tool(&format!("n{number}")))),
            List::Trap => panic!("this list traps"),
            List::Spin => spin(),
        }
        tools
    }

    #[expect(clippy::panic, reason = "what the guest is for")]
    fn call_tool(&mut self, call: ToolCall) -> Result<ToolOutcome, PluginError> {
        let requests = |number: usize| {
            let request = |id: usize| InputRequest { id: id.to_string(), input: Input::Roots };
            (0..number).map(request).collect()
        };
        Ok(match call.name.as_str() {
            "spin" => spin(),
            "flood-progress" => {
                for done in 0..100_000_u32 {
                    tool_client::progress(f64::from(done), None, Some("and on it goes"));
                }
                ToolOutcome::text("flooded")
            }
            "flood-log" => {
                let line = "x".repeat(10_000);
                (0..1000).for_each(|_| tool_client::log(Level::Info, &line));
                ToolOutcome::text("flooded")
            }
            // The memory of the plugin ends this before any limit on what it answers.
            "huge" => ToolOutcome::text("x".repeat(100 << 20)),
            "many" => {
                let media = || Media { media_type: "image/png".to_owned(), bytes: vec![0; 1 << 20] };
                done((0..12).map(|_| Content::Image(media())).collect(), None)
            }
            "not-json" => done(Vec::new(), Some("{\"half\":")),
            "misfit" => done(Vec::new(), Some("{}")),
            "array" => done(Vec::new(), Some("[1]")),
            "trap" => panic!("this tool traps"),
            "fail" => return Err(PluginError::new("tired", "no more today")),
            "bad-uri" => {
                let link =
                    Link { uri: "a b".to_owned(), name: "n".to_owned(), media_type: None, description: None };
                done(vec![Content::Link(link)], None)
            }
            "no-input" => ToolOutcome::NeedsInput(NeedsInput { state: String::new(), requests: requests(0) }),
            "state" => {
                ToolOutcome::NeedsInput(NeedsInput { state: "x".repeat(1 << 20), requests: requests(1) })
            }
            name => ToolOutcome::text(format!("{name} as gold")),
        })
    }
}

adit_plugin::register!(Mistool: tool-provider);
