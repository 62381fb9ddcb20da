//! `adit key policy`: on which terms a key is served.

use clap::Args;

use super::policy::{self, PolicyArgs, PolicyView};
use super::{key_argument, output};
use crate::store::{KeyRecord, Store};

/// Without any option the terms are shown. What is not named stays as it is.
#[derive(Debug, Args)]
pub(super) struct KeyPolicyArgs {
    /// The id of the key, its unique name, or the whole key.
    key: String,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(keys: &dyn Store, args: KeyPolicyArgs) -> anyhow::Result<()> {
    let mut key = key_argument::find(keys, &args.key).await?;
    let mut changed = key.policy.clone();
    args.policy.apply(&mut changed);
    if changed != key.policy {
        let said = args.policy;
        let change = move |record: &mut KeyRecord| {
            said.apply(&mut record.key.policy);
            Ok(())
        };
        key = keys.edit(&key.id, Box::new(change)).await?;
        output::note(&format!("Key `{}` ({}) is served on new terms from now on.", key.id, key.name));
    }
    if args.json {
        return output::json(&PolicyView::of(&key.policy));
    }
    output::result(&policy::lines(&key.policy))?;
    output::note(&format!("`adit key explain {}` shows what follows from it and its team.", key.id));
    Ok(())
}
