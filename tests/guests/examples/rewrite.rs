//! Changes requests and answers as its config says, and tells the log how each request ended.
use std::rc::Rc;

use adit_plugin::chat::{Delta, Event, EventVerdict, Message, Part, Report, Request, RequestVerdict, Role};
use adit_plugin::{Failure, Plugin, PluginError, RequestContext};
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Asks this model.
    model: Option<String>,
    /// Puts this into the place of all instructions.
    system: Option<String>,
    /// Says this, too, with what it found in the request: parts of each message.
    count: bool,
    max_tokens: Option<u32>,
    /// The `extra` of the request.
    extra: Option<String>,
    /// Answers with this in the model's place.
    respond: Option<String>,
    /// Refuses, in `request` or in `events`.
    deny: Option<String>,
    /// Writes the answer in capitals.
    shout: bool,
}

adit_plugin::json_config!(Settings);

struct Rewrite(Rc<Settings>);

impl Plugin for Rewrite {
    type Config = Settings;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    fn on_request(&mut self, mut request: Request) -> Result<RequestVerdict, PluginError> {
        let settings = &*self.0;
        if settings.deny.as_deref() == Some("request") {
            return Ok(RequestVerdict::Deny(refusal()));
        }
        if let Some(text) = &settings.respond {
            return Ok(RequestVerdict::respond_text(text));
        }
        if let Some(model) = &settings.model {
            request.model.clone_from(model);
        }
        if let Some(system) = &settings.system {
            request.system = vec![Part::Text(system.clone())];
        }
        if settings.count {
            let counts: Vec<_> =
                request.messages.iter().map(|message| message.parts.len().to_string()).collect();
            let parts = vec![Part::Text(counts.join(" "))];
            request.messages.push(Message { role: Role::User, parts });
        }
        if settings.max_tokens.is_some() {
            request.sampling.max_tokens = settings.max_tokens;
        }
        if settings.extra.is_some() {
            request.extra.clone_from(&settings.extra);
        }
        Ok(RequestVerdict::Replace(request))
    }

    fn on_events(&mut self, events: Vec<Event>) -> Result<EventVerdict, PluginError> {
        if self.0.deny.as_deref() == Some("events") {
            return Ok(EventVerdict::Stop(refusal()));
        }
        if !self.0.shout {
            return Ok(EventVerdict::Pass);
        }
        let shout = |event| match event {
            Event::Delta(Delta { index, text }) => Event::Delta(Delta { index, text: text.to_uppercase() }),
            other => other,
        };
        Ok(EventVerdict::Replace(events.into_iter().map(shout).collect()))
    }

    #[expect(clippy::print_stdout, reason = "the test reads it in the log")]
    fn on_finish(&mut self, report: Report) {
        let Report { asked_model, model, outcome, stop, failure, usage, .. } = report;
        let tokens = usage.map_or(0, |usage| usage.output_tokens);
        let code = failure.map_or_else(String::new, |failure| format!("{} {}", failure.status, failure.code));
        println!(
            "finished {outcome:?}, asked {asked_model}, called {}, {stop:?}, {tokens} tokens, failure <{code}>",
            model.as_deref().unwrap_or("nothing")
        );
    }
}

fn refusal() -> Failure {
    Failure::new(451, "not_today", "come back tomorrow")
}

adit_plugin::register!(Rewrite: request, event, finish);
