//! `cargo fuzz run completion_request --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| adit_fuzz::completion_request(data));
