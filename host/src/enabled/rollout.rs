use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{EnabledPlugin, Release};
use crate::ids::{KeyId, PluginName};

/// A release that runs for some of the keys that have its plugin, in the place of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// The plugin.
    pub plugin: PluginName,
    /// The release that is tried.
    pub release: Release,
    /// For how many of a hundred keys.
    pub percent: Percent,
    /// Failures of the release after which every key has its own again.
    pub step_back_after: u32,
    /// Failures so far.
    pub failures: u64,
    /// When it ended by itself.
    pub stepped_back: Option<Timestamp>,
}

/// 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// All.
    pub const ALL: Self = Self(100);

    /// Takes 0 to 100.
    pub fn new(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(percent))
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl Rollout {
    /// Whether a key is among those that get the release. A key that is stays so when the percentage
    /// grows.
    pub fn includes(&self, key: &KeyId) -> bool {
        self.stepped_back.is_none() && place(&self.plugin, key) < u64::from(self.percent.0)
    }

    /// Gives the plugins of a key the release, if they are meant.
    pub fn apply(&self, key: &KeyId, plugins: &mut [EnabledPlugin]) {
        if self.includes(key) {
            for enabled in plugins.iter_mut().filter(|enabled| enabled.name == self.plugin) {
                enabled.release = Some(self.release.clone());
            }
        }
    }
}

/// Where a key stands among a hundred: another place for each plugin, so that no key tries all that
/// is new.
fn place(plugin: &PluginName, key: &KeyId) -> u64 {
    let mut hash = Sha256::new();
    hash.update(plugin.as_str());
    hash.update(b"\0");
    hash.update(key.as_str());
    let digest = hash.finalize();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    number % 100
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::enabled::{Digest, Version};

    fn rollout(percent: u8) -> Rollout {
        Rollout {
            plugin: PluginName::parse("redact").unwrap(),
            release: Release { version: Version::parse("2.0.0").unwrap(), digest: Digest::of(b"2") },
            percent: Percent::new(percent).unwrap(),
            step_back_after: 10,
            failures: 0,
            stepped_back: None,
        }
    }

    fn keys() -> Vec<KeyId> {
        (0..1000).map(|number| KeyId::parse(format!("key{number:07}")).unwrap()).collect()
    }

    #[test]
    fn a_key_that_is_among_few_is_among_more() {
        let included = |percent| {
            let rollout = rollout(percent);
            keys().into_iter().filter(|key| rollout.includes(key)).collect::<Vec<_>>()
        };
        let (none, tenth, half, all) = (included(0), included(10), included(50), included(100));
        assert_eq!((none.len(), all.len()), (0, 1000));
        assert!((70..130).contains(&tenth.len()) && (430..570).contains(&half.len()), "{}", tenth.len());
        assert!(tenth.iter().all(|key| half.contains(key)));
        assert_eq!(Percent::new(101), None);
    }

    #[test]
    fn only_the_plugin_that_is_meant_gets_the_release() {
        let key = keys().swap_remove(0);
        let [redact, route] =
            ["redact", "route"].map(|name| EnabledPlugin::new(PluginName::parse(name).unwrap(), "{}"));
        let mut plugins = vec![route.clone(), redact];
        rollout(100).apply(&key, &mut plugins);
        assert_eq!(plugins.first(), Some(&route));
        assert_eq!(plugins.pop().unwrap().release, Some(rollout(100).release));

        let mut plugins = vec![route.clone()];
        Rollout { stepped_back: Some(Timestamp::UNIX_EPOCH), ..rollout(100) }.apply(&key, &mut plugins);
        assert_eq!(plugins, [route]);
    }
}
