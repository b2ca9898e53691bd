//! Serializers that fail: the save fails with them, and nothing of it stays.

use super::sample::{places, run};
use arraystow::persistent::{BoxError, ExternalFiles, PersistentSerializer};
use arraystow::{ErrorKind, Protocols};
use serde::{Deserialize, Serialize};
use std::io::Write;

/// How its serializer fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bad {
    Error,
    IoError,
    Panic,
    Unfinished,
    ForeignName,
    Twice,
    Read,
    ReadPanic,
}

struct BadOnes;

impl PersistentSerializer for BadOnes {
    type Object = Bad;
    const NAME: &'static str = "example.org/bad";

    fn write(&self, bad: &Bad, files: &ExternalFiles) -> Result<(), BoxError> {
        let mut file = files.create("a")?;
        file.write_all(&[bad_number(*bad); 100])?;
        match bad {
            Bad::Error => return Err("the table has no columns".into()),
            Bad::IoError => return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into()),
            Bad::Panic => panic!("in the serializer"),
            Bad::Unfinished => {
                std::mem::forget(file);
                return Ok(());
            }
            Bad::ForeignName => drop(files.create("../another")?),
            Bad::Twice => drop(files.create("a")?),
            Bad::Read | Bad::ReadPanic => {}
        }
        Ok(file.finish()?)
    }

    fn read(&self, files: &ExternalFiles) -> Result<Bad, BoxError> {
        let mut first = [0];
        std::io::Read::read_exact(&mut files.open("a")?, &mut first)?;
        assert_ne!(first[0], bad_number(Bad::ReadPanic), "cannot read it");
        files.open("not-there")?;
        Ok(Bad::Read)
    }

    fn remove(&self, _: &ExternalFiles) -> Result<(), BoxError> {
        Ok(())
    }
}

fn bad_number(bad: Bad) -> u8 {
    bad as u8
}

#[derive(Serialize, Deserialize)]
struct Holds {
    good: super::sample::Run,
    list: Vec<One>,
}

#[derive(Serialize, Deserialize)]
struct One(#[serde(with = "arraystow::persistent")] Bad);

#[test]
fn a_save_that_fails_leaves_nothing_and_names_the_place() {
    for place in places() {
        let storage = place.bare().serializer(BadOnes).serializer(super::sample::Tables).open().unwrap();
        storage.save("run", &run()).unwrap();
        let before = place.files();
        for (bad, kind, text) in [
            (Bad::Error, ErrorKind::UserCode, "the table has no columns"),
            (Bad::IoError, ErrorKind::UserCode, "example.org/bad"),
            (Bad::Panic, ErrorKind::UserCode, "in the serializer"),
            (Bad::Unfinished, ErrorKind::UserCode, "finish"),
            (Bad::ForeignName, ErrorKind::InvalidName, "another"),
            (Bad::Twice, ErrorKind::AlreadyExists, "already"),
        ] {
            let error = storage.save("run", &Holds { good: run(), list: vec![One(Bad::Read), One(bad)] }).unwrap_err();
            assert_eq!((error.kind(), error.path()), (kind, Some("list[1]")), "{error}");
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(error.left_behind(), [""; 0], "{error}");
            assert_eq!(place.files(), before, "{bad:?}");
        }
    }
}

#[test]
fn a_load_that_fails_names_the_place() {
    for place in places() {
        let storage = place.bare().serializer(BadOnes).serializer(super::sample::Tables).open().unwrap();
        storage.save("a", &Holds { good: run(), list: vec![One(Bad::Read)] }).unwrap();
        let error = storage.load::<Holds>("a").err().unwrap();
        assert_eq!((error.kind(), error.path()), (ErrorKind::NotFound, Some("list[0]")), "{error}");
        storage.save("a", &Holds { good: run(), list: vec![One(Bad::ReadPanic)] }).unwrap();
        let error = storage.load::<Holds>("a").err().unwrap();
        assert_eq!((error.kind(), error.path()), (ErrorKind::UserCode, Some("list[0]")), "{error}");
        storage.remove("a").unwrap();
        assert_eq!(place.files(), [""; 0]);
    }
}

#[test]
fn a_name_that_cannot_stand_in_an_id_is_refused_at_once() {
    macro_rules! refused {
        ($($name:expr),*) => { $({
            struct Named;
            impl PersistentSerializer for Named {
                type Object = Bad;
                const NAME: &'static str = $name;
                fn write(&self, _: &Bad, _: &ExternalFiles) -> Result<(), BoxError> { Ok(()) }
                fn read(&self, _: &ExternalFiles) -> Result<Bad, BoxError> { Ok(Bad::Error) }
                fn remove(&self, _: &ExternalFiles) -> Result<(), BoxError> { Ok(()) }
            }
            let folder = tempfile::tempdir().unwrap();
            let error = arraystow::Storage::builder(folder.path()).serializer(Named).open().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidName, "{error}");
            let protocols = Protocols::new().with_serializer(Named);
            let error = arraystow::to_vec(&One(Bad::Error), &protocols).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidName, "{error}");
        })* };
    }
    refused!("", "HDFSerializer", "a\nb");
}

#[test]
fn a_serializer_replaces_one_of_the_same_name() {
    struct Second;
    impl PersistentSerializer for Second {
        type Object = String;
        const NAME: &'static str = <BadOnes as PersistentSerializer>::NAME;
        fn write(&self, _: &String, _: &ExternalFiles) -> Result<(), BoxError> {
            Ok(())
        }
        fn read(&self, _: &ExternalFiles) -> Result<String, BoxError> {
            Ok(String::new())
        }
        fn remove(&self, _: &ExternalFiles) -> Result<(), BoxError> {
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = arraystow::Storage::builder(folder.path()).serializer(BadOnes).serializer(Second).open().unwrap();
    let error = storage.save("x", &One(Bad::Read)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("no serializer is registered"), "{error}");
}

/// Saves something else whenever it is cloned or looked at.
#[derive(PartialEq, Debug)]
struct Busy;

fn save_something() {
    let folder = tempfile::tempdir().unwrap();
    let storage = arraystow::Storage::open(folder.path()).unwrap();
    storage.save("inner", &run().field).unwrap();
    assert_eq!(storage.load::<arraystow::ChunkedArray<f32>>("inner").unwrap().shape(), [30, 20]);
}

impl Clone for Busy {
    fn clone(&self) -> Self {
        save_something();
        Self
    }
}

struct BusyOnes;

impl PersistentSerializer for BusyOnes {
    type Object = Busy;
    const NAME: &'static str = "example.org/busy";

    fn write(&self, _: &Busy, files: &ExternalFiles) -> Result<(), BoxError> {
        save_something();
        Ok(files.create("")?.finish()?)
    }

    fn read(&self, _: &ExternalFiles) -> Result<Busy, BoxError> {
        save_something();
        Ok(Busy)
    }

    fn remove(&self, _: &ExternalFiles) -> Result<(), BoxError> {
        Ok(())
    }

    fn identity(&self, _: &Busy) -> Option<usize> {
        save_something();
        None
    }
}

#[test]
fn a_serializer_may_save_something_itself() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Holds(#[serde(with = "arraystow::persistent")] Busy, u8);
    for place in places() {
        let storage = place.bare().serializer(BusyOnes).open().unwrap();
        storage.save("busy", &Holds(Busy, 1)).unwrap();
        assert_eq!(storage.load::<Holds>("busy").unwrap(), Holds(Busy, 1));
    }
    let folder = tempfile::tempdir().unwrap();
    let files = arraystow::LocalFiles::new(folder.path()).unwrap();
    let protocols = Protocols::new().with_file(files).with_serializer(BusyOnes);
    let mut json = Vec::new();
    arraystow::serialize(&Holds(Busy, 1), &mut serde_json::Serializer::new(&mut json), &protocols).unwrap();
    let loaded: Holds = arraystow::deserialize(&mut serde_json::Deserializer::from_slice(&json), &protocols).unwrap();
    assert_eq!(loaded, Holds(Busy, 1));
}
