//! The fuzz target `manifest`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| arraystow_fuzz::case(arraystow_fuzz::manifest::run, input));

#[cfg(not(fuzzing))]
fn main() {
    arraystow_fuzz::smoke::run("manifest", arraystow_fuzz::manifest::run, None);
}
