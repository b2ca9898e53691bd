#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| arraystow_fuzz::case(arraystow_fuzz::zarr::run, input));

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_mutator!(|input: &mut [u8], len: usize, _most: usize, seed: u32| {
    arraystow_fuzz::random::mutate(input, len, seed, arraystow_fuzz::zarr_changes::change)
});

#[cfg(not(fuzzing))]
fn main() {
    arraystow_fuzz::smoke::run("zarr", arraystow_fuzz::zarr::run, Some(arraystow_fuzz::zarr_changes::change));
}
