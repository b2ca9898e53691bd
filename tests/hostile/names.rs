//! Names and ids that lead elsewhere.

use crate::support::{entry, frame, manifest, refused, soon};
use arraystow::{ChunkedArray, ErrorKind, LocalFiles, Protocols, S3Protocol, Storage};
use serde_json::json;
use std::sync::Arc;

const ELSEWHERE: [&str; 14] = [
    "../victim",
    "/victim",
    "a/../../victim",
    "a/./b",
    "..",
    "",
    "a//b",
    "bigdata/victim",
    "a/bigdata/x",
    ".hidden",
    "a\\b",
    "c:victim",
    "a\0b",
    "a\nb",
];

#[test]
fn names_that_lead_out_of_the_storage_are_refused_by_everything() {
    let outer = tempfile::tempdir().unwrap();
    let victim = outer.path().join("victim");
    std::fs::write(&victim, "untouched").unwrap();
    let place = outer.path().join("storage");
    for storage in [Storage::open(&place).unwrap(), Storage::open("memory://").unwrap()] {
        let long = "x".repeat(100_000);
        for name in ELSEWHERE.into_iter().chain([long.as_str()]) {
            let kinds = &[ErrorKind::InvalidName];
            refused(name, storage.save(name, &1), kinds);
            refused(name, storage.create(name, &1), kinds);
            refused(name, storage.load::<i32>(name), kinds);
            refused(name, storage.contains(name), kinds);
            refused(name, storage.info(name), kinds);
            refused(name, storage.remove(name), kinds);
            refused(name, storage.remove_workflow(name), kinds);
        }
        for glob in ["../*", "/*", "a/../../*", "bigdata/*", ".*"] {
            assert!(storage.list(glob).unwrap().is_empty(), "{glob}");
            assert!(storage.remove_matching(glob).unwrap().is_empty(), "{glob}");
        }
    }
    assert_eq!(std::fs::read_to_string(victim).unwrap(), "untouched");
}

#[test]
fn ids_that_lead_out_of_the_arrays_folder_are_refused() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("arrays");
    let files = Protocols::new().with_file(LocalFiles::new(&folder).unwrap());
    let client = Arc::new(object_store::memory::InMemory::new());
    let objects = Protocols::new().with_s3(S3Protocol::new(client, "f").unwrap());
    let long = "x".repeat(100_000);
    for id in ["../victim", "/etc/passwd", "a/b", "..", ".", "", "a\0b", "a b", "é", "a:b", "%2e%2e", &long] {
        for protocols in [&files, &objects] {
            let value = json!(["HDFSerializer", ["1.0.0", id]]);
            let bare = arraystow::deserialize::<ChunkedArray<f64>, _>(value.clone(), protocols);
            refused(id, bare, &[ErrorKind::InvalidName]);
            let document = frame("json", &manifest(&json!([entry(id, &json!([[[4, 1]]]), true)])), b"1");
            refused(id, arraystow::from_slice::<i32>(&document, protocols), &[ErrorKind::Corrupt]);
        }
    }
}

#[test]
fn what_a_document_of_a_storage_names_is_not_removed_elsewhere() {
    let outer = tempfile::tempdir().unwrap();
    let victim = outer.path().join("victim");
    std::fs::write(&victim, "untouched").unwrap();
    let storage = Storage::open(outer.path().join("storage")).unwrap();
    storage.save("x", &1).unwrap();
    let path = outer.path().join("storage/x");
    for id in ["../../victim", "../x", "../../../../../../../../etc/passwd"] {
        let document = frame("json", &manifest(&json!([entry(id, &json!([[[4, 1]]]), false)])), b"1");
        std::fs::write(&path, document).unwrap();
        let error = refused(id, storage.remove("x"), &[ErrorKind::Corrupt]);
        assert_eq!((error.document(), error.location()), (Some("x"), path.to_str()), "{error}");
    }
    assert_eq!(std::fs::read_to_string(victim).unwrap(), "untouched");
}

#[test]
fn folders_within_folders_to_the_end_of_all_paths_are_gone_through_on_a_small_stack() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().to_owned();
    let deepest = root.join("a/".repeat(1900));
    std::fs::create_dir_all(&deepest).unwrap();
    std::fs::create_dir(root.join("a/bigdata")).unwrap();
    soon("deep folders", move || {
        let storage = Storage::open(&root).unwrap();
        assert!(storage.list("**").unwrap().is_empty());
        assert!(storage.verify_all(arraystow::VerifyDepth::Deep).unwrap().is_empty());
        let sweep = storage.sweep().unwrap();
        assert!(sweep.skipped().is_empty() && sweep.leftovers().count() == 0, "{sweep:?}");
        storage.save("a/a/a/x", &1).unwrap();
        assert_eq!(storage.list("a/**").unwrap().len(), 1);
    });
    // From below: nothing that removes folders goes so deep.
    let mut folder = deepest.as_path();
    while std::fs::remove_dir(folder).is_ok() {
        folder = folder.parent().unwrap();
    }
}
