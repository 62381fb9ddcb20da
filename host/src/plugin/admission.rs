//! Whether a plugin may run on the terms of a key.

use super::component::Compiled;
use crate::enabled::{Acknowledged, Capability, Grants, Terms};
use crate::ids::PluginName;
use crate::pipeline::{Hook, Hooks};

/// The hooks that see what callers write or models say.
const READING: Hooks = Hooks::of(&[
    Hook::Prompt,
    Hook::Request,
    Hook::Event,
    Hook::Text,
    Hook::ClientFormat,
    Hook::ModelFormat,
    Hook::ToolProvider,
]);

/// Why a plugin may not run for a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Inadmissible {
    /// It imports what the key does not grant.
    #[error("plugin `{plugin}` imports {} without a grant: add {}", quoted(imports), options(imports))]
    Ungranted {
        /// The plugin.
        plugin: PluginName,
        /// What it imports.
        imports: Vec<Capability>,
    },
    /// It can read what is private, and has a place to put it.
    #[error("plugin `{plugin}` {reads}, and could {leak}: add `--acknowledge` if it is trusted with that")]
    Unacknowledged {
        /// The plugin.
        plugin: PluginName,
        /// What it can read.
        reads: String,
        /// What it could do with that.
        leak: String,
    },
}

/// Holds what a component imports and exports against the terms of a key.
pub(super) fn admit(plugin: &PluginName, compiled: &Compiled, terms: &Terms) -> Result<(), Inadmissible> {
    decide(plugin, &compiled.imports, compiled.hooks(), terms)
}

fn decide(
    plugin: &PluginName,
    imports: &[Capability],
    hooks: Hooks,
    terms: &Terms,
) -> Result<(), Inadmissible> {
    let Terms { grants, acknowledged, .. } = terms;
    let ungranted: Vec<_> = imports.iter().copied().filter(|import| !grants.allow(*import)).collect();
    if !ungranted.is_empty() {
        return Err(Inadmissible::Ungranted { plugin: plugin.clone(), imports: ungranted });
    }
    // Most plugins have no place to put anything: what they read is not put into words for them.
    let (Some(leak), Acknowledged::Nothing) = (leak(grants), acknowledged) else { return Ok(()) };
    match reads(hooks, grants) {
        Some(reads) => Err(Inadmissible::Unacknowledged { plugin: plugin.clone(), reads, leak }),
        None => Ok(()),
    }
}

/// What is private of that which a plugin sees.
fn reads(hooks: Hooks, grants: &Grants) -> Option<String> {
    let reading: Vec<_> = hooks.iter().filter(|hook| READING.has(*hook)).map(Hook::name).collect();
    match (reading.as_slice(), grants.allow(Capability::Blobs)) {
        ([], false) => None,
        ([], true) => Some("reads images and documents (`blobs`)".to_owned()),
        (hooks, _) => Some(format!("reads prompts or answers (`{}`)", hooks.join("`, `"))),
    }
}

/// Where it could go.
fn leak(grants: &Grants) -> Option<String> {
    let hosts: Vec<_> = grants.http.iter().map(|host| format!("`{host}`")).collect();
    let send = (!hosts.is_empty()).then(|| format!("send them to {}", hosts.join(", ")));
    let keep = grants.allow(Capability::Kv).then(|| "keep them in `kv`".to_owned());
    let ways: Vec<_> = send.into_iter().chain(keep).collect();
    (!ways.is_empty()).then(|| ways.join(" and "))
}

fn quoted(imports: &[Capability]) -> String {
    imports.iter().map(|import| format!("`{import}`")).collect::<Vec<_>>().join(" and ")
}

fn options(imports: &[Capability]) -> String {
    let grants = imports.iter().filter_map(|import| import.grant());
    format!("`{}`", grants.map(|grant| format!("--grant {grant}")).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn terms(grants: &[&str], acknowledged: Acknowledged) -> Terms {
        let mut terms = Terms { acknowledged, ..Terms::default() };
        for grant in grants {
            terms.grants.add(grant).unwrap();
        }
        terms
    }

    fn verdict(imports: &[Capability], hook: Hook, terms: &Terms) -> Result<(), String> {
        let plugin = PluginName::parse("keep").unwrap();
        decide(&plugin, imports, Hooks::of(&[hook]), terms).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn names_what_is_not_granted_and_what_to_type() {
        let imports = [Capability::Log, Capability::Metrics, Capability::Kv];
        let none = terms(&[], Acknowledged::Nothing);
        assert_eq!(verdict(&imports[..2], Hook::Prompt, &none), Ok(()));
        let expected = "plugin `keep` imports `kv` without a grant: add `--grant kv`";
        assert_eq!(verdict(&imports, Hook::Route, &none), Err(expected.to_owned()));
        assert_eq!(verdict(&imports, Hook::Route, &terms(&["kv"], Acknowledged::Nothing)), Ok(()));
        let expected = "plugin `keep` imports `http` and `secrets` without a grant: \
             add `--grant http=HOST --grant secret=NAME`";
        let imports = [Capability::Http, Capability::Secrets];
        assert_eq!(verdict(&imports, Hook::Route, &none), Err(expected.to_owned()));
    }

    #[test]
    fn says_what_a_plugin_that_reads_and_keeps_or_sends_could_leak() {
        let pair = ["kv", "http=a.test"];
        let expected = "plugin `keep` reads prompts or answers (`prompt`), and could send them to `a.test` and \
             keep them in `kv`: add `--acknowledge` if it is trusted with that";
        assert_eq!(
            verdict(&[], Hook::Prompt, &terms(&pair, Acknowledged::Nothing)),
            Err(expected.to_owned())
        );
        assert_eq!(verdict(&[], Hook::Prompt, &terms(&pair, Acknowledged::Leaks)), Ok(()));
        for hook in Hook::ALL {
            let verdict = verdict(&[], hook, &terms(&["kv"], Acknowledged::Nothing));
            assert_eq!(verdict.is_ok(), matches!(hook, Hook::Route | Hook::Finish), "{hook:?}");
        }
        let images = terms(&["kv", "blobs"], Acknowledged::Nothing);
        assert!(verdict(&[], Hook::Route, &images).unwrap_err().contains("reads images and documents"));
        assert_eq!(verdict(&[], Hook::Prompt, &terms(&["blobs", "secret=s"], Acknowledged::Nothing)), Ok(()));
    }
}
