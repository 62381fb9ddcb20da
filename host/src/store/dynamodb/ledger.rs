//! What plugins did, as each process has counted it: an item for each process and release.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::super::record::{damaged, enabled};
use super::super::{PluginStatus, StoreError};
use super::Dynamo;
use super::expression::Expression;
use super::item::{Item, removal, text, time};
use super::many::Sorted;
use super::place::{Place, STATUS};
use super::table::{Reading, Table};
use crate::error::Failure;
use crate::health::{Counts, Entry, Ledger, SteppedBack};
use crate::ids::PluginName;

/// How long the counts of a process are kept that does not write any more.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 7);

/// How the release of a plugin of the folder is written: it has none.
const FOLDER: &str = "";

#[async_trait]
impl Ledger for Dynamo {
    async fn write(&self, process: &str, entries: Vec<Entry>) -> Result<Vec<SteppedBack>, Failure> {
        let mut stepped_back = Vec::new();
        for entry in entries {
            stepped_back.extend(self.note(process, entry, Timestamp::now()).await?);
        }
        Ok(stepped_back)
    }
}

impl Dynamo {
    /// The counts are replaced last: if something fails before, the same failures are counted once more,
    /// and a release steps back rather too early than too late.
    async fn note(
        &self,
        process: &str,
        entry: Entry,
        now: Timestamp,
    ) -> Result<Option<SteppedBack>, StoreError> {
        let Entry { plugin, release, counts } = entry;
        let written = release.as_ref().map_or_else(|| FOLDER.to_owned(), enabled::write_release);
        let place = Place::status(&plugin, &written, process);
        let mut stepped_back = None;
        if let (Some(release), 1..) = (&release, counts.failures()) {
            let before = self.main.get(&place, Reading::Consistent).await?;
            let before = before.as_ref().map(read_counts).transpose()?.unwrap_or_default();
            let failures = counts.failures().saturating_sub(before.failures());
            if failures > 0 {
                let ended = self.note_failures(&plugin, release, failures, now).await?;
                stepped_back = ended.map(|failures| SteppedBack {
                    plugin: plugin.clone(),
                    release: release.clone(),
                    failures,
                });
            }
        }
        let (expires_at, removal) = removal(now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX));
        let item = Item::at(&place)
            .with("plugin", text(plugin.as_str()))
            .with("release", text(written))
            // Names and numbers: nothing that could fail to be written.
            .with("counts", text(serde_json::to_string(&counts).unwrap_or_default()))
            .with("written", time(now))
            .with(expires_at, removal);
        self.main.put(item, Expression::new()).await?;
        Ok(stepped_back)
    }
}

/// What each release of each plugin did, summed over the processes of the last week.
pub(super) async fn status(table: &Table, now: Timestamp) -> Result<Vec<PluginStatus>, StoreError> {
    let oldest = now.saturating_sub(LIFETIME).unwrap_or(Timestamp::MIN);
    let mut all: Vec<(String, String, PluginStatus)> = Vec::new();
    for item in table.query(STATUS, Sorted::All, Reading::Consistent).await? {
        let (plugin, release, written) = (item.text("plugin")?, item.text("release")?, item.time("written")?);
        if written < oldest {
            continue;
        }
        let counts = read_counts(&item)?;
        let same = all.iter_mut().find(|(other, version, _)| other == plugin && version == release);
        if let Some((.., sum)) = same {
            sum.counts.add(&counts);
            sum.processes += 1;
            sum.written = sum.written.max(written);
            continue;
        }
        let status = PluginStatus {
            plugin: PluginName::parse(plugin).map_err(damaged)?,
            release: (release != FOLDER)
                .then(|| enabled::read_release(release))
                .transpose()
                .map_err(damaged)?,
            counts,
            processes: 1,
            written,
        };
        all.push((plugin.to_owned(), release.to_owned(), status));
    }
    all.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    Ok(all.into_iter().map(|(.., status)| status).collect())
}

fn read_counts(item: &Item) -> Result<Counts, StoreError> {
    serde_json::from_str(item.text("counts")?).map_err(damaged)
}
