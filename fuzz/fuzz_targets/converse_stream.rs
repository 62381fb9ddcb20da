//! `cargo fuzz run converse_stream --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| adit_fuzz::converse_stream(data));
