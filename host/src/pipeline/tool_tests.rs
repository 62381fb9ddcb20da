#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

use std::sync::Arc;

use async_trait::async_trait;

use super::*;
use crate::chat::Delivery;
use crate::enabled::{EnabledPlugin, OnFailure};
use crate::error::{Failure, Fault, Kind};
use crate::health::Health;
use crate::ids::{KeyId, PluginName, RequestId};
use crate::pipeline::hook::Summary;
use crate::pipeline::{
    Chain, Chunk, Context, Deadline, Hook, Hooks, Plugin, Plugins, PromptVerdict, RouteVerdict, Segment,
    Session, Skipped, TextVerdict, TextWish,
};
use crate::telemetry::Observation;

/// A plugin whose name says what is wrong with it.
#[derive(Clone)]
struct Fake(PluginName);

impl Fake {
    fn reach(&self, place: &str) -> Result<(), Failure> {
        if self.0.as_str() != place {
            return Ok(());
        }
        Err(Failure::plugin(&self.0, place).with_fault(Fault::Trap))
    }
}

#[async_trait]
impl Plugin for Fake {
    fn name(&self) -> &PluginName {
        &self.0
    }

    fn hooks(&self) -> Hooks {
        match self.0.as_str() {
            "none" => Hooks::of(&[Hook::Route]),
            _ => Hooks::of(&[Hook::Route, Hook::ToolProvider]),
        }
    }

    fn fingerprint(&self) -> [u8; 32] {
        [0; 32]
    }

    async fn tools(&self) -> Result<Arc<[Tool]>, Failure> {
        self.reach("list")?;
        let tool = |name: &str| Tool {
            name: name.to_owned(),
            title: None,
            description: "Says who was called.".to_owned(),
            input_schema: Json::from_checked(r#"{"type":"object"}"#),
            output_schema: None,
            hints: ToolHints::default(),
        };
        let promising =
            Tool { output_schema: Some(Json::from_checked(r#"{"type":"object"}"#)), ..tool("promising") };
        Ok(Arc::new([tool("who"), promising]))
    }

    async fn start(&self, _: &Context) -> Result<Box<dyn Session>, Failure> {
        self.reach("start")?;
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Session for Fake {
    fn text_wish(&self) -> TextWish {
        TextWish::default()
    }

    async fn on_route(&mut self, _: &Summary) -> Result<RouteVerdict, Failure> {
        Ok(RouteVerdict::Keep)
    }

    async fn on_prompt(&mut self, _: &[Segment<'_>]) -> Result<PromptVerdict, Failure> {
        Ok(PromptVerdict::Keep)
    }

    async fn on_text(&mut self, _: &[Chunk]) -> Result<TextVerdict, Failure> {
        Ok(TextVerdict::Pass)
    }

    async fn call_tool(
        &mut self,
        call: &ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure> {
        self.reach("call")?;
        client.progress(1.0, None, None);
        let content = vec![ToolContent::Text(format!("{} of {}", call.name, self.0))];
        Ok(ToolOutcome::Done(ToolResult { content, ..ToolResult::default() }))
    }
}

struct Shelf;

#[async_trait]
impl Plugins for Shelf {
    async fn bind(&self, enabled: &EnabledPlugin, _: &KeyId) -> Result<Arc<dyn Plugin>, Failure> {
        Ok(Arc::new(Fake(enabled.name.clone())))
    }
}

struct Deaf;

impl ToolClient for Deaf {
    fn progress(&self, _: f64, _: Option<f64>, _: Option<&str>) {}

    fn log(&self, _: LogLevel, _: &Json) {}
}

async fn chain(names: &[&str], health: &Health, skipped: &Skipped) -> Chain {
    let context = Context {
        request: RequestId::parse("r").unwrap(),
        key: KeyId::parse("aaaaaaaaaa").unwrap(),
        labels: Vec::new(),
        client_format: "mcp".into(),
        delivery: Delivery::Whole,
        deadline: Deadline::Never,
    };
    let enabled = names.iter().map(|name| {
        let mut plugin = EnabledPlugin::new(PluginName::parse(*name).unwrap(), "{}");
        plugin.terms.on_failure = OnFailure::Closed;
        plugin
    });
    let enabled: Vec<_> = enabled.collect();
    Chain::bind(&Shelf, &enabled, context, health, skipped, &Observation::default()).await.unwrap()
}

async fn call(chain: &mut Chain, plugin: &str, tool: &str) -> Result<String, Failure> {
    let call = ToolCall {
        name: tool.to_owned(),
        arguments: Json::empty_object(),
        abilities: ClientAbilities::default(),
        resumed: None,
    };
    let outcome = chain.call_tool(&PluginName::parse(plugin).unwrap(), call, Arc::new(Deaf)).await?;
    match outcome {
        ToolOutcome::Done(result) => match &result.content[0] {
            ToolContent::Text(text) => Ok(text.clone()),
            other => panic!("{other:?}"),
        },
        other @ ToolOutcome::NeedsInput { .. } => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tools_are_listed_in_the_order_of_the_plugins_and_those_of_one_that_fails_are_missing() {
    let (health, skipped) = (Health::default(), Skipped::default());
    let mut chain = chain(&["b", "list", "none", "a"], &health, &skipped).await;
    let tools = chain.tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|(plugin, tool)| format!("{plugin}_{}", tool.name)).collect();
    assert_eq!(names, ["b_who", "b_promising", "a_who", "a_promising"]);
    assert_eq!(skipped.so_far(), [PluginName::parse("list").unwrap()]);
}

#[tokio::test]
async fn a_call_reaches_the_tool_of_its_plugin_and_what_does_not_exist_is_the_callers_fault() {
    let (health, skipped) = (Health::default(), Skipped::default());
    let mut chain = chain(&["a", "none", "b"], &health, &skipped).await;
    assert_eq!(call(&mut chain, "b", "who").await.unwrap(), "who of b");
    let broken = call(&mut chain, "b", "promising").await.unwrap_err();
    assert!(broken.reason().contains("without the structured content"), "{broken}");
    for (plugin, tool) in [("b", "nothing"), ("none", "who"), ("c", "who")] {
        assert_eq!(call(&mut chain, plugin, tool).await.unwrap_err().kind, Kind::InvalidRequest);
    }
}

#[tokio::test]
async fn tools_that_fail_are_left_alone_for_a_while_and_take_nothing_else_away() {
    for place in ["call", "start"] {
        let (health, skipped) = (Health::default(), Skipped::default());
        for _ in 0..5 {
            let mut chain = chain(&[place, "a"], &health, &skipped).await;
            assert_eq!(call(&mut chain, place, "who").await.unwrap_err().kind, Kind::PluginFault);
            assert_eq!(call(&mut chain, "a", "who").await.unwrap(), "who of a");
        }
        // The plugin is there for the hooks that a chat needs, and its tools are still listed.
        let mut chain = chain(&[place, "a"], &health, &skipped).await;
        assert_eq!(chain.tools().await.unwrap().len(), 4);
        let failure = call(&mut chain, place, "who").await.unwrap_err();
        assert_eq!(failure.kind, Kind::PluginUnavailable);
        assert!(failure.retry_after.is_some());
        assert_eq!(call(&mut chain, "a", "who").await.unwrap(), "who of a");
        assert!(skipped.so_far().is_empty(), "a call that fails says so itself");
    }
}
