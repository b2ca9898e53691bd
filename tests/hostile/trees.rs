//! HDF5 files whose blocks lead in circles, are shared by many or are nested deep: libhdf5 alone would overflow its
//! stack, go on for ever or fill the memory. Each is refused in every operation that meets it, on a thread with a small
//! stack. What is only large is read.

use crate::support::{frame, parts, refused, soon};
use arraystow::{ChunkedArray, Error, ErrorKind, LocalFiles, Protocols, Storage, VerifyDepth};
use arraystow_tests::{memory, python_env};
use ndarray::Array1;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const FOLDER: &str = "ARRAYSTOW_TEST_HOSTILE_TREES";
const PEAK: &str = "ARRAYSTOW_TEST_PEAK";

/// What is sound, with the sum of its elements; sums of headers whose elements lie anywhere are not known.
const TAKEN: [(&str, Option<f64>); 8] = [
    ("header-sound", None),
    ("type-is-elsewhere", None),
    ("arrays-few", None),
    ("many", Some(120.0)),
    ("sound-1", Some(3600.0)),
    ("sound-2", Some(3600.0)),
    ("sound-3", Some(3600.0)),
    ("sound-4", Some(3600.0)),
];

/// What is not damaged, but refused all the same.
fn kind(file: &str) -> ErrorKind {
    let types = ["arrays-", "lists-", "records-", "old-records-", "enumerations-", "heap-compressed"];
    match file {
        "extensible-without-end" => ErrorKind::Limit,
        _ if types.iter().any(|nested| file.starts_with(nested)) => ErrorKind::Unsupported,
        _ => ErrorKind::Corrupt,
    }
}

/// Opens a file of unknown origin and reads it.
fn sum(folder: &Path, file: &str) -> Result<f64, Error> {
    let limits = arraystow::Limits::default().chunks(1 << 20);
    let protocols = Protocols::new().with_file(LocalFiles::new(folder).unwrap()).with_limits(limits);
    let id = serde_json::json!(["HDFSerializer", ["0.0.0", file]]);
    arraystow::deserialize::<ChunkedArray<f64>, _>(id, &protocols)?.sum()
}

/// A storage with two objects, each with an array.
struct Victim {
    storage: Storage,
    other: Storage,
    /// The document and the array of each.
    files: [[PathBuf; 2]; 2],
    _folders: [tempfile::TempDir; 2],
}

impl Victim {
    fn new() -> Self {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let limits = arraystow::Limits::default().chunks(1 << 20);
        let open = |folder: &tempfile::TempDir| Storage::builder(folder.path()).limits(limits).open().unwrap();
        let [storage, other] = folders.each_ref().map(open);
        let elements = Array1::from_elem(1000, 1.5);
        storage.save("lazy", &ChunkedArray::from_ndarray(elements.clone(), &[100]).unwrap()).unwrap();
        storage.save("plain", &elements).unwrap();
        let array = |name| folders[0].path().join("bigdata").join(&storage.info(name).unwrap().arrays[0].file);
        let files = ["lazy", "plain"].map(|name| [folders[0].path().join(name), array(name)]);
        Self { files, storage, other, _folders: folders }
    }

    /// Puts the file in the place of both arrays, in documents that say how long it is, and tries everything.
    fn meets(&self, hostile: &Path) -> Vec<(&'static str, Error)> {
        for [document, array] in &self.files {
            let len = std::fs::copy(hostile, array).unwrap();
            let ours = std::fs::read(document).unwrap();
            let (manifest, body) = parts(&ours).unwrap();
            let mut manifest: serde_json::Value = cbor4ii::serde::from_slice(manifest).unwrap();
            manifest["arrays"][0]["bytes"] = len.into();
            let manifest = cbor4ii::serde::to_vec(Vec::new(), &manifest).unwrap();
            std::fs::write(document, frame("cbor", &manifest, body)).unwrap();
        }
        let storage = &self.storage;
        assert_eq!(storage.list("**").unwrap().len(), 2);
        assert!(["lazy", "plain"].iter().all(|name| storage.info(name).unwrap().arrays.len() == 1));
        assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
        let lazy = storage.load::<ChunkedArray<f64>>("lazy").and_then(|array| array.compute());
        let mut errors = vec![
            ("load", storage.load::<Array1<f64>>("plain").unwrap_err()),
            ("compute", lazy.unwrap_err()),
            ("copy lazy", storage.copy("lazy", &self.other).unwrap_err()),
            ("copy plain", storage.copy("plain", &self.other).unwrap_err()),
        ];
        let verified = storage.verify_all(VerifyDepth::Deep).unwrap();
        assert_eq!(verified.len(), 2);
        errors.extend(verified.into_iter().map(|mut object| ("verify_all", object.faults.remove(0))));
        errors
    }
}

/// In the process of its own.
fn try_all(folder: PathBuf) {
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !TAKEN.iter().any(|(taken, _)| taken == name))
        .collect();
    files.sort();
    assert!(files.len() > 50, "{files:?}");
    let victim = Arc::new(Victim::new());
    for file in files {
        let (own, victim) = (folder.clone(), victim.clone());
        soon(&file.clone(), move || {
            let error = refused(&file, sum(&own, &file), &[kind(&file)]);
            assert_eq!(error.location(), own.join(&file).to_str(), "{error}");
            for (what, error) in victim.meets(&own.join(&file)) {
                refused::<()>(&format!("{what} of {file}"), Err(error), &[kind(&file)]);
            }
        });
    }
    for (file, expected) in TAKEN {
        let own = folder.clone();
        let found = soon(file, move || sum(&own, file)).unwrap();
        assert!(expected.is_none_or(|expected| expected == found), "{file}: {found}");
    }
}

#[test]
fn circles_shared_blocks_and_deep_types_are_refused_in_every_operation() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        try_all(folder.into());
        std::fs::write(std::env::var_os(PEAK).unwrap(), memory::peak().to_string()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    std::fs::create_dir(&files).unwrap();
    let script = concat!(include_str!("blocks.py"), include_str!("trees.py"));
    let made = python_env::run(python_env::HDF5, script, &[files.to_str().unwrap()]);
    assert_eq!(made, "made\n");
    let peak = folder.path().join("peak");
    let name = "trees::circles_shared_blocks_and_deep_types_are_refused_in_every_operation";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1", name])
        .env(FOLDER, &files)
        .env(PEAK, &peak)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{:?}: {out}{err}", output.status);
    let peak: usize = std::fs::read_to_string(peak).unwrap().parse().unwrap();
    assert!(peak < 100 << 20, "the peak was {} MiB", peak >> 20);
}
