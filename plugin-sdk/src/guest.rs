//! What the code that [`register!`](crate::register) writes calls. No part of the surface.

use std::{cell::RefCell, rc::Rc};

use crate::{Config, ConfigError, Descriptor, Plugin, RequestContext};

/// The config of an instance, once `init` has read it.
pub type ConfigCell<P> = RefCell<Option<Rc<<P as Plugin>::Config>>>;

/// Reads the config and describes the plugin.
pub fn init<P: Plugin>(
    cell: &ConfigCell<P>,
    json: &str,
    name: &str,
    version: &str,
) -> Result<Descriptor, Vec<ConfigError>> {
    let config = Rc::new(P::Config::parse(json)?);
    let descriptor = Descriptor {
        name: name.to_owned(),
        version: version.to_owned(),
        wants: P::wants(&config),
        window: P::WINDOW,
    };
    cell.replace(Some(config));
    Ok(descriptor)
}

/// Starts on a request.
///
/// # Panics
/// When `init` has not been called, or has failed: no verdict could say so.
pub fn start<P: Plugin>(cell: &ConfigCell<P>, ctx: RequestContext) -> Session<P> {
    Session(RefCell::new(P::start(config::<P>(cell), ctx)))
}

/// The config of the instance.
///
/// # Panics
/// When `init` has not been called, or has failed: no verdict could say so.
#[expect(clippy::panic, reason = "a trap is the only answer that a constructor has")]
pub fn config<P: Plugin>(cell: &ConfigCell<P>) -> Rc<P::Config> {
    match cell.borrow().clone() {
        Some(config) => config,
        None => panic!("a call before a successful `init`"),
    }
}

/// The resource that holds a plugin during one request.
pub struct Session<P>(RefCell<P>);

impl<P> Session<P> {
    /// Calls a hook. The host makes one call at a time, so the borrow never fails.
    pub fn call<T>(&self, hook: impl FnOnce(&mut P) -> T) -> T {
        hook(&mut self.0.borrow_mut())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use super::*;
    use crate::{NoConfig, TextKinds};

    struct Counter(u32);

    impl Plugin for Counter {
        type Config = NoConfig;
        const WANTS: TextKinds = TextKinds::REASONING;
        const WINDOW: u32 = 7;

        fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
            Self(0)
        }
    }

    #[test]
    fn init_describes_the_plugin() {
        let descriptor =
            init::<Counter>(&ConfigCell::<Counter>::default(), "{}", "counter", "1.2.3").unwrap();
        let expected = Descriptor {
            name: "counter".to_owned(),
            version: "1.2.3".to_owned(),
            wants: TextKinds::REASONING,
            window: 7,
        };
        assert_eq!(descriptor, expected);
    }

    #[test]
    fn init_hands_back_the_faults_of_the_config() {
        let cell = ConfigCell::<Counter>::default();
        assert_eq!(init::<Counter>(&cell, r#"{"a":1}"#, "counter", "1.2.3").unwrap_err()[0].path, "/a");
        assert!(cell.borrow().is_none());
    }

    #[test]
    fn sessions_of_one_instance_are_apart() {
        let cell = ConfigCell::<Counter>::default();
        init::<Counter>(&cell, "{}", "counter", "1.2.3").unwrap();
        let context = crate::testing::context;
        let (one, other) = (start::<Counter>(&cell, context()), start::<Counter>(&cell, context()));
        one.call(|counter| counter.0 += 1);
        assert_eq!((one.call(|counter| counter.0), other.call(|counter| counter.0)), (1, 0));
    }

    #[test]
    #[should_panic(expected = "a call before a successful `init`")]
    fn a_session_needs_init() {
        start::<Counter>(&ConfigCell::<Counter>::default(), crate::testing::context());
    }
}
