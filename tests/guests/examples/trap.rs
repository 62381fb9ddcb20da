//! Panics.
use adit_plugin::PluginError;
use guests::{Misbehaving, Misbehaviour};

struct Trap;

impl Misbehaviour for Trap {
    #[expect(clippy::panic, reason = "what the guest is for")]
    fn happen() -> Result<(), PluginError> {
        panic!("this plugin panics");
    }
}

adit_plugin::register!(Misbehaving<Trap>: route, prompt, request, event, text, finish);
