#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| arraystow_fuzz::case(arraystow_fuzz::hdf5::run, input));

#[cfg(not(fuzzing))]
fn main() {
    arraystow_fuzz::smoke::run("hdf5", arraystow_fuzz::hdf5::run, None);
}
