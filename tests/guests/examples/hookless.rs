//! Has a lifecycle and no hook; the SDK asks for one at least.
#![cfg_attr(
    target_family = "wasm",
    allow(unsafe_code, missing_docs, unreachable_pub, clippy::allow_attributes, reason = "generated code")
)]

#[cfg(target_family = "wasm")]
mod component {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package adit:hookless; world hookless { export adit:plugin/lifecycle@0.1.2; }",
        world: "adit:hookless/hookless",
        generate_all,
    });

    use exports::adit::plugin::lifecycle::{ConfigError, Descriptor, Guest, GuestSession, RequestContext};

    struct Hookless;

    impl Guest for Hookless {
        type Session = Hookless;

        fn init(_: String) -> Result<Descriptor, Vec<ConfigError>> {
            let (name, version) = ("hookless".to_owned(), "0.1.0".to_owned());
            Ok(Descriptor { name, version, wants: adit::plugin::types::TextKinds::empty(), window: 0 })
        }
    }

    impl GuestSession for Hookless {
        fn new(_: RequestContext) -> Self {
            Self
        }
    }

    export!(Hookless);
}
