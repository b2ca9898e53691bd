//! Objects come and go with the document that has them.

use super::sample::{Place, Run, Table, Tables, Text, Texts, assert_run, places, run, table};
use arraystow::persistent::{BoxError, ExternalFiles};
use arraystow::{ErrorKind, LocalFiles, PersistentId, Protocols};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

#[test]
fn an_object_comes_back_and_goes_with_its_document() {
    for place in places() {
        let storage = place.storage();
        storage.save("a/run", &run()).unwrap();
        assert_run(&storage.load("a/run").unwrap());

        let info = storage.info("a/run").unwrap();
        assert_eq!((info.arrays.len(), info.external_objects.len()), (2, 1));
        let object = &info.external_objects[0];
        assert_eq!(
            (object.paths.as_slice(), object.serializer.as_str()),
            (&["table".to_owned()][..], "example.org/tables")
        );
        assert_eq!((object.files.len(), object.bytes), (2, 16_000 + 9));
        assert!(place.files().iter().any(|file| object.files[0].ends_with(file)), "{object:?}");

        storage.save("a/run", &Run { table: table(3), ..storage.load("a/run").unwrap() }).unwrap();
        assert_eq!(place.files().iter().filter(|file| file.ends_with(".values")).count(), 1, "{:?}", place.files());
        assert_eq!(storage.load::<Run>("a/run").unwrap().table, table(3));

        storage.remove("a/run").unwrap();
        assert_eq!(place.files(), [""; 0]);
    }
}

#[test]
fn one_object_in_several_places_is_one_object() {
    #[derive(Serialize, Deserialize)]
    struct Twice {
        #[serde(with = "arraystow::persistent")]
        first: Table,
        #[serde(with = "arraystow::persistent")]
        second: Table,
    }
    for place in places() {
        let storage = place.storage();
        let one = table(10);
        storage.save("x", &Twice { first: one.clone(), second: one }).unwrap();
        assert_eq!(storage.info("x").unwrap().external_objects[0].paths, ["first", "second"]);
        let loaded: Twice = storage.load("x").unwrap();
        assert!(Arc::ptr_eq(&loaded.first.0, &loaded.second.0));
        // Equal is not the same.
        storage.save("x", &Twice { first: table(10), second: table(10) }).unwrap();
        assert_eq!(storage.info("x").unwrap().external_objects.len(), 2);
    }
}

/// Within everything that buffers.
#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Held(#[serde(with = "arraystow::persistent")] Table);

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
#[serde(untagged)]
enum Untagged {
    Number(f64),
    Held(Held),
    Many(Vec<Untagged>),
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
#[serde(tag = "kind")]
enum Tagged {
    Held { held: Held },
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Graph {
    optional: Option<Held>,
    many: Vec<Held>,
    map: BTreeMap<String, Held>,
    untagged: Vec<Untagged>,
    tagged: Tagged,
    #[serde(flatten)]
    rest: BTreeMap<String, Held>,
}

fn graph() -> Graph {
    let held = |rows| Held(table(rows));
    Graph {
        optional: Some(held(1)),
        many: vec![held(2), held(3)],
        map: [("a".into(), held(4))].into(),
        untagged: vec![Untagged::Number(1.0), Untagged::Many(vec![Untagged::Held(held(5))])],
        tagged: Tagged::Held { held: held(6) },
        rest: [("flat".into(), held(7))].into(),
    }
}

#[test]
fn anywhere_in_a_graph_in_any_format() {
    for place in places() {
        let storage = place.storage();
        storage.save("graph", &graph()).unwrap();
        assert_eq!(storage.load::<Graph>("graph").unwrap(), graph());
        let paths: Vec<String> =
            storage.info("graph").unwrap().external_objects.into_iter().flat_map(|o| o.paths).collect();
        assert_eq!(paths[1], "many[0]");
    }
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap()).with_serializer(Tables);
    let bytes = arraystow::to_vec(&graph(), &protocols).unwrap();
    assert_eq!(arraystow::from_slice::<Graph>(&bytes, &protocols).unwrap(), graph());
    assert_eq!(files(), 14);

    let mut json = Vec::new();
    arraystow::serialize(&graph(), &mut serde_json::Serializer::new(&mut json), &protocols).unwrap();
    let loaded: Graph = arraystow::deserialize(&mut serde_json::Deserializer::from_slice(&json), &protocols).unwrap();
    assert_eq!(loaded, graph());
    assert_eq!(files(), 28);
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let id: PersistentId = serde_json::from_value(json["optional"].clone()).unwrap();
    assert_eq!((id.name(), id.version()), ("example.org/tables", "1.0.0"));
    protocols.remove_object(&id).unwrap();
    assert_eq!(files(), 26);
    assert!(protocols.remove_object(&id).unwrap_err().is_not_found());
}

#[derive(Serialize, Deserialize)]
struct Book {
    text: Text,
}

fn book(len: usize) -> Book {
    let text: String = (0..len).map(|i| char::from(b'a' + (i % 26) as u8)).collect();
    Book { text: Text::Here(text.into()) }
}

#[test]
fn a_lazy_object_reads_what_it_needs_and_is_checked() {
    // More than a part of an upload, and than the blocks that are read ahead.
    const LEN: usize = 21_000_000;
    for place in places() {
        let storage = place.storage();
        storage.save("book", &book(LEN)).unwrap();
        if let Place::Server(server) = &place {
            assert!(server.requests()["PUT PART"] >= 2, "{:?}", server.requests());
            assert_eq!(server.unfinished_uploads(), 0);
        }
        let loaded: Book = storage.load("book").unwrap();
        assert_eq!(loaded.text.part(26 * 400_000 + 1, 5).unwrap(), "bcdef");
        // Through another storage: read from here, written there.
        storage.save("again", &loaded).unwrap();
        let again: Book = storage.load("again").unwrap();
        storage.remove("book").unwrap();
        assert_eq!(again.text.part(26 * 800_000 + 2, 3).unwrap(), "cde");
        assert!(loaded.text.part(0, 1).unwrap_err().is_gone());

        let info = storage.info("again").unwrap();
        let file =
            place.files().into_iter().find(|file| info.external_objects[0].files[0].ends_with(file.as_str())).unwrap();
        let mut bytes = place.read(&file);
        bytes[5_000_000] ^= 1;
        place.write(&file, &bytes);
        assert_eq!(again.text.part(26 * 800_000 + 2, 3).unwrap(), "cde");
        assert!(again.text.part(5_000_003, 1).unwrap_err().is_corrupt());
    }
}

#[test]
fn an_async_save_and_load_do_the_same() {
    for place in places() {
        let storage = place.storage();
        let saving = storage.save_async("run", &run());
        futures::executor::block_on(saving).unwrap();
        assert_run(&futures::executor::block_on(storage.load_async("run")).unwrap());
    }
}

#[test]
fn an_object_can_be_saved_as_a_trait_object() {
    let place = Place::Folder(tempfile::tempdir().unwrap());
    let storage = place.storage();
    let objects: [(&str, Box<dyn erased_serde::Serialize>); 3] =
        [("a", Box::new(run())), ("b", Box::new(42)), ("c", Box::new(graph()))];
    for (name, object) in &objects {
        storage.save(name, &**object).unwrap();
    }
    assert_run(&storage.load("a").unwrap());
    assert_eq!(storage.load::<i32>("b").unwrap(), 42);
    assert_eq!(storage.load::<Graph>("c").unwrap(), graph());
    assert_eq!(storage.info("a").unwrap().arrays[1].paths, ["mask"]);
}

#[test]
fn what_has_no_serializer_is_an_error() {
    for place in places() {
        let error = place.bare().open().unwrap().save("run", &run()).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("table")), "{error}");
        assert!(error.to_string().contains("serializer(..)"), "{error}");
        assert_eq!(place.files(), [""; 0]);

        place.storage().save("run", &run()).unwrap();
        let error = place.bare().open().unwrap().load::<Run>("run").unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("table")), "{error}");
        assert!(error.to_string().contains("example.org/tables"), "{error}");

        // A type that does not ask for the table does not need its serializer.
        #[derive(Deserialize)]
        struct Part {
            name: String,
        }
        assert_eq!(place.bare().open().unwrap().load::<Part>("run").unwrap().name, "run");
    }
}

#[test]
fn another_type_and_another_version_are_refused() {
    struct NewTexts;
    impl arraystow::PersistentSerializer for NewTexts {
        type Object = Text;
        const NAME: &'static str = Texts::NAME;
        const VERSION: &'static str = "4.0";
        fn write(&self, _: &Text, _: &ExternalFiles) -> Result<(), BoxError> {
            Ok(())
        }
        fn read(&self, _: &ExternalFiles) -> Result<Text, BoxError> {
            Ok(Text::Here("new".into()))
        }
        fn remove(&self, _: &ExternalFiles) -> Result<(), BoxError> {
            Ok(())
        }
    }
    #[derive(Serialize, Deserialize)]
    struct WithText {
        table: Text,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct WithArray {
        table: arraystow::ChunkedArray<f32>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct FieldAsTable {
        #[serde(with = "arraystow::persistent")]
        field: Table,
    }
    let place = Place::Folder(tempfile::tempdir().unwrap());
    let storage = place.storage();
    storage.save("run", &run()).unwrap();
    let error = storage.load::<WithText>("run").err().unwrap();
    assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("table")), "{error}");
    let error = storage.load::<WithArray>("run").unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("table")), "{error}");
    let error = storage.load::<FieldAsTable>("run").err().unwrap();
    assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("field")), "{error}");

    storage.save("text", &WithText { table: Text::Here("old".into()) }).unwrap();
    let newer = place.bare().serializer(NewTexts).open().unwrap();
    let error = newer.load::<WithText>("text").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("3.1") && error.to_string().contains("4.0"), "{error}");
}
