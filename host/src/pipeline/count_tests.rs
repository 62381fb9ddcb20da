#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::Arc;

use super::*;
use crate::chat::{Message, Part, Role};
use crate::ids::ModelPattern;
use crate::pipeline::tests::{ALL, Echo, Fake, Log, chain, terms};
use crate::pipeline::{Edit, Hooks, ModelPolicy, Plugin, PromptVerdict, Replay, RouteVerdict};

async fn count(log: &Log, plugins: Vec<Fake>, terms: Terms) -> Result<TokenCount, Failure> {
    let plugins = plugins.into_iter().map(|plugin| Arc::new(plugin) as Arc<dyn Plugin>).collect();
    let pipeline = Pipeline::new(Arc::new(Echo(Arc::clone(log))), Replay::Off);
    let message = Message { role: Role::User, parts: vec![Part::Text("hello".to_owned())] };
    pipeline.count(Request::new("asked", vec![message]), chain(plugins), terms).await
}

#[tokio::test]
async fn what_is_counted_is_what_the_plugins_leave() {
    let log = Log::default();
    let mut first = Fake::new("a", ALL, &log);
    first.route = RouteVerdict::To("chosen".to_owned());
    first.prompt = PromptVerdict::Edit(vec![Edit { id: 0, text: "edited".to_owned() }]);
    let finishing = Fake::new("b", Hooks::of(&[Hook::Finish]), &log);
    let counted = count(&log, vec![first, finishing], terms()).await.unwrap();
    let expected = TokenCount { model: "chosen".to_owned(), input_tokens: 6, counted: CountedBy::Upstream };
    assert_eq!(counted, expected);
    let expected = [
        "a: start",
        "a: route asked",
        "a: prompt hello",
        "a: end",
        "count: chosen edited",
        "b: start",
        "b: finish complete: asked called nothing, stopped false",
        "b: end",
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_model_that_would_not_be_asked_is_not_counted_for() {
    let refusal = Failure::new(Kind::PluginDenied(403), "not today");
    let only = ModelPolicy::Only(vec![ModelPattern::parse("other").unwrap()]);
    for (verdict, terms, expected) in [
        (PromptVerdict::Deny(refusal), terms(), Kind::PluginDenied(403)),
        (PromptVerdict::Respond("from the plugin".to_owned()), terms(), Kind::PluginDenied(400)),
        (PromptVerdict::Keep, Terms { models: only, ..terms() }, Kind::ModelNotAllowed),
    ] {
        let log = Log::default();
        let mut plugin = Fake::new("a", ALL, &log);
        plugin.prompt = verdict;
        assert_eq!(count(&log, vec![plugin], terms).await.unwrap_err().kind, expected);
        assert!(!log.lock().unwrap().iter().any(|line| line.starts_with("count")));
    }
}
