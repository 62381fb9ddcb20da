//! Other names for models.

use adit_plugin::ConfigError;
use serde_json::Value;

use crate::glob::Glob;
use crate::members::{Faults, Members, model};

/// Names and patterns of names, each with the model that it stands for. The closest come first:
/// exact names, then patterns in the order of how much they fix.
#[derive(Debug, Default)]
pub(crate) struct Aliases(Vec<(Glob, String)>);

impl Aliases {
    pub(crate) fn parse(value: Value, path: &str, faults: &mut Faults) -> Self {
        let mut aliases = Self::default();
        let Some(members) = Members::open(value, path, faults) else {
            return aliases;
        };
        for (name, value, path) in members.all(faults) {
            let target = model(value, &path, faults);
            match Glob::parse(&name) {
                Err(fault) => faults.push(ConfigError::new(path, fault)),
                Ok(glob) => {
                    if let Some(target) = target {
                        aliases.insert(glob, target);
                    }
                }
            }
        }
        aliases
    }

    fn insert(&mut self, glob: Glob, target: String) {
        let closeness = glob.closeness();
        let at = self.0.partition_point(|(other, _)| other.closeness() >= closeness);
        self.0.insert(at, (glob, target));
    }

    /// The model that a name stands for, or the name itself. A result is not looked up again.
    pub(crate) fn resolve<'a>(&'a self, name: &'a str) -> &'a str {
        let alias = self.0.iter().find(|(glob, _)| glob.matches(name));
        alias.map_or(name, |(_, target)| target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_alias_wins_and_is_not_looked_up_again() {
        let mut faults = Faults::new();
        let json = serde_json::json!({
            "*": "everything", "gpt-*": "some-gpt", "gpt-*-mini": "mini", "gpt-4o": "gpt-4o-mini",
        });
        let aliases = Aliases::parse(json, "", &mut faults);
        assert_eq!(faults, []);
        for (name, model) in [
            ("gpt-4o", "gpt-4o-mini"),
            ("gpt-4o-mini", "mini"),
            ("gpt-5", "some-gpt"),
            ("claude", "everything"),
        ] {
            assert_eq!(aliases.resolve(name), model);
        }
    }

    #[test]
    fn an_unknown_name_stands_for_itself() {
        assert_eq!(Aliases::default().resolve("anything"), "anything");
    }
}
