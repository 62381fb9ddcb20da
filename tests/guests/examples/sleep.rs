//! Sleeps on a clock, where no code runs that could be stopped.
use std::time::Duration;

use adit_plugin::PluginError;
use guests::{Misbehaving, Misbehaviour};

struct Sleep;

impl Misbehaviour for Sleep {
    #[expect(clippy::disallowed_methods, reason = "what the guest is for")]
    fn happen() -> Result<(), PluginError> {
        std::thread::sleep(Duration::from_hours(1));
        Ok(())
    }
}

adit_plugin::register!(Misbehaving<Sleep>: route, prompt, text);
