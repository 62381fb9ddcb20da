//! `cargo fuzz run embedding_request --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| adit_fuzz::embedding_request(data));
