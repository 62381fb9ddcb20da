//! `cargo fuzz run tool_capsule --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| adit_fuzz::tool_capsule(data));
