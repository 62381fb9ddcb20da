//! Never returns.
use adit_plugin::PluginError;
use guests::{Misbehaving, Misbehaviour};

struct Spin;

impl Misbehaviour for Spin {
    fn happen() -> Result<(), PluginError> {
        loop {
            std::hint::spin_loop();
        }
    }
}

adit_plugin::register!(Misbehaving<Spin>: route, prompt, request, event, text, finish);
