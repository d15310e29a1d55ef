//! All decoders under libFuzzer: `cargo +nightly fuzz run fuzz-decoders` with coverage, or as it is built by the stable toolchain, blindly.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    embody_bridges_fuzz::decode(data);
});
