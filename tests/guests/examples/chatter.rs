//! Writes to its output without end.
use adit_plugin::PluginError;
use guests::{Misbehaving, Misbehaviour};

struct Chatter;

impl Misbehaviour for Chatter {
    #[expect(clippy::print_stdout, reason = "what the guest is for")]
    fn happen() -> Result<(), PluginError> {
        loop {
            println!("this plugin talks too much");
        }
    }
}

adit_plugin::register!(Misbehaving<Chatter>: route, prompt, text);
