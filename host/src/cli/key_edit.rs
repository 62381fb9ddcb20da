//! `adit key edit` and `adit key rotate`: what a key is called, whose it is, how long it is valid, and
//! its secret.

use anyhow::{Context, bail};
use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::when::{self, Future, Length};
use super::{key_argument, output};
use crate::ids::TeamName;
use crate::store::{Key, KeyName, KeyRecord, Label, Store};

/// What is not named stays as it is.
#[derive(Debug, Args)]
pub(super) struct KeyEditArgs {
    /// The id of the key, its unique name, or the whole key.
    key: String,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// What you call the key from now on.
    #[arg(long)]
    name: Option<KeyName>,
    /// Put it into this team.
    #[arg(long, value_name = "TEAM", conflicts_with = "no_team")]
    team: Option<TeamName>,
    /// Take it out of its team.
    #[arg(long)]
    no_team: bool,
    /// Until when it is valid: a day, a time, or how long from now, such as `90d`.
    #[arg(long, value_name = "TIME", conflicts_with = "no_expiry")]
    expires: Option<Future>,
    /// Let it be valid for good.
    #[arg(long)]
    no_expiry: bool,
    /// Note something about it, in the place of what stands under that name.
    #[arg(long = "label", value_name = "NAME=VALUE")]
    labels: Vec<Label>,
    /// Take a label away.
    #[arg(long = "remove-label", value_name = "NAME")]
    removed_labels: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct KeyRotateArgs {
    /// The id of the key, its unique name, or the whole key.
    key: String,
    /// How long the old secret is good beside the new one, such as `24h`, or `0s`.
    #[arg(long, value_name = "TIME", default_value = "24h")]
    overlap: Length,
    /// Print the key alone, without the reminder.
    #[arg(long)]
    quiet: bool,
}

pub(super) async fn edit(keys: &dyn Store, args: KeyEditArgs) -> anyhow::Result<()> {
    let key = key_argument::find(keys, &args.key).await?;
    let changes = args.changes;
    let unknown =
        changes.removed_labels.iter().find(|name| !key.labels.iter().any(|label| label.name == **name));
    if let Some(name) = unknown {
        bail!("key `{}` has no label `{name}`", key.id);
    }
    let expires = changes.expires.map(|time| time.after(Timestamp::now())).transpose()?;
    let edit = move |record: &mut KeyRecord| {
        changes.apply(&mut record.key, expires);
        Ok(())
    };
    let key = keys.edit(&key.id, Box::new(edit)).await?;
    output::note(&format!("Key `{}` ({}) is changed.", key.id, key.name));
    Ok(())
}

impl Changes {
    fn apply(&self, key: &mut Key, expires: Option<Timestamp>) {
        if let Some(name) = &self.name {
            key.name = name.clone();
        }
        if self.no_team || self.team.is_some() {
            key.team.clone_from(&self.team);
        }
        if self.no_expiry || expires.is_some() {
            key.expires = expires;
        }
        let said = |label: &Label| {
            self.removed_labels.contains(&label.name) || self.labels.iter().any(|new| new.name == label.name)
        };
        key.labels.retain(|label| !said(label));
        for label in self.labels.iter().rev() {
            // Of two with the same name the last one counts.
            if !key.labels.iter().any(|kept| kept.name == label.name) {
                key.labels.push(label.clone());
            }
        }
        key.labels.sort();
    }
}

pub(super) async fn rotate(keys: &dyn Store, args: KeyRotateArgs) -> anyhow::Result<()> {
    let key = key_argument::find(keys, &args.key).await?;
    if key.revoked.is_some() {
        bail!("key `{}` ({}) is revoked: a new secret would not make it valid", key.id, key.name);
    }
    let overlap = args.overlap.duration();
    let until = Timestamp::now().checked_add(SignedDuration::try_from(overlap)?)?;
    let api_key = keys.rotate(&key.id, until).await?;
    output::result(api_key.expose()).with_context(|| {
        format!("key `{}` has a new secret that could not be printed: rotate it again", key.id)
    })?;
    if !args.quiet {
        let (id, name) = (&key.id, &key.name);
        output::note(&format!("Keep the new secret of key `{id}` ({name}) now: it is not shown again."));
        output::note(&if overlap.is_zero() {
            "The old secret is good no more.".to_owned()
        } else {
            format!("The old secret is good until {}.", when::second(until))
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use clap::Parser;

    use super::*;
    use crate::ids::KeyId;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: KeyEditArgs,
    }

    fn parsed(words: &str) -> Result<Changes, clap::Error> {
        let line = Line::try_parse_from(format!("edit key {words}").split_whitespace());
        line.map(|line| line.args.changes)
    }

    fn labels(key: &Key) -> Vec<String> {
        key.labels.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn changes_only_what_is_named() {
        let id = KeyId::parse("aaaaaaaaaa").unwrap();
        let mut key = Key::new(id, KeyName::parse("laptop").unwrap(), Timestamp::UNIX_EPOCH);
        let expires = Timestamp::from_second(7).unwrap();
        parsed("--team search --label b=1 --label a=2 --label b=3").unwrap().apply(&mut key, Some(expires));
        assert_eq!((labels(&key), key.expires), (vec!["a=2".to_owned(), "b=3".to_owned()], Some(expires)));
        assert_eq!(key.name.as_str(), "laptop");

        parsed("--name desk --remove-label a --label b=4").unwrap().apply(&mut key, None);
        assert_eq!((labels(&key), key.name.as_str()), (vec!["b=4".to_owned()], "desk"));
        assert_eq!((key.expires, key.team.as_ref().map(TeamName::as_str)), (Some(expires), Some("search")));

        parsed("--no-team --no-expiry").unwrap().apply(&mut key, None);
        assert_eq!((key.team, key.expires), (None, None));
    }

    #[test]
    fn wants_to_know_what_to_change() {
        for words in
            ["", "--team search --no-team", "--expires 90d --no-expiry", "--expires soon", "--label a"]
        {
            assert!(parsed(words).is_err(), "`{words}`");
        }
    }
}
