//! A serializer is an instance with a configuration, and its handle reaches the files of one external object.

use super::sample::{Place, places};
use arraystow::persistent::{BoxError, ExternalFiles, PersistentSerializer};
use arraystow::{Error, ErrorKind, Persistent};
use std::io::{Read, Write};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

/// A text, and the handle on its files once it is loaded.
#[derive(Clone, Persistent)]
struct Letter {
    text: String,
    files: Option<ExternalFiles>,
}

fn letter(text: &str) -> Letter {
    Letter { text: text.to_owned(), files: None }
}

/// Writes a letter in as many parts as it is configured to.
struct Letters {
    parts: usize,
}

impl PersistentSerializer for Letters {
    type Object = Letter;
    const NAME: &'static str = "example.org/letters";

    fn write(&self, letter: &Letter, files: &ExternalFiles) -> Result<(), BoxError> {
        let bytes = letter.text.as_bytes();
        for (number, part) in bytes.chunks(bytes.len().div_ceil(self.parts)).enumerate() {
            let mut file = files.create(&format!("part-{number}"))?;
            file.write_all(part)?;
            file.finish()?;
        }
        let mut count = files.create("")?;
        write!(count, "{}", self.parts)?;
        Ok(count.finish()?)
    }

    fn read(&self, files: &ExternalFiles) -> Result<Letter, BoxError> {
        let (mut count, mut text) = (String::new(), String::new());
        files.open("")?.read_to_string(&mut count)?;
        for number in 0..count.parse()? {
            files.open(&format!("part-{number}"))?.read_to_string(&mut text)?;
        }
        Ok(Letter { text, files: Some(files.clone()) })
    }

    fn remove(&self, _: &ExternalFiles) -> Result<(), BoxError> {
        Err("a storage removes by itself".into())
    }
}

fn names(place: &Place) -> usize {
    place.files().iter().filter(|file| file.contains(".part-")).count()
}

#[test]
fn a_serializer_has_a_configuration() {
    for place in places() {
        let three = place.bare().serializer(Letters { parts: 3 }).open().unwrap();
        three.save("letter", &letter("one, two, three")).unwrap();
        assert_eq!(names(&place), 3);
        // What the files need to be read is in them.
        let two = place.bare().serializer(Letters { parts: 2 }).open().unwrap();
        assert_eq!(two.load::<Letter>("letter").unwrap().text, "one, two, three");
        two.save("letter", &letter("one, two")).unwrap();
        assert_eq!(names(&place), 2);
    }
}

#[test]
fn the_last_serializer_of_a_type_counts() {
    let place = Place::Folder(tempfile::tempdir().unwrap());
    let builder = place.bare().serializer(Letters { parts: 5 }).serializer(Letters { parts: 1 });
    builder.open().unwrap().save("letter", &letter("hello")).unwrap();
    assert_eq!(names(&place), 1);
}

fn kind<T>(result: Result<T, Error>) -> ErrorKind {
    result.map(drop).unwrap_err().kind()
}

#[test]
fn a_handle_reaches_the_files_of_its_object_and_no_others() {
    for place in places() {
        let storage = place.bare().serializer(Letters { parts: 2 }).open().unwrap();
        storage.save("other", &letter("other")).unwrap();
        let other = storage.load::<Letter>("other").unwrap().files.unwrap();
        storage.save("letter", &letter("a letter")).unwrap();
        let files = storage.load::<Letter>("letter").unwrap().files.unwrap();
        let before = place.files();

        assert_eq!((files.id().name(), files.id().version()), ("example.org/letters", "1.0.0"));
        assert_eq!(kind(files.open("part-2")), ErrorKind::NotFound);
        assert_eq!(kind(files.local_path("part-2")), ErrorKind::NotFound);
        // What is stored does not change.
        assert_eq!(kind(files.create("part-2")), ErrorKind::InvalidInput);
        let foreign = format!("../{}", other.id().file());
        for name in [&foreign, "/etc/passwd", "..", ".part-0", "part-0/", "a b", "a\\b", "\u{e4}", &"x".repeat(65)] {
            assert_eq!(kind(files.create(name)), ErrorKind::InvalidName, "{name:?}");
            assert_eq!(kind(files.open(name)), ErrorKind::InvalidName, "{name:?}");
            assert_eq!(kind(files.local_path(name)), ErrorKind::InvalidName, "{name:?}");
            assert_eq!(kind(files.remove(name)), ErrorKind::InvalidName, "{name:?}");
        }
        assert_eq!(place.files(), before);

        let path = files.local_path("part-0").unwrap();
        match &place {
            Place::Folder(_) => assert_eq!(std::fs::read(path.unwrap()).unwrap(), b"a le"),
            Place::Server(_) => assert_eq!(path, None),
        }
        assert!(format!("{files:?}").contains(files.id().file()));
        storage.remove("letter").unwrap();
        assert_eq!(kind(files.open("part-0")), ErrorKind::Gone);
    }
}

/// Keeps the handle of each file that it has written.
#[derive(Default)]
struct Keeps(Arc<Mutex<Vec<ExternalFiles>>>);

#[derive(Clone, Persistent)]
struct Empty;

impl PersistentSerializer for Keeps {
    type Object = Empty;
    const NAME: &'static str = "example.org/empty";

    fn write(&self, _: &Empty, files: &ExternalFiles) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(files.clone());
        Ok(files.create("first")?.finish()?)
    }

    fn read(&self, files: &ExternalFiles) -> Result<Empty, BoxError> {
        self.0.lock().unwrap().push(files.clone());
        Ok(Empty)
    }

    fn remove(&self, files: &ExternalFiles) -> Result<(), BoxError> {
        assert!(files.create("second").unwrap_err().is_invalid_input());
        Ok(files.remove("first")?)
    }
}

#[test]
fn instances_may_share_what_they_hold() {
    let place = Place::Folder(tempfile::tempdir().unwrap());
    let kept = Arc::default();
    let storage = place.bare().serializer(Keeps(Arc::clone(&kept))).open().unwrap();
    storage.save("empty", &[Empty, Empty]).unwrap();
    storage.load::<[Empty; 2]>("empty").unwrap();
    let mut ids: Vec<String> = kept.lock().unwrap().iter().map(|files| files.id().file().to_owned()).collect();
    ids.sort();
    assert!(ids.len() == 4 && ids[0] == ids[1] && ids[1] != ids[2] && ids[2] == ids[3], "{ids:?}");
}

#[test]
fn without_a_manifest_the_serializer_removes_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = arraystow::LocalFiles::new(folder.path()).unwrap();
    let protocols = arraystow::Protocols::new().with_file(files).with_serializer(Keeps::default());
    let mut json = Vec::new();
    arraystow::serialize(&Empty, &mut serde_json::Serializer::new(&mut json), &protocols).unwrap();
    let id = serde_json::from_slice(&json).unwrap();
    protocols.remove_object(&id).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Reads its file again after an error, as a program does on an unreliable network.
struct Patient(arraystow_tests::MemoryFiles);

#[derive(Clone, Persistent)]
struct Noise(Vec<u8>);

impl PersistentSerializer for Patient {
    type Object = Noise;
    const NAME: &'static str = "example.org/noise";

    fn write(&self, noise: &Noise, files: &ExternalFiles) -> Result<(), BoxError> {
        let mut file = files.create("")?;
        file.write_all(&noise.0)?;
        Ok(file.finish()?)
    }

    fn read(&self, files: &ExternalFiles) -> Result<Noise, BoxError> {
        let (mut file, mut bytes) = (files.open("")?, Vec::new());
        let mut part = vec![0; 100_000];
        loop {
            match file.read(&mut part) {
                Ok(0) => return Ok(Noise(bytes)),
                Ok(count) => bytes.extend_from_slice(&part[..count]),
                // The cable is mended.
                Err(_) => self.0.reads_left.store(i64::MAX, SeqCst),
            }
        }
    }

    fn remove(&self, _: &ExternalFiles) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn what_a_failed_read_has_left_is_never_returned() {
    let files = arraystow_tests::MemoryFiles::default();
    let protocols = arraystow::Protocols::new().with_file(files.clone()).with_serializer(Patient(files.clone()));
    let noise: Vec<u8> = (0..3_500_000_u32).map(|x| (x.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let document = arraystow::to_vec(&Persistently(Noise(noise.clone())), &protocols).unwrap();
    // 5,000 bytes at a time, in blocks of a mebibyte.
    for reads in [1, 3, 209, 211, 300, 500, 650] {
        files.reads_left.store(reads, SeqCst);
        let loaded: Persistently = arraystow::from_slice(&document, &protocols).unwrap();
        assert!(loaded.0.0 == noise, "after {reads} reads");
        assert!(files.reads_left.load(SeqCst) > reads, "no read failed");
        files.reads_left.store(i64::MAX, SeqCst);
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Persistently(#[serde(with = "arraystow::persistent")] Noise);
