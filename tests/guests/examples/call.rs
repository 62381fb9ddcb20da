//! Asks the URLs of the prompt, one a line, with a secret in a header, and answers with what came back.
use std::rc::Rc;

use adit_plugin::http::{self, Fault, Request};
use adit_plugin::{Plugin, PluginError, PromptVerdict, RequestContext, Segment, log, secrets};

struct Call(Rc<Settings>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    secret: Option<String>,
    header: Option<String>,
}

adit_plugin::json_config!(Settings);

impl Plugin for Call {
    type Config = Settings;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    fn on_prompt(&mut self, segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let prompt = segments.first().map_or("", |segment| &segment.text);
        let answers: Vec<_> = prompt.lines().map(|url| self.ask(url)).collect();
        Ok(PromptVerdict::Respond(answers.join("\n")))
    }
}

impl Call {
    fn ask(&self, url: &str) -> String {
        let mut request = Request::post(url, "a body");
        if let Some(name) = &self.0.secret {
            let Some(token) = secrets::reference(name) else { return "no secret".to_owned() };
            // All that it has of the secret may be seen.
            log::info(format!("calls with {token}"));
            let header = self.0.header.as_deref().unwrap_or("authorization");
            request = request.header(header, format!("Bearer {token}"));
        } else if let Some(header) = &self.0.header {
            request = request.header(header.as_str(), "x");
        }
        match http::send(&request) {
            Ok(answer) => format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)),
            Err(Fault::Denied(why)) => format!("denied: {why}"),
            Err(Fault::Budget) => "budget".to_owned(),
            Err(Fault::Timeout) => "timeout".to_owned(),
            Err(Fault::Unreachable(why)) => format!("unreachable: {why}"),
        }
    }
}

adit_plugin::register!(Call: prompt);
