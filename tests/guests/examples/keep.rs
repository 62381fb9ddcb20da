//! Does with its values what the prompt says, and answers with what came of it.
use std::rc::Rc;

use adit_plugin::kv::{self, Fault};
use adit_plugin::{NoConfig, Plugin, PluginError, PromptVerdict, RequestContext, Segment};

struct Keep;

impl Plugin for Keep {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_prompt(&mut self, segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let prompt = segments.first().map_or("", |segment| &segment.text);
        let done: Vec<_> = prompt.split(", ").map(|command| told(run(command))).collect();
        Ok(PromptVerdict::Respond(done.join(", ")))
    }
}

fn run(command: &str) -> Result<String, Fault> {
    let words: Vec<&str> = command.split(' ').collect();
    match words.as_slice() {
        ["count", key] => Ok(kv::increment(key, 1, 0)?.to_string()),
        ["count-for-a-second", key] => Ok(kv::increment(key, 1, 1)?.to_string()),
        ["find", key] => {
            Ok(kv::find(key)?.map_or("nothing".to_owned(), |value| format!("{} bytes", value.len())))
        }
        ["set", key, bytes] => {
            let value = vec![b'x'; bytes.parse().unwrap_or(0)];
            kv::set(key, value, 0).map(|()| "set".to_owned())
        }
        ["delete", key] => kv::delete(key).map(|()| "deleted".to_owned()),
        // Until it is no longer allowed.
        ["find-often"] => {
            (0..1000).try_for_each(|_| kv::find("often").map(drop)).map(|()| "often".to_owned())
        }
        _ => Ok(format!("what is `{command}`?")),
    }
}

fn told(done: Result<String, Fault>) -> String {
    match done {
        Ok(done) => done,
        Err(Fault::Quota(why)) => format!("quota: {why}"),
        Err(Fault::Unavailable) => "unavailable".to_owned(),
    }
}

adit_plugin::register!(Keep: prompt);
