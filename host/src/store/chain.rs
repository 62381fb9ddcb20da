//! The order in which plugins run.

use super::Position;
use crate::enabled::EnabledPlugin;
use crate::ids::PluginName;

/// Puts a plugin where it belongs, or names the plugin that is not there.
pub(super) fn enable(
    chain: &mut Vec<EnabledPlugin>,
    plugin: EnabledPlugin,
    position: &Position,
) -> Result<(), PluginName> {
    let place = place_of(chain, &plugin.name);
    match position {
        Position::Last => match place.and_then(|place| chain.get_mut(place)) {
            Some(enabled) => *enabled = plugin,
            None => chain.push(plugin),
        },
        Position::Before(next) => {
            chain.retain(|enabled| enabled.name != plugin.name);
            let place = place_of(chain, next).ok_or_else(|| next.clone())?;
            chain.insert(place, plugin);
        }
    }
    Ok(())
}

/// Takes a plugin out, or names it if it is not there.
pub(super) fn disable(chain: &mut Vec<EnabledPlugin>, plugin: &PluginName) -> Result<(), PluginName> {
    let place = place_of(chain, plugin).ok_or_else(|| plugin.clone())?;
    chain.remove(place);
    Ok(())
}

fn place_of(chain: &[EnabledPlugin], plugin: &PluginName) -> Option<usize> {
    chain.iter().position(|enabled| enabled.name == *plugin)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn name(text: &str) -> PluginName {
        PluginName::parse(text).unwrap()
    }

    fn plugin(text: &str, config: &str) -> EnabledPlugin {
        EnabledPlugin::new(name(text), config)
    }

    fn chain(names: &str) -> Vec<EnabledPlugin> {
        names.split(' ').map(|text| plugin(text, "{}")).collect()
    }

    fn names(chain: &[EnabledPlugin]) -> String {
        chain.iter().map(|enabled| enabled.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn puts_a_new_plugin_last_or_before_another() {
        let cases = [
            ("a b", "c", Position::Last, "a b c"),
            ("a b", "c", Position::Before(name("a")), "c a b"),
            ("a b", "c", Position::Before(name("b")), "a c b"),
        ];
        for (before, new, position, after) in cases {
            let mut chain = chain(before);
            enable(&mut chain, plugin(new, "{}"), &position).unwrap();
            assert_eq!(names(&chain), after);
        }
    }

    #[test]
    fn keeps_or_moves_a_plugin_that_is_there_and_takes_its_new_config() {
        let cases = [
            ("a b c", "a", Position::Last, "a b c"),
            ("a b c", "a", Position::Before(name("c")), "b a c"),
            ("a b c", "c", Position::Before(name("a")), "c a b"),
        ];
        for (before, again, position, after) in cases {
            let mut chain = chain(before);
            enable(&mut chain, plugin(again, "{\"new\":1}"), &position).unwrap();
            assert_eq!(names(&chain), after);
            let configs: Vec<_> = chain.iter().filter(|enabled| &*enabled.config == "{\"new\":1}").collect();
            assert_eq!(configs, [&plugin(again, "{\"new\":1}")]);
        }
    }

    #[test]
    fn names_the_plugin_that_is_not_there() {
        let mut chain = chain("a b");
        assert_eq!(enable(&mut chain, plugin("c", "{}"), &Position::Before(name("x"))), Err(name("x")));
        assert_eq!(disable(&mut chain, &name("c")), Err(name("c")));
        disable(&mut chain, &name("a")).unwrap();
        assert_eq!(names(&chain), "b");
    }
}
