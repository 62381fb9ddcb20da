//! `adit key principal`: callers that AWS has authenticated and that count as a key.

use clap::Subcommand;

use super::{key_argument, output};
use crate::store::{KeyRecord, Principal, Store};

#[derive(Debug, Subcommand)]
pub(super) enum KeyPrincipalCommand {
    /// Have callers of this ARN count as the key, where AWS authenticates them and the settings say so.
    Add {
        /// The id of the key, its unique name, or the whole key.
        key: String,
        /// An ARN of IAM or STS with its account; `*` stands for any characters.
        pattern: Principal,
    },
    /// Take a pattern away.
    Remove {
        /// The id of the key, its unique name, or the whole key.
        key: String,
        /// The pattern, as it was added.
        pattern: Principal,
    },
    /// List the patterns of a key.
    List {
        /// The id of the key, its unique name, or the whole key.
        key: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(keys: &dyn Store, command: KeyPrincipalCommand) -> anyhow::Result<()> {
    match command {
        KeyPrincipalCommand::Add { key, pattern } => {
            let key = key_argument::find(keys, &key).await?;
            let added = pattern.clone();
            let add = move |record: &mut KeyRecord| {
                record.key.principals.push(added.clone());
                record.key.principals.sort();
                record.key.principals.dedup();
                Ok(())
            };
            keys.edit(&key.id, Box::new(add)).await?;
            output::note(&format!("`{pattern}` counts as key `{}` ({}).", key.id, key.name));
        }
        KeyPrincipalCommand::Remove { key, pattern } => {
            let key = key_argument::find(keys, &key).await?;
            if !key.principals.contains(&pattern) {
                anyhow::bail!("key `{}` has no pattern `{pattern}`", key.id);
            }
            let removed = pattern.clone();
            let remove = move |record: &mut KeyRecord| {
                record.key.principals.retain(|kept| *kept != removed);
                Ok(())
            };
            keys.edit(&key.id, Box::new(remove)).await?;
            output::note(&format!("`{pattern}` no longer counts as key `{}` ({}).", key.id, key.name));
        }
        KeyPrincipalCommand::List { key, json } => {
            let key = key_argument::find(keys, &key).await?;
            let patterns: Vec<_> = key.principals.iter().map(Principal::as_str).collect();
            if json {
                return output::json(&patterns);
            }
            if !patterns.is_empty() {
                output::result(&patterns.join("\n"))?;
            }
        }
    }
    Ok(())
}
