//! Has every hook, accepts every config and changes nothing.
use std::rc::Rc;

use adit_plugin::{Config, ConfigError, Plugin, RequestContext, TextKinds};

struct Polite;
struct Anything;

impl Config for Anything {
    fn parse(_: &str) -> Result<Self, Vec<ConfigError>> {
        Ok(Self)
    }
}

impl Plugin for Polite {
    type Config = Anything;
    const WANTS: TextKinds = TextKinds::all();

    fn start(_: Rc<Anything>, _: RequestContext) -> Self {
        Self
    }
}

adit_plugin::register!(Polite: route, prompt, text);
