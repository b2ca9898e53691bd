//! A session that is committed twice, or whose value has gone since: by drivers of which one was killed between the
//! document and the end of the session. Tickets that were altered, sessions that begin slowly, outcomes that are unknown.

use super::gate::{Gate, Request, keys};
use super::sample::swept;
use super::session_faults::{block, number_of, pending, save_first};
use arraystow::{
    ArrayFormat, ChunkedArray, Durability, ErrorKind, Receipt, Session, Slot, Storage, StorageBuilder, Ticket,
    VerifyDepth,
};
use ndarray::ArrayD;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

const SAVING: &str = "root/sim/bigdata/.saving/";

enum Place {
    Folder(tempfile::TempDir, ArrayFormat),
    Store(Arc<InMemory>),
}

impl Place {
    fn all() -> [Self; 3] {
        let folder = || tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        [
            Self::Folder(folder(), ArrayFormat::Hdf5),
            Self::Folder(folder(), ArrayFormat::Zarr),
            Self::Store(Arc::new(InMemory::new())),
        ]
    }

    fn builder(&self) -> StorageBuilder {
        match self {
            Self::Folder(folder, format) => Storage::builder(folder.path().join("root")).array_format(*format),
            Self::Store(store) => StorageBuilder::from_object_store(Arc::new(Gate::open(store.clone())), "root"),
        }
    }

    fn storage(&self) -> Storage {
        self.builder().open().unwrap()
    }

    /// The records of sessions: lease and state.
    fn records(&self) -> BTreeMap<String, Vec<u8>> {
        match self {
            Self::Folder(folder, _) => {
                let mut found = BTreeMap::new();
                let records = std::fs::read_dir(folder.path().join(SAVING)).unwrap().map(|entry| entry.unwrap().path());
                for record in records.filter(|path| path.is_dir()) {
                    for file in std::fs::read_dir(record).unwrap().map(|entry| entry.unwrap().path()) {
                        let key = file.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned();
                        found.insert(key, std::fs::read(file).unwrap());
                    }
                }
                found
            }
            Self::Store(store) => {
                let own = keys(store).into_iter().filter(|key| key.ends_with("/lease") || key.ends_with("/state"));
                let get = |key: &str| {
                    let got = futures::executor::block_on(async { store.get(&key.into()).await?.bytes().await });
                    got.unwrap().to_vec()
                };
                own.map(|key| (key.clone(), get(&key))).collect()
            }
        }
    }

    /// As if the driver had been killed before it removed them.
    fn put_back(&self, records: &BTreeMap<String, Vec<u8>>) {
        for (key, bytes) in records {
            match self {
                Self::Folder(folder, _) => {
                    let path = folder.path().join(key);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, bytes).unwrap();
                }
                Self::Store(store) => {
                    let path = key.as_str().into();
                    futures::executor::block_on(store.put(&path, bytes.clone().into())).unwrap();
                }
            }
        }
    }
}

fn written(storage: &Storage, session: &Session) -> Vec<Receipt> {
    let slot: Slot<i32> = storage.slot(&session.ticket("[1]").unwrap()).unwrap();
    let regions = slot.regions(4).into_iter();
    regions.map(|region| slot.write(&region, block(&region).view()).unwrap()).collect()
}

/// Two drivers of one session, the receipts of all chunks, and the session's records.
fn two_drivers(place: &Place, storage: &Storage) -> (Session, Session, Vec<Receipt>, BTreeMap<String, Vec<u8>>) {
    let session = storage.begin("sim/many", &(2_u64, pending())).unwrap();
    let other = storage.resume("sim/many", session.id()).unwrap();
    let receipts = written(storage, &session);
    (session, other, receipts, place.records())
}

fn assert_sound(storage: &Storage) {
    for report in storage.verify_all(VerifyDepth::Deep).unwrap() {
        assert!(report.is_sound(), "{report:?}");
    }
    for entry in storage.list("**").unwrap() {
        if entry.name.ends_with("many") || entry.name.ends_with("other") {
            let (_, array): (u64, ChunkedArray<i32>) = storage.load(&entry.name).unwrap();
            array.compute().unwrap();
        }
    }
    assert!(swept(storage) == 0 || storage.sweep().unwrap().leftovers().count() == 0);
}

#[test]
fn after_its_value_is_gone_a_session_is_over() {
    type Change = fn(&Storage);
    let changes: [(&str, Change); 4] = [
        ("replaced", |storage| save_first(storage)),
        ("removed", |storage| storage.remove("sim/many").unwrap()),
        ("renamed", |storage| drop(storage.rename("sim/many", "sim/other").unwrap())),
        ("renamed elsewhere", |storage| drop(storage.rename("sim/many", "elsewhere/other").unwrap())),
    ];
    for (what, change) in changes {
        for place in Place::all() {
            let storage = place.storage();
            let (session, other, receipts, records) = two_drivers(&place, &storage);
            session.commit(receipts.clone()).unwrap();
            place.put_back(&records);
            change(&storage);
            let error = other.commit(receipts).unwrap_err();
            assert!(error.is_gone(), "{what}: {error}");
            match storage.load::<(u64, ChunkedArray<i32>)>("sim/many") {
                Ok((number, _)) => assert_eq!((what, number), ("replaced", 1)),
                Err(error) => assert!(error.is_not_found() && what != "replaced", "{what}: {error}"),
            }
            assert_sound(&storage);
        }
    }
}

#[test]
fn a_second_commit_changes_nothing_and_has_the_version_of_the_first() {
    for place in Place::all() {
        let storage = place.storage();
        let (session, other, receipts, records) = two_drivers(&place, &storage);
        let first = session.commit(receipts.clone()).unwrap().version;
        assert_eq!(storage.version("sim/many").unwrap(), first);
        place.put_back(&records);
        // It keeps the array.
        storage
            .update("sim/many", |value: &mut (u64, ChunkedArray<i32>)| {
                value.0 = 3;
                Ok::<_, arraystow::Error>(())
            })
            .unwrap();
        place.put_back(&records);
        assert_eq!(other.commit(receipts).unwrap().version, first);
        assert_eq!(number_of(&storage), 3);
        assert_ne!(storage.version("sim/many").unwrap(), first);
        assert_sound(&storage);
    }
}

#[test]
fn a_session_that_begins_slowly_keeps_its_lease() {
    for place in Place::all() {
        let storage = place.builder().session_lease(Duration::from_millis(400)).open().unwrap();
        let done = AtomicBool::new(false);
        let slow = ChunkedArray::from_fn(&[8], &[1], |region| {
            std::thread::sleep(Duration::from_millis(200));
            ArrayD::from_elem(region.shape(), 7_i32)
        });
        let value = (slow.unwrap(), pending());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(SeqCst) {
                    swept(&storage);
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let session = storage.begin("sim/slow", &value).unwrap();
            let receipts = written(&storage, &session);
            session.commit(receipts).unwrap();
            done.store(true, SeqCst);
        });
        let (found, _): (ChunkedArray<i32>, ChunkedArray<i32>) = storage.load("sim/slow").unwrap();
        assert_eq!(found.sum().unwrap(), 56);
        assert_sound(&storage);
    }
}

#[test]
fn a_session_whose_lease_was_swept_while_it_began_is_none() {
    for place in Place::all() {
        let storage = place.storage();
        let once = AtomicBool::new(false);
        let (other, records) = (place.storage(), Arc::new(place));
        let taking = records.clone();
        let taken = ChunkedArray::from_fn(&[2], &[1], move |region| {
            if !once.swap(true, SeqCst) {
                // As if the lease were old.
                for key in taking.records().into_keys() {
                    match &*taking {
                        Place::Folder(folder, _) => std::fs::remove_file(folder.path().join(key)).unwrap(),
                        Place::Store(store) => futures::executor::block_on(store.delete(&key.into())).unwrap(),
                    }
                }
                let _ = other.sweep().unwrap().remove().unwrap();
            }
            ArrayD::from_elem(region.shape(), 7_i32)
        });
        let error = storage.begin("sim/slow", &(taken.unwrap(), pending())).unwrap_err();
        assert!(error.is_gone() || error.is_not_found(), "{error}");
        assert!(!storage.contains("sim/slow").unwrap());
        assert_sound(&storage);
    }
}

/// The ticket with a part of its text replaced.
fn altered(ticket: &Ticket, from: &str, to: &str) -> Ticket {
    let text = serde_json::to_string(ticket).unwrap();
    assert!(text.contains(from), "{text}");
    serde_json::from_str(&text.replace(from, to)).unwrap()
}

#[test]
fn altered_tickets_are_refused() {
    for place in Place::all() {
        let storage = place.storage();
        let array = ChunkedArray::<f32>::pending(&[100, 80], &[50, 50]).unwrap();
        let written = ChunkedArray::from(ndarray::Array2::<f32>::zeros((100, 80)));
        let session = storage.begin("sim/two", &(array, written)).unwrap();
        let ticket = session.ticket("[0]").unwrap();
        storage.slot::<f32>(&ticket).unwrap();
        for altered in [
            altered(&ticket, "[100,80]", "[80,100]"),
            altered(&ticket, "[50,50]", "[25,50]"),
            altered(&ticket, "\"sim/two\"", "\"sim/other\""),
        ] {
            assert_eq!(storage.slot::<f32>(&altered).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        let integers = altered(&ticket, "\"float32\"", "\"int32\"");
        assert_eq!(storage.any_slot(&integers).unwrap_err().kind(), ErrorKind::InvalidInput);
        session.abandon().unwrap();
        assert_sound(&storage);
    }
}

#[test]
fn a_worker_must_write_durably_if_the_session_does() {
    let folder = tempfile::tempdir().unwrap();
    let synced = Storage::open(folder.path()).unwrap();
    let not_synced = Storage::builder(folder.path()).durability(Durability::NotSynced).open().unwrap();
    let session = synced.begin("sim/many", &(2_u64, pending())).unwrap();
    let error = not_synced.slot::<i32>(&session.ticket("[1]").unwrap()).unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("Durability::Synced"), "{error}");
    session.abandon().unwrap();
    let session = not_synced.begin("sim/many", &(2_u64, pending())).unwrap();
    synced.slot::<i32>(&session.ticket("[1]").unwrap()).unwrap();
    session.abandon().unwrap();
}

#[test]
fn an_empty_lease_stops_neither_renames_nor_sweeps() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("root")).unwrap();
    save_first(&storage);
    let record: PathBuf = folder.path().join(SAVING).join("01234567-89ab-4def-8123-456789abcdef");
    std::fs::create_dir_all(&record).unwrap();
    std::fs::write(record.join("lease"), b"").unwrap();
    storage.rename("sim/many", "sim/other").unwrap();
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 1);
    swept(&storage);
    assert!(!Path::new(&record).exists());
}

#[test]
fn what_may_still_be_committed_is_not_abandoned() {
    let store = Arc::new(InMemory::new());
    let storage = Place::Store(store.clone()).storage();
    save_first(&storage);
    let session = storage.begin("sim/many", &(2_u64, pending())).unwrap();
    let receipts = written(&storage, &session);
    // No answer to the put of the document.
    let is_put = |request: &Request| request.what == "put" && request.key == "root/sim/many";
    let gate = Gate::failing(store.clone(), false, is_put);
    let deaf = StorageBuilder::from_object_store(Arc::new(gate), "root").open().unwrap();
    let driver = deaf.resume("sim/many", session.id()).unwrap();
    assert!(driver.commit(receipts.clone()).unwrap_err().is_unknown_outcome());
    let error = driver.clone().abandon().unwrap_err();
    assert!(error.is_unknown_outcome(), "{error}");
    assert_eq!(number_of(&storage), 1);
    session.commit(receipts).unwrap();
    assert_eq!(number_of(&storage), 2);
    driver.abandon().unwrap();
    assert_eq!(number_of(&storage), 2);
    assert_sound(&storage);
}
