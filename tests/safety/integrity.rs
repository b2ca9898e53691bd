//! A flipped bit, wherever it is: found by a deep verification, and never read as a value.

use super::sample::{Run, large_run_of, times};
use arraystow::{
    ChunkedArray, Codec, ErrorKind, Storage, StorageBuilder, Task, TaskProgress, VerifyDepth, ZarrVersion,
};
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Something whose bytes can be altered.
trait Bytes {
    fn read(&self) -> Vec<u8>;
    fn write(&self, bytes: &[u8]);
}

impl Bytes for Path {
    fn read(&self) -> Vec<u8> {
        std::fs::read(self).unwrap()
    }

    fn write(&self, bytes: &[u8]) {
        std::fs::write(self, bytes).unwrap();
    }
}

struct Object(Arc<InMemory>, Key);

impl Bytes for Object {
    fn read(&self) -> Vec<u8> {
        futures::executor::block_on(async { self.0.get(&self.1).await.unwrap().bytes().await.unwrap().to_vec() })
    }

    fn write(&self, bytes: &[u8]) {
        let payload = PutPayload::from(bytes.to_vec());
        futures::executor::block_on(async { self.0.put(&self.1, payload).await.unwrap() });
    }
}

/// Flips a bit of every byte, or of every so many; what is read must be right or an error, and each flip must be
/// reported.
fn flip_all(storage: &Storage, bytes: &(impl Bytes + ?Sized), what: &str, stride: usize) {
    let whole = bytes.read();
    let expected: Run = large_run_of(5);
    let field = expected.field.compute().unwrap();
    for at in (0..whole.len()).step_by(stride) {
        let mut altered = whole.clone();
        altered[at] ^= 1 << (at % 8);
        bytes.write(&altered);
        let found = storage.verify("sim/run", VerifyDepth::Deep).unwrap();
        assert!(!found.is_sound(), "{what}: the bit at byte {at} of {} was not noticed", whole.len());
        for fault in &found.faults {
            assert_eq!(fault.document(), Some("sim/run"), "{what} {at}: {fault}");
            assert!(fault.location().is_some(), "{what} {at}: {fault}");
        }
        match storage.load::<Run>("sim/run") {
            Err(error) => assert_ne!(error.kind(), ErrorKind::UserCode, "{what} {at}: {error}"),
            Ok(run) => {
                assert_eq!((run.step, &run.mask), (5, &expected.mask), "{what} {at}");
                match run.field.compute() {
                    Ok(values) => assert!(values == field, "{what}: the bit at byte {at} made a wrong value"),
                    Err(error) => {
                        assert_eq!(error.path(), Some("field"), "{what} {at}: {error}");
                        assert!(error.array().is_some() && error.location().is_some(), "{what} {at}: {error}");
                    }
                }
            }
        }
    }
    // Cut anywhere, and lengthened.
    for len in (0..whole.len()).step_by(stride * 7) {
        bytes.write(&whole[..len]);
        assert!(!storage.verify("sim/run", VerifyDepth::Deep).unwrap().is_sound(), "{what} cut at {len}");
        assert!(!storage.verify("sim/run", VerifyDepth::Quick).unwrap().is_sound(), "{what} cut at {len}");
    }
    bytes.write(&[whole.as_slice(), &[0]].concat());
    assert!(!storage.verify("sim/run", VerifyDepth::Quick).unwrap().is_sound(), "{what} lengthened");
    bytes.write(&whole);
    let found = storage.verify("sim/run", VerifyDepth::Deep).unwrap();
    assert!(found.is_sound(), "{what}: {:?}", found.faults);
}

#[test]
fn every_bit_of_a_folder() {
    for codec in [Codec::NONE, Codec::gzip(5).unwrap(), Codec::zstd(3).unwrap()] {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).codec(codec).open().unwrap();
        storage.save("sim/run", &large_run_of(5)).unwrap();
        flip_all(&storage, folder.path().join("sim/run").as_path(), "the document", 1);
        for array in storage.info("sim/run").unwrap().arrays {
            let path = folder.path().join("sim/bigdata").join(&array.file);
            flip_all(&storage, path.as_path(), &format!("{codec:?} {}", array.paths[0]), times(5, 1));
        }
    }
}

#[test]
fn every_bit_of_an_object_store() {
    let kinds = [(ZarrVersion::V3, 0), (ZarrVersion::V2, 0), (ZarrVersion::V3, 700)];
    for (version, shard_bytes) in kinds {
        let client = Arc::new(InMemory::new());
        let builder = StorageBuilder::from_object_store(client.clone(), "root");
        let storage = builder.zarr_version(version).shard_bytes(shard_bytes).open().unwrap();
        storage.save("sim/run", &large_run_of(5)).unwrap();
        let keys: Vec<Key> = futures::executor::block_on(async {
            use futures::TryStreamExt;
            client.list(None).map_ok(|meta| meta.location).try_collect().await.unwrap()
        });
        for key in keys.into_iter().filter(|key| !key.as_ref().ends_with("dask_arrays/zarr.json")) {
            if key.as_ref().ends_with(".zgroup") {
                continue;
            }
            let what = format!("{version:?} {shard_bytes} {key}");
            flip_all(&storage, &Object(client.clone(), key), &what, times(3, 1));
        }
    }
}

#[test]
fn a_verification_reports_every_damaged_chunk_and_the_rest_stays_usable() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("a", &(large_run_of(1), large_run_of(2))).unwrap();
    storage.save("b", &large_run_of(3)).unwrap();
    let info = storage.info("a").unwrap();
    let field = info.arrays.iter().find(|array| array.paths == ["[0].field"]).unwrap();
    let lost = info.arrays.iter().find(|array| array.paths == ["[1].field"]).unwrap();
    let path = folder.path().join("bigdata").join(&field.file);
    let mut bytes = std::fs::read(&path).unwrap();
    // Chunks of 4 x 5 doubles: the values of chunk 2 begin with 1000 + 10, those of chunk 9 with 1000 + 4 * 20 * 2 + 5.
    for first in [1010.0_f64, 1165.0] {
        let at = bytes.windows(8).position(|window| window == first.to_le_bytes()).unwrap();
        bytes[at + 1] ^= 0x10;
    }
    std::fs::write(&path, bytes).unwrap();
    std::fs::remove_file(folder.path().join("bigdata").join(&lost.file)).unwrap();

    let found = storage.verify_all(VerifyDepth::Deep).unwrap();
    assert_eq!(found.iter().map(|object| object.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(found[1].is_sound());
    let faults = &found[0].faults;
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[0].to_string().contains("chunk 2") && faults[1].to_string().contains("chunk 9"), "{faults:?}");
    assert!(faults[..2].iter().all(|fault| fault.path() == Some("[0].field") && fault.is_corrupt()));
    assert_eq!((faults[2].path(), faults[2].is_gone()), (Some("[1].field"), true));
    let quick = storage.verify("a", VerifyDepth::Quick).unwrap();
    assert_eq!(quick.faults.len(), 1, "a look sees the missing file only: {:?}", quick.faults);

    let (first, _): (Run, Run) = storage.load("a").unwrap();
    let field: &ChunkedArray<f64> = &first.field;
    assert_eq!(field.chunk(&[0, 0]).unwrap()[[0, 0]], 1000.0);
    assert!(field.chunk(&[0, 2]).unwrap_err().is_corrupt());
}

#[test]
fn progress_is_reported_some_times_a_second_and_ends_complete() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let reports = |storage: &Storage, depth| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let reports = seen.clone();
        let task = Task::with_progress(move |at| reports.lock().unwrap().push(at.clone()));
        let begun = std::time::Instant::now();
        task.run(|| storage.verify_all(depth)).unwrap();
        assert_eq!(seen.lock().unwrap().last(), Some(&task.progress()));
        (begun.elapsed(), std::mem::take(&mut *seen.lock().unwrap()))
    };
    let (_, seen) = reports(&storage, VerifyDepth::Deep);
    assert_eq!(seen, [TaskProgress::default()], "of an empty storage, the end");
    for step in 0..30 {
        storage.save(&format!("run {step:02}"), &large_run_of(step)).unwrap();
    }
    for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
        let (took, seen) = reports(&storage, depth);
        // Of 30 values with 60 chunks each: the first at once, one in 200 ms, and the last.
        assert!(seen.len() as u128 <= 2 + took.as_millis() / 200, "{} reports in {took:?}", seen.len());
        assert!(seen.is_sorted_by_key(|at| (at.values_done, at.bytes_done)), "{seen:?}");
        assert!(seen.iter().all(|at| at.bytes_done <= at.bytes && at.values == 30));
        let last = seen.last().unwrap();
        assert_eq!((last.name.as_deref(), last.values_done), (Some("run 29"), 30));
        let bytes = if depth == VerifyDepth::Deep { 30 * 2 * 600 * 8 } else { 0 };
        assert_eq!((last.bytes_done, last.bytes), (bytes, bytes));
    }
    assert!(storage.verify("nothing", VerifyDepth::Deep).unwrap_err().is_not_found());
}
