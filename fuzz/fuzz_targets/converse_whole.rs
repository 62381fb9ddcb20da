//! `cargo fuzz run converse_whole --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| adit_fuzz::converse_whole(data));
