//! The data of the contract in `wit/` as Rust types, and what plugins may import. A component imports only
//! what it calls.
#![allow(
    unsafe_code,
    unreachable_pub,
    missing_docs,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "this module holds generated code only"
)]

pub mod plain {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package adit:sdk; world plain { \
            import adit:plugin/types@0.1.2; import adit:plugin/log@0.1.2; import adit:plugin/metrics@0.1.2; \
            import adit:plugin/kv@0.1.2; import adit:plugin/secrets@0.1.2; import adit:plugin/http@0.1.2; \
            import adit:plugin/blobs@0.1.2; import adit:plugin/tool-client@0.1.2; }",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// Temperatures are numbers with a fraction: not `Eq`.
pub mod structured {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package adit:sdk; world structured { \
            import adit:plugin/chat@0.1.2; import adit:plugin/formats@0.1.2; import adit:plugin/tools@0.1.2; }",
        with: { "adit:plugin/types@0.1.2": crate::types },
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}
