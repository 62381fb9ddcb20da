//! Takes memory and never gives it back.
use adit_plugin::PluginError;
use guests::{Misbehaving, Misbehaviour};

struct Grow;

impl Misbehaviour for Grow {
    fn happen() -> Result<(), PluginError> {
        loop {
            std::hint::black_box(vec![1_u8; 1 << 20].leak());
        }
    }
}

adit_plugin::register!(Misbehaving<Grow>: route, prompt, text);
