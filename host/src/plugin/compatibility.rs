//! Which compiled code an engine takes: that of the same engine to the last number of its version,
//! with the same settings.
//!
//! Wasmtime itself looks only at the first number of the version that is written in an artifact, so
//! code compiled by an engine with a known fault would be run by the mended one.

use crate::catalog::Target;
use crate::enabled::Digest;

/// What an engine has for each kind of machine. Only an engine with a compiler can say; one without
/// has been told. A test holds the two together: a new wasmtime, or another setting, changes these,
/// and everything published has to be compiled anew.
#[cfg_attr(
    all(feature = "compiler", not(test)),
    expect(dead_code, reason = "an engine with a compiler says")
)]
fn told(target: Target) -> &'static str {
    match target {
        Target::X86_64Linux => "2500025ca0755dee3cb7b27d7684412039ab5d57e546ff04978f89291ed952bd",
        Target::Aarch64Linux => "734274597fb60b9fef96e675877343f4301186a1844e118669c84e9b76f18736",
    }
}

/// The code that this process's engine takes, if code is compiled ahead of time for such machines.
#[cfg(feature = "compiler")]
pub(super) fn here(engine: &wasmtime::Engine) -> Option<(Target, Digest)> {
    Target::HERE.map(|target| (target, of(engine)))
}

/// The code that this process's engine takes, if code is compiled ahead of time for such machines.
#[cfg(not(feature = "compiler"))]
pub(super) fn here(_: &wasmtime::Engine) -> Option<(Target, Digest)> {
    Target::HERE.and_then(|target| Some((target, Digest::parse(told(target)).ok()?)))
}

/// SHA-256 of all that code of an engine depends on, its full version included.
#[cfg(feature = "compiler")]
pub(super) fn of(engine: &wasmtime::Engine) -> Digest {
    use std::hash::{Hash as _, Hasher};

    /// Collects what is hashed.
    struct Collected(Vec<u8>);

    impl Hasher for Collected {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }

        /// Nobody asks.
        fn finish(&self) -> u64 {
            0
        }
    }

    let mut collected = Collected(Vec::new());
    engine.precompile_compatibility_hash().hash(&mut collected);
    Digest::of(&collected.0)
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::super::engine::code_settings;
    use super::*;

    #[test]
    fn engines_without_a_compiler_were_told_what_this_one_says() {
        let said = Target::ALL
            .map(|target| of(&wasmtime::Engine::new(&code_settings(Some(target)).unwrap()).unwrap()));
        let said = said.each_ref().map(Digest::as_str);
        assert_eq!(said, Target::ALL.map(told), "write those on the left into `told`");
    }

    #[test]
    fn another_setting_or_another_patch_is_another_engine() {
        let of = |change: fn(&mut wasmtime::Config) -> &mut wasmtime::Config| {
            let mut settings = code_settings(Target::HERE).unwrap();
            change(&mut settings);
            super::of(&wasmtime::Engine::new(&settings).unwrap())
        };
        let ours = of(|settings| settings);
        assert_eq!(ours, of(|settings| settings.max_wasm_stack(1 << 20)));
        assert_ne!(ours, of(|settings| settings.epoch_interruption(false)));
        assert_ne!(ours, of(|settings| settings.consume_fuel(true)));
        assert_ne!(
            ours,
            of(|settings| {
                let version = wasmtime::ModuleVersionStrategy::Custom("48.0.7".to_owned());
                settings.module_version(version).unwrap()
            })
        );
    }
}
