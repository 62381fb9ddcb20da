//! Core modules for WASI 0.1, as older toolchains make them, become components.

use std::borrow::Cow;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, metadata};

use super::component::{Refused, one_line};

/// The component in these bytes: the bytes themselves, or what a core module for `wasm32-wasip1`
/// becomes behind the adapter for WASI 0.1. Bytes that are neither are handed back as they are, for
/// the engine to refuse.
pub fn component_of(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Refused> {
    if !is_core_module(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let (described, _) = metadata::decode(bytes).map_err(|fault| Refused::Invalid(one_line(&fault)))?;
    if described.is_none() {
        return Err(Refused::CoreModule);
    }
    let encoded = ComponentEncoder::default()
        .module(bytes)
        .and_then(|encoder| {
            encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)
        })
        .and_then(|encoder| encoder.validate(true).encode());
    encoded.map(Cow::Owned).map_err(|fault| Refused::NotWrapped(one_line(&fault)))
}

/// Whether these bytes begin as a core module does, not as a component.
pub fn is_core_module(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm\x01\0\0\0")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_component_stays_as_it_is() {
        let component = b"\0asm\x0d\0\x01\0";
        assert!(matches!(component_of(component).unwrap(), Cow::Borrowed(bytes) if bytes == component));
    }

    #[test]
    fn a_core_module_that_does_not_say_what_it_exports_is_refused() {
        let refusal = component_of(b"\0asm\x01\0\0\0").unwrap_err();
        assert!(matches!(refusal, Refused::CoreModule), "{refusal}");
    }

    #[test]
    fn a_broken_core_module_is_refused_as_such() {
        let refusal = component_of(b"\0asm\x01\0\0\0\x01\xff").unwrap_err();
        assert!(matches!(refusal, Refused::Invalid(_)), "{refusal}");
    }
}
