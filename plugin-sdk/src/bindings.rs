//! The interface `types` of the contract in `wit/`, as Rust types.
#![allow(
    unsafe_code,
    unreachable_pub,
    missing_docs,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "this module holds generated code only"
)]

wit_bindgen::generate!({
    path: "wit",
    inline: "package adit:sdk; world sdk { import adit:plugin/types@0.1.1; }",
    generate_all,
    generate_unused_types: true,
    additional_derives: [PartialEq, Eq],
});
