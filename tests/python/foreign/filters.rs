//! Filters of h5py and hdf5plugin: every element is the one that h5py reads.

use arraystow::Hdf5File;
use arraystow_tests::python_env;

const MAKE: &str = include_str!("filters.py");

#[test]
fn every_filter_gives_the_elements_that_h5py_reads() {
    let folder = tempfile::tempdir().unwrap();
    let paths = python_env::run(python_env::HDF5, MAKE, &[folder.path().to_str().unwrap()]);
    let paths: Vec<String> = serde_json::from_str(&paths).unwrap();
    assert!(paths.len() > 1500, "{}", paths.len());
    let [packed, plain] = ["packed.h5", "plain.h5"].map(|name| Hdf5File::open(folder.path().join(name)).unwrap());
    let mut wrong = Vec::new();
    for path in &paths {
        let expected = plain.array(path).unwrap();
        let found = packed.array(path).and_then(|found| Ok((found.data_type(), found.to_bytes()?)));
        match found {
            Ok(found) if found == (expected.data_type(), expected.to_bytes().unwrap()) => {}
            Ok(_) => wrong.push(format!("{path}: other elements")),
            Err(error) => wrong.push(format!("{path}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), paths.len());
}
