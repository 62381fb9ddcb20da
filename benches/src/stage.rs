//! One call of one plugin, ready to be repeated: for a clock, or for a tool that counts instructions.

use std::sync::{Arc, LazyLock};

use adit::pipeline::{ModelFormat, Plugin, Session};
use adit::plugin::Catalog;
use anyhow::Context;

use crate::components::{bind, context};
use crate::inputs::{Inputs, answer_head, beginning};
use crate::passage::{IDLE, Passage};

static INPUTS: LazyLock<Inputs> = LazyLock::new(Inputs::new);

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scene {
    /// A fresh instance of `redact` with `init` and a session, and its end.
    Start,
    /// A request and its answer pass, with no plugin.
    Pass,
    /// The same with ten plugins that have no hook for it.
    Idle,
    /// `on-route` of `route`.
    Route,
    /// `on-prompt` of `polite`: 1 KB.
    Prompt,
    /// `on-request` of `structure`: 1 KB.
    Request,
    /// `on-events` of `structure`: a delta of 8 bytes.
    Event,
    /// `on-text` of `hello`: 8 bytes, rewritten.
    Text,
    /// `on-text` of `redact`: 8 bytes, passed.
    Redact,
    /// `on-finish` of `structure`.
    Finish,
    /// `decode` of the client format `ollama`: 1 KB.
    ClientDecode,
    /// `encode-events` of the client format `ollama`: a delta of 8 bytes.
    ClientEncode,
    /// `encode` of the model format `titan-text`: 1 KB.
    ModelEncode,
    /// `decode-chunks` of the model format `titan-text`: a delta of 8 bytes.
    ModelDecode,
}

impl Scene {
    /// The plugin; none where it is not one.
    fn plugin(self) -> Option<&'static str> {
        match self {
            Self::Pass | Self::Idle => None,
            Self::Route => Some("route"),
            Self::Prompt => Some("polite"),
            Self::Request | Self::Event | Self::Finish => Some("structure"),
            Self::Text => Some("hello"),
            Self::Start | Self::Redact => Some("redact"),
            Self::ClientDecode | Self::ClientEncode => Some("ollama"),
            Self::ModelEncode | Self::ModelDecode => Some("titan-text"),
        }
    }
}

/// A scene, ready to be played.
pub(crate) struct Stage {
    scene: Scene,
    cast: Cast,
}

enum Cast {
    Nobody(Box<Passage>),
    Plugin(Arc<dyn Plugin>),
    Session(Box<dyn Session>),
    ModelFormat(Box<dyn ModelFormat>),
}

impl Stage {
    /// Does all that comes before the first call.
    pub(crate) async fn set(scene: Scene, engine: &Arc<Catalog>) -> anyhow::Result<Self> {
        let Some(plugin) = scene.plugin() else {
            let idle: &[&str] = if scene == Scene::Idle { &IDLE } else { &[] };
            return Ok(Self { scene, cast: Cast::Nobody(Box::new(Passage::new(engine, idle)?)) });
        };
        let plugin = bind(engine, plugin).await?;
        let cast = match scene {
            Scene::Start => Cast::Plugin(plugin),
            Scene::ModelEncode | Scene::ModelDecode => {
                Cast::ModelFormat(plugin.model_format(&context()?).await?)
            }
            _ => Cast::Session(plugin.start(&context()?).await?),
        };
        let mut stage = Self { scene, cast };
        if let (Scene::ClientEncode, Cast::Session(session)) = (scene, &mut stage.cast) {
            let format = session.client_format().context("`ollama` is no client format")?;
            format.decode(&INPUTS.http_request).await?;
            format.stream_head(&answer_head()).await?;
            format.encode_events(&[beginning()]).await?;
        }
        Ok(stage)
    }

    /// One call.
    pub(crate) async fn play(&mut self) -> anyhow::Result<()> {
        match &mut self.cast {
            Cast::Nobody(passage) => passage.pass().await?,
            Cast::Plugin(plugin) => drop(plugin.start(&context()?).await?),
            Cast::Session(session) => call(self.scene, &mut **session).await?,
            Cast::ModelFormat(format) if self.scene == Scene::ModelEncode => {
                drop(format.encode(&INPUTS.request).await?);
            }
            Cast::ModelFormat(format) => drop(format.decode_chunks(&INPUTS.payloads).await?),
        }
        Ok(())
    }
}

async fn call(scene: Scene, session: &mut dyn Session) -> anyhow::Result<()> {
    let inputs = &*INPUTS;
    match scene {
        Scene::Route => drop(session.on_route(&inputs.summary).await?),
        Scene::Prompt => drop(session.on_prompt(&inputs.segments).await?),
        Scene::Request => drop(session.on_request(&inputs.request).await?),
        Scene::Event => drop(session.on_events(&inputs.events).await?),
        Scene::Text | Scene::Redact => drop(session.on_text(&inputs.chunks).await?),
        Scene::Finish => session.on_finish(&inputs.report).await?,
        Scene::ClientDecode | Scene::ClientEncode => {
            let format = session.client_format().context("`ollama` is no client format")?;
            if scene == Scene::ClientDecode {
                drop(format.decode(&inputs.http_request).await?);
            } else {
                drop(format.encode_events(&inputs.events).await?);
            }
        }
        Scene::Start | Scene::Pass | Scene::Idle | Scene::ModelEncode | Scene::ModelDecode => {}
    }
    Ok(())
}
