//! The fuzz target `document`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| arraystow_fuzz::case(arraystow_fuzz::document::run, input));

#[cfg(not(fuzzing))]
fn main() {
    arraystow_fuzz::smoke::run("document", arraystow_fuzz::document::run, None);
}
