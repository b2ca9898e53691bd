//! Documents whose first bytes are damaged: they are documents still.

use super::documents::{Fields, each_place, fields};
use arraystow::{ErrorKind, Format, Storage, StorageBuilder, VerifyDepth};
use object_store::memory::InMemory;
use std::sync::Arc;

/// A document as it is on disk, in each of the formats.
fn documents() -> Vec<Vec<u8>> {
    let of = |format: Format| {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).format(format).open().unwrap();
        storage.save("w/x", &fields()).unwrap();
        std::fs::read(folder.path().join("w/x")).unwrap()
    };
    [Format::Cbor, Format::Json, Format::Pickle].map(of).to_vec()
}

/// The value is seen, and can be replaced and removed, and no array is taken for a leftover meanwhile.
fn check(storage: &Storage, write: &dyn Fn(&[u8]), damaged: &[u8], what: &str) {
    storage.save("w/x", &fields()).unwrap();
    let (arrays, kept) = (storage.info("w/x").unwrap().arrays.len(), storage.load::<Fields>("w/x").unwrap());
    write(damaged);
    let error = storage.load::<Fields>("w/x").unwrap_err();
    assert_eq!((error.kind(), error.document()), (ErrorKind::Corrupt, Some("w/x")), "{what}: {error}");
    assert!(storage.contains("w/x").unwrap(), "{what}");
    assert_eq!(storage.list("**").unwrap().len(), 1, "{what}: it is damaged, and not hidden");
    let found = storage.verify_all(VerifyDepth::Deep).unwrap();
    assert!(found.len() == 1 && found[0].faults.iter().any(|fault| fault.is_corrupt()), "{what}: {found:?}");
    assert!(storage.query("**").run().unwrap_err().is_corrupt(), "{what}");
    let sweep = storage.sweep().unwrap();
    assert_eq!((sweep.leftovers().count(), sweep.skipped().len()), (0, 1), "{what}: {:?}", sweep.skipped());
    assert_eq!(kept["a"].sum().unwrap(), 1200.0, "{what}");
    assert_eq!(storage.create("w/x", &1).unwrap_err().kind(), ErrorKind::AlreadyExists, "{what}");

    storage.save("w/x", &fields()).unwrap();
    assert!(storage.verify("w/x", VerifyDepth::Deep).unwrap().is_sound(), "{what}");
    write(damaged);
    storage.remove("w/x").unwrap();
    assert!(!storage.contains("w/x").unwrap(), "{what}");
    write(damaged);
    assert_eq!(storage.remove_workflow("w").unwrap(), ["w/x"], "{what}");
    let left = storage.sweep().unwrap().remove().unwrap();
    assert!(left.len() >= arrays, "{what}: {left:?}");
}

#[test]
fn a_flipped_bit_hides_no_document() {
    for document in documents() {
        for at in 0..8 {
            let mut damaged = document.clone();
            damaged[at] ^= 1 << at;
            each_place(|storage, write| check(storage, write, &damaged, &format!("byte {at} of {:?}", &document[..8])));
        }
    }
}

#[test]
fn a_document_of_zeros_is_seen_as_one() {
    each_place(|storage, write| {
        for len in [1, 8, 100, 300_000] {
            check(storage, write, &vec![0; len], &format!("{len} zeros"));
        }
    });
}

/// Line ends that were translated, as a transfer of texts does it.
#[test]
fn a_document_that_was_transferred_as_a_text_is_seen_as_one() {
    let document = documents().remove(0);
    let translated = [&document[..6], &document[7..]].concat();
    each_place(|storage, write| check(storage, write, &translated, "a text"));
}

#[test]
fn a_file_that_only_begins_with_zeros_is_no_document() {
    let folder = tempfile::tempdir().unwrap();
    let client = Arc::new(InMemory::new());
    let in_store = StorageBuilder::from_object_store(client.clone(), "f").open().unwrap();
    let mut image = vec![0; 300_000];
    image[299_000] = 1;
    for storage in [Storage::open(folder.path()).unwrap(), in_store] {
        storage.save("w/x", &fields()).unwrap();
        std::fs::write(folder.path().join("w/mask.raw"), &image).unwrap();
        super::documents::put(&client, "f/w/mask.raw", &image);
        assert_eq!(storage.verify_all(VerifyDepth::Deep).unwrap().len(), 1);
        assert_eq!(storage.save("w/mask.raw", &1).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert!(storage.remove("w/mask.raw").unwrap_err().is_corrupt());
        assert_eq!(storage.remove_workflow("w").unwrap(), ["w/x"]);
    }
    assert_eq!(std::fs::read(folder.path().join("w/mask.raw")).unwrap(), image);
}
