//! What lies on disk of external objects is frozen: `tests/golden/objects` was written by the first version that had
//! them, and every later one must load it.

use super::sample::{Place, Run, Tables, Texts, assert_run, run};
use arraystow::{Format, Storage, VerifyDepth};
use std::path::Path;

#[test]
fn what_this_version_once_wrote_loads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/objects");
    for format in [Format::Cbor, Format::Json] {
        let storage = Storage::builder(&root).format(format).serializer(Tables).serializer(Texts).open().unwrap();
        let name = format!("{}/run", format.name());
        if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
            storage.save(&name, &run()).unwrap();
        }
        assert!(storage.verify(&name, VerifyDepth::Deep).unwrap().is_sound());
        assert_run(&storage.load::<Run>(&name).unwrap());
        assert_eq!(storage.info(&name).unwrap().external_objects[0].serializer, "example.org/tables");
    }
}

#[test]
fn files_have_what_the_serializer_wrote_and_nothing_else() {
    let place = Place::Folder(tempfile::tempdir().unwrap());
    place.storage().save("run", &run()).unwrap();
    assert_eq!(place.read(&place.file(".names.json")), br#"["x","y"]"#);
    let values: Vec<u8> = run().table.0.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(place.read(&place.file(".values")), values);
}
