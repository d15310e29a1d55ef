//! The reader of recordings under libFuzzer: `cargo +nightly fuzz run fuzz-recordings` with coverage, or as it is built by the stable toolchain,
//! blindly.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    embody_scenarios_fuzz::read(data);
});
