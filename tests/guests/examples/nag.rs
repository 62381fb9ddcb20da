//! Asks the host for something again and again: each time the host works, and not the guest.
use adit_plugin::{PluginError, log, metrics};
use guests::{Misbehaving, Misbehaviour};

struct Nag;

impl Misbehaviour for Nag {
    fn happen() -> Result<(), PluginError> {
        // A text is copied whole before it is cut.
        let long = "nagging ".repeat(64 << 10);
        loop {
            log::info(&long);
            metrics::add(&long, 1);
        }
    }
}

adit_plugin::register!(Misbehaving<Nag>: route, prompt, request, event, text, finish);
