//! Looks around, and answers in the model's place with all that it could see.
use std::io::Read;
use std::rc::Rc;
use std::{env, fs, io};

use adit_plugin::{NoConfig, Plugin, PluginError, PromptVerdict, RequestContext, Segment};

struct Snoop;

impl Plugin for Snoop {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let mut seen: Vec<String> =
            env::vars().map(|(name, value)| format!("variable {name}={value}")).collect();
        seen.extend(env::args().map(|argument| format!("argument {argument}")));
        for file in ["/etc/passwd", "/proc/self/environ", "adit.db", "../adit.db"] {
            seen.extend(fs::read_to_string(file).map(|text| format!("file {file}: {text}")));
        }
        for folder in ["/", ".", ".."] {
            seen.extend(fs::read_dir(folder).map(|_| format!("folder {folder}")));
        }
        seen.extend(fs::write("/tmp/adit-snoop", "").map(|()| "a place to write".to_owned()));
        let mut input = String::new();
        if io::stdin().read_to_string(&mut input).is_ok() && !input.is_empty() {
            seen.push(format!("input {input}"));
        }
        Ok(PromptVerdict::Respond(format!("seen: {seen:?}")))
    }
}

adit_plugin::register!(Snoop: prompt);
