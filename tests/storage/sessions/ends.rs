//! How sessions end: committed, resumed, abandoned, swept. What writers do that have not noticed.

use super::{Place, block, pending, ramp, swept, write_all};
use arraystow::{ChunkedArray, LeftoverKind, Region, Slot, Storage};
use std::time::Duration;

/// Long enough for the calls of a test, short enough to wait for.
const LEASE: Duration = Duration::from_millis(1500);

fn after_the_lease() {
    std::thread::sleep(LEASE + Duration::from_millis(300));
}

#[test]
fn another_program_resumes_what_one_has_begun() {
    for place in Place::all() {
        let session = place.storage().begin("sim/x", &("text", pending(&[40, 6], &[10, 3]))).unwrap();
        let slot: Slot<f32> = place.storage().slot(&session.ticket("[1]").unwrap()).unwrap();
        let top = Region::new([0, 0], [slot.grid().chunk_region(0).unwrap().shape()[0], 6]).unwrap();
        let first = slot.write(&top, block(&top).view()).unwrap();
        let id = session.id().to_owned();
        drop(session);

        let storage = place.storage();
        assert_eq!(swept(&storage), 0, "{}: a sweep takes a session that can be resumed", place.name);
        let session = storage.resume("sim/x", &id).unwrap();
        assert_eq!(session.paths(), ["[1]"]);
        // What was written before is written again, or not: both is right.
        let receipts: Vec<_> = write_all(&storage, &session, 3).into_iter().chain([first]).collect();
        session.commit(receipts).unwrap();
        let (text, array): (String, ChunkedArray<f32>) = storage.load("sim/x").unwrap();
        assert_eq!((text.as_str(), array.compute().unwrap()), ("text", ramp(&[40, 6], &[10, 3]).compute().unwrap()));
        let error = storage.resume("sim/x", &id).unwrap_err();
        assert!(error.is_gone(), "{}: {error}", place.name);
    }
}

#[test]
fn two_drivers_commit_once() {
    for place in Place::all() {
        let storage = place.storage();
        let one = storage.begin("x", &pending(&[40], &[10])).unwrap();
        let receipts = write_all(&storage, &one, 2);
        let two = place.storage().resume("x", one.id()).unwrap();
        let first = one.commit(receipts.clone()).unwrap();
        // The second has not noticed: what it asked for has happened.
        assert_eq!(two.commit(receipts.clone()).unwrap().version, first.version, "{}", place.name);
        assert_eq!(one.commit(receipts.clone()).unwrap().version, first.version);
        assert_eq!(storage.version("x").unwrap(), first.version);
        storage.remove("x").unwrap();
        let error = two.commit(receipts).unwrap_err();
        assert!(error.is_gone(), "{}: {error}", place.name);
        assert!(!storage.contains("x").unwrap());
        assert_eq!(swept(&storage), 0);
    }
}

#[test]
fn what_was_abandoned_is_gone_and_its_writers_fail() {
    for place in Place::all() {
        let storage = place.storage();
        storage.save("sim/x", &ramp(&[10], &[10])).unwrap();
        let before = place.files();
        let session = storage.begin("sim/x", &(pending(&[40], &[10]), ramp(&[50], &[10]))).unwrap();
        let other = place.storage().resume("sim/x", session.id()).unwrap();
        let ticket = session.ticket("[0]").unwrap();
        let slot: Slot<f32> = storage.slot(&ticket).unwrap();
        let whole = Region::new([0], [40]).unwrap();
        let receipt = slot.write(&whole, block(&whole).view()).unwrap();
        session.abandon().unwrap();
        let left: Vec<_> =
            place.files().difference(&before).filter(|key| !key.ends_with("dask_arrays/zarr.json")).cloned().collect();
        assert!(left.is_empty(), "{}: {left:?}", place.name);
        assert!(slot.write(&whole, block(&whole).view()).unwrap_err().is_gone());
        assert!(storage.slot::<f32>(&ticket).unwrap_err().is_gone());
        assert!(other.commit([receipt]).unwrap_err().is_gone(), "{}", place.name);
        assert_eq!(storage.load::<ChunkedArray<f32>>("sim/x").unwrap().compute().unwrap().len(), 10);
        assert_eq!(swept(&storage), 0);
    }
}

#[test]
fn a_sweep_takes_a_session_that_was_silent_for_too_long() {
    for place in Place::all() {
        let short = || place.builder().session_lease(LEASE).open().unwrap();
        let storage = short();
        let held = storage.begin("sim/held", &pending(&[40], &[10])).unwrap();
        let held_receipts = write_all(&storage, &held, 2);
        let session = storage.begin("sim/x", &pending(&[40], &[10])).unwrap();
        let (id, ticket) = (session.id().to_owned(), session.ticket("").unwrap());
        let slot: Slot<f32> = storage.slot(&ticket).unwrap();
        let receipts = write_all(&storage, &session, 2);
        drop((session, receipts));
        assert_eq!(swept(&storage), 0);
        after_the_lease();
        let error = storage.resume("sim/x", &id).unwrap_err();
        assert!(error.is_gone() && error.to_string().contains("its lease"), "{}: {error}", place.name);
        let found = storage.sweep().unwrap();
        let kinds: Vec<_> = found.leftovers().map(|leftover| leftover.kind).collect();
        assert_eq!(kinds, [LeftoverKind::SaveRecord, LeftoverKind::Array], "{}", place.name);
        assert!(found.leftovers().all(|leftover| leftover.bytes > 0));
        assert_eq!(found.remove().unwrap().len(), 2);
        assert_eq!(swept(&storage), 0);
        // A writer that slept through all of it.
        let whole = Region::new([0], [40]).unwrap();
        assert!(slot.write(&whole, block(&whole).view()).unwrap_err().is_gone());
        // The other session was held all the time.
        held.commit(held_receipts).unwrap();
        assert_eq!(storage.list("**").unwrap().len(), 1);
        assert_eq!(swept(&storage), 0);
    }
}

/// A writer that looked, slept while the session ended, and then writes: what it writes belongs to nothing.
#[test]
fn a_late_write_is_swept_or_changes_nothing() {
    let place = Place::folder();
    let storage = place.storage();
    for is_committed in [true, false] {
        let session = storage.begin("x", &pending(&[40], &[10])).unwrap();
        let ticket = session.ticket("").unwrap();
        let whole = Region::new([0], [40]).unwrap();
        let receipts = if is_committed { write_all(&storage, &session, 2) } else { Vec::new() };
        let zombie: Slot<f32> = place.storage().slot(&ticket).unwrap();
        let lies = ChunkedArray::<f32>::full(&[40], 7.0, &[40]).unwrap().compute().unwrap();
        // Its look finds the state, as it was before the end.
        let state = place.root().join("root/bigdata/.saving").join(session.id());
        let kept = std::fs::read(state.join("state")).unwrap();
        if is_committed {
            session.commit(receipts).unwrap();
        } else {
            session.abandon().unwrap();
        }
        std::fs::create_dir_all(&state).unwrap();
        std::fs::write(state.join("state"), kept).unwrap();
        let written = zombie.write(&whole, lies.view());
        assert_eq!(written.is_ok(), !is_committed, "{written:?}");
        if is_committed {
            assert!(written.unwrap_err().is_conflict());
            assert_eq!(storage.load::<ChunkedArray<f32>>("x").unwrap().compute().unwrap(), block(&whole));
            storage.remove("x").unwrap();
        }
        assert!(swept(&storage) >= 1);
        assert_eq!(swept(&storage), 0);
        let left: Vec<_> =
            place.files().into_iter().filter(|file| !file.ends_with("zarr.json") && !file.ends_with(".lock")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A commit whose program was killed between the document and the end of the session.
#[test]
fn a_session_that_was_committed_before_ends() {
    let place = Place::folder();
    let storage = place.storage();
    let session = storage.begin("x", &pending(&[40], &[10])).unwrap();
    let receipts = write_all(&storage, &session, 2);
    let id = session.id().to_owned();
    let folder = place.root().join("root/bigdata/.saving").join(&id);
    let kept = ["lease", "state"].map(|file| (file, std::fs::read(folder.join(file)).unwrap()));
    let version = session.commit(receipts.clone()).unwrap().version;
    std::fs::create_dir_all(&folder).unwrap();
    for (file, bytes) in kept {
        std::fs::write(folder.join(file), bytes).unwrap();
    }
    let again = storage.resume("x", &id).unwrap();
    assert_eq!(again.commit(receipts).unwrap().version, version);
    assert!(!folder.exists());
    assert_eq!(storage.load::<ChunkedArray<f32>>("x").unwrap().max().unwrap(), 39.0);
}

/// Sessions of one value do not disturb each other: the last commit stays, as with saves.
#[test]
fn of_two_sessions_the_last_commit_stays() {
    for place in Place::all() {
        let storage: Storage = place.storage();
        let one = storage.begin("x", &(1, pending(&[40], &[10]))).unwrap();
        let two = storage.begin("x", &(2, pending(&[40], &[10]))).unwrap();
        let receipts = (write_all(&storage, &one, 2), write_all(&storage, &two, 3));
        let error = two.commit(receipts.0.clone()).unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(one.id()), "{error}");
        two.commit(receipts.1).unwrap();
        one.commit(receipts.0).unwrap();
        assert_eq!(storage.load::<(i32, ChunkedArray<f32>)>("x").unwrap().0, 1);
        assert_eq!(swept(&storage), 0, "{}", place.name);
    }
}
