//! What a commit makes of receipts, and what it refuses.

use super::{Place, block, pending, ramp, swept, write_all};
use arraystow::{ChunkedArray, ErrorKind, Region, Slot, VerifyDepth};

const SHAPE: [usize; 2] = [120, 90];
const CHUNKS: [usize; 2] = [30, 20];

#[test]
fn what_many_have_written_is_what_one_has_saved() {
    for place in Place::all() {
        let storage = place.storage();
        let session = storage.begin("sim/many", &("many", pending(&SHAPE, &CHUNKS))).unwrap();
        assert!(!storage.contains("sim/many").unwrap());
        let workers: Vec<_> = (0..3).map(|_| place.storage()).collect();
        let ticket = session.ticket("[1]").unwrap();
        let slots: Vec<Slot<f32>> = workers.iter().map(|worker| worker.slot(&ticket).unwrap()).collect();
        let regions = slots[0].regions(7);
        // All workers write all regions.
        let work = |slot: &Slot<f32>| {
            let (slot, regions) = (slot.clone(), regions.clone());
            std::thread::spawn(move || regions.iter().map(|region| slot.write(region, block(region).view())).collect())
        };
        let threads: Vec<std::thread::JoinHandle<arraystow::Result<Vec<_>>>> = slots.iter().map(work).collect();
        let receipts: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap().unwrap()).collect();
        assert!(session.missing(&receipts).unwrap().is_empty());
        session.check(&receipts).unwrap();
        let report = session.commit(receipts).unwrap();
        assert_eq!(report.arrays_written, 1, "{}", place.name);

        let (text, array): (String, ChunkedArray<f32>) = storage.load("sim/many").unwrap();
        let expected = ramp(&SHAPE, &CHUNKS).compute().unwrap();
        assert_eq!((text.as_str(), array.compute().unwrap()), ("many", expected), "{}", place.name);
        assert_eq!(array.grid().chunk_shape(), Some(CHUNKS.to_vec()));
        assert!(storage.verify("sim/many", VerifyDepth::Deep).unwrap().faults.is_empty());
        assert_eq!(storage.version("sim/many").unwrap(), report.version);
        assert_eq!(swept(&storage), 0, "{}", place.name);
        assert!(!place.files().iter().any(|file| file.contains(".saving")), "{:?}", place.files());
        storage.remove("sim/many").unwrap();
        let left: Vec<_> = place.files().into_iter().filter(|file| !file.ends_with("zarr.json")).collect();
        assert!(left.is_empty(), "{}: {left:?}", place.name);
    }
}

/// The chunks and their table are the same bytes as those of a save.
#[test]
fn the_stored_bytes_are_those_of_a_save() {
    for place in Place::all().into_iter().filter(|place| place.server.is_none()) {
        let storage = place.builder().array_format(arraystow::ArrayFormat::Zarr).open().unwrap();
        storage.save("one/x", &ramp(&SHAPE, &CHUNKS)).unwrap();
        let session = storage.begin("many/x", &pending(&SHAPE, &CHUNKS)).unwrap();
        let receipts = write_all(&storage, &session, 5);
        session.commit(receipts).unwrap();
        let contents = |workflow: &str| -> Vec<(String, Vec<u8>)> {
            let folder = place.root().join("root").join(workflow).join("bigdata/dask_arrays");
            let files = arraystow_tests::files(&folder).into_iter();
            let read = |file: String| {
                let bytes = std::fs::read(folder.join(&file)).unwrap();
                (file.split_once('/').map_or(file.clone(), |(_, below)| below.to_owned()), bytes)
            };
            // The metadata have the name of the array.
            files.map(read).filter(|(file, _)| !file.ends_with("zarr.json")).collect()
        };
        let (one, many) = (contents("one"), contents("many"));
        assert!(one.len() > 2 && one == many, "{}", place.name);
    }
}

#[test]
fn a_missing_chunk_is_refused_by_name() {
    for place in Place::all() {
        let storage = place.storage();
        let session = storage.begin("x", &("old", pending(&[120], &[10]))).unwrap();
        let slot: Slot<f32> = storage.slot(&session.ticket("[1]").unwrap()).unwrap();
        let regions = slot.regions(usize::MAX);
        let mut receipts: Vec<_> = regions[1..].iter().map(|at| slot.write(at, block(at).view()).unwrap()).collect();
        let error = session.commit(receipts.clone()).unwrap_err();
        let first = &regions[0];
        let text = format!("at start {:?}, shape {:?}", first.start(), first.shape());
        assert!(error.is_invalid_input() && error.to_string().contains(&text), "{}: {error}", place.name);
        assert_eq!((error.path(), error.document()), (Some("[1]"), Some("x")));
        let missing = session.missing(&receipts).unwrap();
        assert_eq!((missing.len(), &missing[0].path[..], &missing[0].region), (1, "[1]", first));
        assert!(!storage.contains("x").unwrap());
        // The session goes on.
        receipts.push(slot.write(&missing[0].region, block(&missing[0].region).view()).unwrap());
        session.commit(receipts).unwrap();
        assert_eq!(storage.load::<(String, ChunkedArray<f32>)>("x").unwrap().1.max().unwrap(), 119.0);
    }
}

#[test]
fn a_region_that_cuts_a_chunk_is_refused() {
    for place in Place::all() {
        let storage = place.storage();
        let session = storage.begin("x", &pending(&SHAPE, &CHUNKS)).unwrap();
        let slot: Slot<f32> = storage.slot(&session.ticket("").unwrap()).unwrap();
        let chunk = slot.grid().chunk_region(0).unwrap();
        let cut = Region::new([0, 0], [chunk.shape()[0] - 1, chunk.shape()[1]]).unwrap();
        let error = slot.write(&cut, block(&cut).view()).unwrap_err();
        let nearest = format!("(start [0, 0], shape {:?})", chunk.shape());
        assert!(error.is_invalid_input() && error.to_string().contains(&nearest), "{}: {error}", place.name);
        let error = slot.write(&chunk, block(&cut).view()).unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
        session.abandon().unwrap();
        assert_eq!(swept(&storage), 0);
    }
}

/// Of attempts that write different bytes the first stays where conditions hold; a commit refuses the others' receipts.
#[test]
fn attempts_that_differ_are_a_conflict() {
    for place in Place::all() {
        let storage = place.storage();
        let session = storage.begin("x", &pending(&[40], &[10])).unwrap();
        let ticket = session.ticket("").unwrap();
        let (one, two): (Slot<f32>, Slot<f32>) =
            (storage.slot(&ticket).unwrap(), place.storage().slot(&ticket).unwrap());
        let whole = Region::new([0], [40]).unwrap();
        let receipt = one.write(&whole, block(&whole).view()).unwrap();
        let other = two.write(&whole, (block(&whole) + 1.0).view());
        match other {
            Err(error) => {
                let text = error.to_string();
                assert!(error.is_conflict() && text.contains(two.attempt()), "{error}");
                // The other one's id is an attribute of the file, which not every file system has.
                assert!(
                    text.contains(one.attempt()) || !(place.server.is_some() || has_attributes(place.root())),
                    "{error}"
                );
                assert_ne!(place.name, "careless server");
            }
            Ok(other) => {
                assert_eq!(place.name, "careless server");
                let error = session.commit([receipt.clone(), other]).unwrap_err();
                let text = error.to_string();
                assert!(error.is_conflict() && text.contains(one.attempt()) && text.contains(two.attempt()), "{error}");
                // The other one's receipt was lost: what lies there is not what the receipt says.
                let error = session.commit([receipt.clone()]).unwrap_err();
                assert!(error.is_conflict() && error.to_string().contains("write it again"), "{error}");
                one.write(&whole, block(&whole).view()).unwrap();
            }
        }
        session.commit([receipt]).unwrap();
        let array: ChunkedArray<f32> = storage.load("x").unwrap();
        assert_eq!(array.compute().unwrap(), block(&whole));
    }
}

fn has_attributes(folder: &std::path::Path) -> bool {
    let (file, script) = (folder.join("probe"), "import os, sys; os.setxattr(sys.argv[1], 'user.probe', b'1')");
    std::fs::write(&file, "").unwrap();
    let set = std::process::Command::new("python3").args(["-c", script]).arg(&file).output().unwrap();
    std::fs::remove_file(file).unwrap();
    set.status.success()
}

#[test]
fn a_session_replaces_the_version_that_its_value_is_based_on() {
    for place in Place::all() {
        let storage = place.storage();
        storage.save("x", &(1, ramp(&[1000, 10], &[100, 10]))).unwrap();
        let (_, kept): (i32, ChunkedArray<f32>) = storage.load("x").unwrap();
        let session = storage.begin("x", &(2, kept.clone(), pending(&[40], &[10]))).unwrap();
        let receipts = write_all(&storage, &session, 2);
        storage.save("x", &(3, kept)).unwrap();
        let error = session.commit(receipts.clone()).unwrap_err();
        assert!(error.is_conflict(), "{}: {error}", place.name);
        assert_eq!(storage.load::<(i32, ChunkedArray<f32>)>("x").unwrap().0, 3);
        // Nothing of the session was removed: it is the caller who gives it up.
        assert!(session.missing(&receipts).unwrap().is_empty());
        session.check(&receipts).unwrap();

        let (_, kept): (i32, ChunkedArray<f32>) = storage.load("x").unwrap();
        let next = storage.begin("x", &(4, kept, pending(&[40], &[10]))).unwrap();
        let (name, id) = (next.name().to_owned(), next.id().to_owned());
        drop(next);
        let next = place.storage().resume(&name, &id).unwrap();
        let receipts = write_all(&storage, &next, 2);
        assert_eq!(next.commit(receipts).unwrap().arrays_kept, 0);
        let (number, old, new): (i32, ChunkedArray<f32>, ChunkedArray<f32>) = storage.load("x").unwrap();
        assert_eq!((number, old.max().unwrap(), new.max().unwrap()), (4, 999_009.0, 39.0));
        session.abandon().unwrap();
        assert_eq!(swept(&storage), 0, "{}", place.name);
        assert!(storage.verify("x", VerifyDepth::Deep).unwrap().faults.is_empty());
    }
}

#[test]
fn a_save_refuses_pending_arrays_and_begin_wants_one() {
    let place = Place::folder();
    let storage = place.storage();
    let error = storage.save("x", &(1, pending(&[4], &[2]))).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("Storage::begin"), "{error}");
    assert_eq!(error.path(), Some("[1]"));
    let error = storage.begin("x", &(1, &pending(&[4], &[2]) + 1.0)).unwrap_err();
    assert!(error.to_string().contains("pending"), "{error}");
    let error = storage.begin("x", &(1, ramp(&[4], &[2]))).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("ChunkedArray::pending"), "{error}");
    assert!(place.files().is_empty(), "{:?}", place.files());
    assert_eq!(storage.begin("bigdata", &1).unwrap_err().kind(), ErrorKind::InvalidName);
}

/// A slot opens with one request, and a chunk is written with two: a look at the session and a put.
#[test]
fn requests_are_few() {
    let place = Place::objects();
    let storage = place.storage();
    let session = storage.begin("x", &pending(&[40], &[10])).unwrap();
    let ticket = session.ticket("").unwrap();
    assert!(serde_json::to_string(&ticket).unwrap().len() < 1024);
    let server = place.server.as_ref().unwrap();
    let slot: Slot<f32> = {
        let _ = server.requests();
        place.storage().slot(&ticket).unwrap()
    };
    let asked = server.requests();
    assert_eq!(asked.values().sum::<usize>(), 1, "{asked:?}");
    let chunk = Region::new([0], [10]).unwrap();
    slot.write(&chunk, block(&chunk).view()).unwrap();
    let asked = server.requests();
    assert_eq!(asked.values().sum::<usize>(), 2, "{asked:?}");
}
