//! What needs no Rust type needs no serializer either.

use super::sample::{Place, Run, assert_run, places, run};
use arraystow::{Storage, VerifyDepth};

fn bare(place: &Place) -> Storage {
    place.bare().open().unwrap()
}

#[test]
fn list_info_verify_and_remove() {
    for place in places() {
        place.storage().save("a/run", &run()).unwrap();
        let storage = bare(&place);
        assert_eq!(storage.list("**").unwrap().len(), 1);
        assert_eq!(storage.info("a/run").unwrap().external_objects.len(), 1);
        let found = storage.verify("a/run", VerifyDepth::Deep).unwrap();
        assert!(found.is_sound(), "{:?}", found.faults);
        assert_eq!((found.arrays, found.external_objects), (2, 1));
        storage.remove("a/run").unwrap();
        assert_eq!(place.files(), [""; 0]);
    }
}

#[test]
fn copies_from_anywhere_to_anywhere() {
    for from in places() {
        for to in places() {
            from.storage().save("a/run", &run()).unwrap();
            // Twice: what is there already stays.
            for _ in 0..2 {
                bare(&from).copy("a/run", &bare(&to)).unwrap();
                assert_run(&to.storage().load("a/run").unwrap());
            }
            from.storage().save("a/run", &Run { name: "new".into(), ..run() }).unwrap();
            bare(&from).copy("a/run", &bare(&to)).unwrap();
            assert_eq!(to.storage().load::<Run>("a/run").unwrap().name, "new");
            assert_eq!(to.files().iter().filter(|file| file.contains(".values")).count(), 1, "{:?}", to.files());
            bare(&from).remove("a/run").unwrap();
            assert_eq!(to.storage().load::<Run>("a/run").unwrap().table, run().table);
            bare(&to).remove("a/run").unwrap();
            assert_eq!(to.files(), [""; 0]);
        }
    }
}

#[test]
fn a_copy_of_a_damaged_object_is_refused_and_leaves_nothing() {
    for from in places() {
        from.storage().save("a/run", &run()).unwrap();
        let file = from.file(".values");
        let mut bytes = from.read(&file);
        bytes[77] ^= 4;
        from.write(&file, &bytes);
        for to in places() {
            let error = bare(&from).copy("a/run", &bare(&to)).unwrap_err();
            assert!(error.is_corrupt(), "{error}");
            assert_eq!(to.files(), [""; 0]);
        }
    }
}

#[test]
fn a_sweep_takes_what_no_document_names_and_nothing_else() {
    for place in places() {
        let storage = place.storage();
        storage.save("a/run", &run()).unwrap();
        let named = place.files();
        let id = "3f0ba1d2-70a3-4e42-8a3c-5f6e2b9d8c01";
        let left = [format!("a/bigdata/{id}.values"), format!("a/bigdata/{id}.names.json"), format!("a/bigdata/{id}")];
        let foreign = [format!("a/bigdata/notes.{id}"), "a/bigdata/notes.txt".to_owned(), format!("a/bigdata/{id}~")];
        for file in left.iter().chain(&foreign) {
            place.write(file, b"some bytes");
        }
        let found = bare(&place).sweep().unwrap();
        assert_eq!(found.leftovers().count(), 3, "{:?}", found.leftovers().collect::<Vec<_>>());
        let is_of_object = |leftover: &&arraystow::Leftover| leftover.kind == arraystow::LeftoverKind::ExternalObject;
        assert!(found.leftovers().filter(is_of_object).count() >= 2);
        found.remove().unwrap();
        let mut left: Vec<String> = named.into_iter().chain(foreign).collect();
        left.sort();
        let mut files = place.files();
        files.sort();
        assert_eq!(files, left);
        assert_run(&storage.load("a/run").unwrap());
    }
}
