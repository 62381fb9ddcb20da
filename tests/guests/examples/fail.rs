//! Reports that it could not do its work.
use adit_plugin::PluginError;
use guests::{Misbehaving, Misbehaviour};

struct Fail;

impl Misbehaviour for Fail {
    fn happen() -> Result<(), PluginError> {
        Err(PluginError::new("no_table", "the table is gone"))
    }
}

adit_plugin::register!(Misbehaving<Fail>: route, prompt, text);
