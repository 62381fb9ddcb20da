//! `cargo fuzz run chat_request --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| adit_fuzz::chat_request(data));
