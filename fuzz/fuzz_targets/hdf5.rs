//! The fuzz target `hdf5`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| arraystow_fuzz::case(arraystow_fuzz::hdf5::run, input));

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    arraystow_fuzz::random::mutate(data, size, max_size, seed, arraystow_fuzz::hdf5::change)
});

#[cfg(not(fuzzing))]
fn main() {
    arraystow_fuzz::smoke::run("hdf5", arraystow_fuzz::hdf5::run, Some(arraystow_fuzz::hdf5::change));
}
