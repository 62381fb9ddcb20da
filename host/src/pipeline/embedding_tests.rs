#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;
use crate::ids::ModelPattern;
use crate::pipeline::tests::{ALL, Echo, Fake, Log, chain, terms};
use crate::pipeline::{Edit, Losses, ModelPolicy, Plugin, PromptVerdict, RouteVerdict};

/// A model that notes what it reads, and cannot be told what vectors are for.
#[async_trait]
impl Embedder for Echo {
    async fn prepare_embedding(&self, request: EmbeddingRequest) -> Result<Box<dyn EmbeddingCall>, Failure> {
        Ok(Box::new(NotingCall { log: Arc::clone(&self.0), request, dropped: vec!["input_type".to_owned()] }))
    }
}

struct NotingCall {
    log: Log,
    request: EmbeddingRequest,
    dropped: Vec<String>,
}

#[async_trait]
impl EmbeddingCall for NotingCall {
    fn dropped(&self) -> &[String] {
        &self.dropped
    }

    fn estimate(&self) -> Estimate {
        Estimate { input_tokens: 3, max_output_tokens: Some(0), prices: None }
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<Embeddings, Failure> {
        let EmbeddingRequest { model, inputs, .. } = &self.request;
        self.log.lock().unwrap().push(format!("model: {model} {}", inputs.join("|")));
        Ok(Embeddings::default())
    }
}

fn request() -> EmbeddingRequest {
    EmbeddingRequest::new("asked", vec!["first".to_owned(), "second".to_owned()])
}

async fn run_on(log: &Log, plugins: Vec<Fake>, terms: Terms) -> Result<Embedded, Failure> {
    let plugins = plugins.into_iter().map(|plugin| Arc::new(plugin) as Arc<dyn Plugin>).collect();
    let pipeline = EmbeddingPipeline::new(Arc::new(Echo(Arc::clone(log))));
    pipeline.run(request(), chain(plugins), terms).await
}

async fn run(log: &Log, plugins: Vec<Fake>) -> Result<Embedded, Failure> {
    run_on(log, plugins, terms()).await
}

#[tokio::test]
async fn a_key_that_may_not_use_the_model_or_wants_no_losses_is_refused() {
    let only = ModelPolicy::Only(vec![ModelPattern::parse("other").unwrap()]);
    let cases = [
        (Terms { models: only, ..terms() }, Kind::ModelNotAllowed),
        (Terms { losses: Losses::Refuse(Vec::new()), ..terms() }, Kind::InvalidRequest),
    ];
    for (terms, expected) in cases {
        let log = Log::default();
        assert_eq!(run_on(&log, Vec::new(), terms).await.unwrap_err().kind, expected);
        assert!(log.lock().unwrap().is_empty(), "no model was called");
    }
}

#[tokio::test]
async fn plugins_choose_the_model_and_edit_each_text_and_end_before_the_model() {
    let log = Log::default();
    let mut first = Fake::new("a", ALL, &log);
    first.route = RouteVerdict::To("chosen".to_owned());
    first.prompt = PromptVerdict::Edit(vec![
        Edit { id: 1, text: "second edited".to_owned() },
        Edit { id: 0, text: "first edited".to_owned() },
    ]);
    let embedded = run(&log, vec![first, Fake::new("b", ALL, &log)]).await.unwrap();
    assert_eq!((embedded.model.as_str(), embedded.dropped), ("chosen", vec!["input_type".to_owned()]));
    let expected = [
        "a: start",
        "a: route asked",
        "b: start",
        "b: route chosen",
        "a: prompt first",
        "b: prompt first edited",
        "a: end",
        "b: end",
        "model: chosen first edited|second edited",
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_text_that_a_plugin_answers_with_is_refused_and_a_refusal_stands() {
    let refusal = Failure::new(Kind::PluginDenied(403), "not today");
    let cases = [
        (PromptVerdict::Respond("from the plugin".to_owned()), Kind::PluginDenied(400)),
        (PromptVerdict::Deny(refusal), Kind::PluginDenied(403)),
    ];
    for (verdict, expected) in cases {
        let log = Log::default();
        let mut plugin = Fake::new("a", ALL, &log);
        plugin.prompt = verdict;
        assert_eq!(run(&log, vec![plugin]).await.unwrap_err().kind, expected);
        assert_eq!(*log.lock().unwrap(), ["a: start", "a: route asked", "a: prompt first", "a: end"]);
    }
}

#[test]
fn a_route_hook_is_told_of_each_text_as_a_message() {
    use super::route::Routed as _;
    let mut request = EmbeddingRequest { inputs: vec!["ab".to_owned(), "ü".to_owned()], ..request() };
    let summary = request.summary();
    assert_eq!((summary.message_count, summary.prompt_bytes, summary.max_tokens), (2, 4, None));
}
