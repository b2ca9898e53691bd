//! Files that are not what was written, and documents that lie.

use super::sample::{Run, places, run};
use arraystow::{ErrorKind, Storage, VerifyDepth};
use serde_json::{Value, json};

#[test]
fn a_flipped_bit_a_missing_file_and_a_short_one_are_noticed() {
    for place in places() {
        let storage = place.storage();
        storage.save("run", &run()).unwrap();
        let file = place.file(".values");
        let good = place.read(&file);

        let mut bytes = good.clone();
        bytes[5000] ^= 1;
        place.write(&file, &bytes);
        let error = storage.load::<Run>("run").unwrap_err();
        assert_eq!(
            (error.kind(), error.path(), error.document()),
            (ErrorKind::Corrupt, Some("table"), Some("run")),
            "{error}"
        );
        assert!(error.location().unwrap().ends_with(&file), "{error}");
        assert!(storage.verify("run", VerifyDepth::Quick).unwrap().is_sound());
        let found = storage.verify("run", VerifyDepth::Deep).unwrap();
        assert_eq!(found.faults.len(), 1, "{:?}", found.faults);
        assert_eq!((found.faults[0].kind(), found.faults[0].path()), (ErrorKind::Corrupt, Some("table")));

        place.write(&file, &good[..good.len() - 1]);
        assert_eq!(storage.load::<Run>("run").unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(storage.verify("run", VerifyDepth::Quick).unwrap().faults.len(), 1);

        place.remove(&file);
        let error = storage.load::<Run>("run").unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Gone, Some("table")), "{error}");
        assert!(storage.verify("run", VerifyDepth::Quick).unwrap().faults[0].is_gone());
        storage.remove("run").unwrap();
        assert_eq!(place.files(), [""; 0]);
    }
}

fn document(objects: Value) -> Vec<u8> {
    let manifest = json!({ "write_id": "w", "arrays": [], "objects": objects });
    let manifest = cbor4ii::serde::to_vec(Vec::new(), &manifest).unwrap();
    arraystow_tests::frame::frame("cbor", &manifest, &[0xf6])
}

#[test]
fn a_manifest_that_lies_is_refused_and_nothing_of_others_is_touched() {
    const ID: &str = "3f0ba1d2-70a3-4e42-8a3c-5f6e2b9d8c01";
    let entry = |id: Value, file: &str, bytes: u64, sums: &str| {
        let file = json!({ "name": file, "bytes": bytes, "checksums": sums });
        json!({ "id": id, "paths": ["x"], "files": [file] })
    };
    let id = |file: &str| json!(["example.org/tables", ["1.0.0", file]]);
    let good = entry(id(ID), &format!("{ID}.a"), 3, "00000000");
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("other", &run().field).unwrap();
    let before = arraystow_tests::files(folder.path());
    let many: Vec<Value> = (0..3000).map(|_| good.clone()).collect();
    for lie in [
        json!([entry(id(ID), "../other", 3, "00000000")]),
        json!([entry(id(ID), "other", 3, "00000000")]),
        json!([entry(id(ID), &format!("{ID}/../../other"), 3, "00000000")]),
        json!([entry(id(ID), &format!("{ID}..a"), 3, "00000000")]),
        json!([entry(id(ID), &format!("{ID}."), 3, "00000000")]),
        json!([entry(id("../other"), "../other", 3, "00000000")]),
        json!([entry(id(ID), &format!("{ID}.a"), 3, "0000000")]),
        json!([entry(id(ID), &format!("{ID}.a"), 3, "zzzzzzzz")]),
        json!([entry(id(ID), &format!("{ID}.a"), 3, "+0000000")]),
        json!([entry(id(ID), &format!("{ID}.a"), u64::MAX, "00000000")]),
        json!([entry(json!(["HDFSerializer", ["1.0.0", ID]]), &format!("{ID}.a"), 3, "00000000")]),
        json!([good.clone(), good]),
        json!(many),
    ] {
        std::fs::write(folder.path().join("lie"), document(lie.clone())).unwrap();
        for result in [storage.load::<()>("lie"), storage.info("lie").map(drop), storage.remove("lie")] {
            let error = result.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::InvalidName), "{lie}: {error}");
        }
    }
    std::fs::remove_file(folder.path().join("lie")).unwrap();
    assert_eq!(arraystow_tests::files(folder.path()), before);
}
