//! Names the interfaces for the whole structure, and changes nothing.

use std::rc::Rc;

use adit_plugin::{NoConfig, Plugin, RequestContext};

struct Structure;

impl Plugin for Structure {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }
}

adit_plugin::register!(Structure: request, event, finish);
