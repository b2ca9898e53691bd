//! What several of the tests need.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "it serves tests")]

#[path = "../../fuzz/src/frame.rs"]
pub mod frame;
pub mod memory;
mod memory_files;
pub mod python_env;
pub mod samples;

pub use memory_files::MemoryFiles;

use std::collections::BTreeSet;
use std::path::Path;

/// Every file below a folder, but locks.
pub fn files(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name() != ".lock" {
                found.insert(entry.path().strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    found
}

/// The same, with the name of each Zarr array in the place of its files, as if it were a file.
pub fn files_by_array(root: &Path) -> BTreeSet<String> {
    let files = files(root).into_iter().filter(|file| !file.ends_with("dask_arrays/zarr.json"));
    let shortened = files.map(|file| match file.split_once("dask_arrays/") {
        Some((before, below)) => format!("{before}{}", below.split('/').next().unwrap()),
        None => file,
    });
    shortened.collect()
}
