//! The fuzz target `packed`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| arraystow_fuzz::case(arraystow_fuzz::packed::run, input));

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    arraystow_fuzz::random::mutate(data, size, max_size, seed, arraystow_fuzz::packed::change)
});

#[cfg(not(fuzzing))]
fn main() {
    arraystow_fuzz::smoke::run("packed", arraystow_fuzz::packed::run, Some(arraystow_fuzz::packed::change));
}
