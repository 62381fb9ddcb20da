#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use bytes::Bytes;

use super::*;
use crate::chat::MediaType;
use crate::ids::ModelPattern;
use crate::pipeline::tests::{ALL, Echo, Fake, Log, chain, terms};
use crate::pipeline::{Edit, Losses, ModelPolicy, Plugin, PromptVerdict, RouteVerdict};

/// A model that notes what it is to draw, and cannot be told how large.
#[async_trait]
impl Illustrator for Echo {
    async fn prepare_images(&self, request: ImageRequest) -> Result<Box<dyn ImageCall>, Failure> {
        Ok(Box::new(NotingCall { log: Arc::clone(&self.0), request, dropped: vec!["size".to_owned()] }))
    }
}

struct NotingCall {
    log: Log,
    request: ImageRequest,
    dropped: Vec<String>,
}

#[async_trait]
impl ImageCall for NotingCall {
    fn dropped(&self) -> &[String] {
        &self.dropped
    }

    fn estimate(&self) -> Estimate {
        Estimate { input_tokens: 0, max_output_tokens: Some(1000), prices: None }
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<(Vec<Picture>, Usage), Failure> {
        let ImageRequest { model, prompt, negative, .. } = &self.request;
        let negative = negative.as_deref().unwrap_or_default();
        self.log.lock().unwrap().push(format!("model: {model} {prompt}, not {negative}"));
        let picture = Picture { media_type: MediaType::Png, bytes: Bytes::from_static(b"png") };
        Ok((vec![picture], Usage { output_tokens: 1000, ..Usage::default() }))
    }
}

async fn run(log: &Log, plugins: Vec<Fake>, terms: Terms) -> Result<Drawn, Failure> {
    let plugins = plugins.into_iter().map(|plugin| Arc::new(plugin) as Arc<dyn Plugin>).collect();
    let pipeline = ImagePipeline::new(Arc::new(Echo(Arc::clone(log))));
    let request = ImageRequest { negative: Some("dogs".to_owned()), ..ImageRequest::new("asked", "a cat") };
    pipeline.run(request, chain(plugins), terms).await
}

#[tokio::test]
async fn plugins_choose_the_model_and_edit_what_it_reads() {
    let log = Log::default();
    let mut plugin = Fake::new("a", ALL, &log);
    plugin.route = RouteVerdict::To("chosen".to_owned());
    plugin.prompt = PromptVerdict::Edit(vec![
        Edit { id: 0, text: "a tiger".to_owned() },
        Edit { id: 1, text: "wolves".to_owned() },
    ]);
    let drawn = run(&log, vec![plugin], terms()).await.unwrap();
    assert_eq!((drawn.model.as_str(), drawn.pictures.len()), ("chosen", 1));
    assert_eq!(drawn.dropped, ["size"]);
    let expected =
        ["a: start", "a: route asked", "a: prompt a cat", "a: end", "model: chosen a tiger, not wolves"];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_is_refused_is_not_drawn() {
    let refusal = Failure::new(Kind::PluginDenied(403), "not today");
    let only = ModelPolicy::Only(vec![ModelPattern::parse("other").unwrap()]);
    let keep = PromptVerdict::Keep;
    for (verdict, terms, expected) in [
        (PromptVerdict::Deny(refusal), terms(), Kind::PluginDenied(403)),
        (PromptVerdict::Respond("from the plugin".to_owned()), terms(), Kind::PluginDenied(400)),
        (keep.clone(), Terms { models: only, ..terms() }, Kind::ModelNotAllowed),
        (keep, Terms { losses: Losses::Refuse(Vec::new()), ..terms() }, Kind::InvalidRequest),
    ] {
        let log = Log::default();
        let mut plugin = Fake::new("a", ALL, &log);
        plugin.prompt = verdict;
        assert_eq!(run(&log, vec![plugin], terms).await.unwrap_err().kind, expected);
        assert!(!log.lock().unwrap().iter().any(|line| line.starts_with("model")));
    }
}
