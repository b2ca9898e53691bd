//! What a save would do, and that nothing is done.

use arraystow::{ArrayAction, ArrayFormat, ArrayPreview, ChunkedArray, Codec, ErrorKind, SavePreview, Storage};
use arraystow::{StorageBuilder, ZarrVersion};
use arraystow_tests::files;
use half::bf16;
use ndarray::{Array1, Array2};
use std::path::Path;

fn ramp() -> ChunkedArray<f32> {
    let elements = Array2::from_shape_fn((30, 20), |(i, j)| (i * 20 + j) as f32);
    ChunkedArray::from_ndarray(elements, &[10, 20]).unwrap()
}

type Pair = (ChunkedArray<f32>, Array1<f64>);

fn builders(root: &Path) -> Vec<StorageBuilder> {
    let zarr = |name: &str| Storage::builder(root.join(name)).array_format(ArrayFormat::Zarr);
    vec![
        Storage::builder(root.join("hdf5")),
        zarr("v3"),
        zarr("v2").zarr_version(ZarrVersion::V2),
        zarr("shards").shard_bytes(2000),
    ]
}

fn actions(plan: &SavePreview) -> Vec<ArrayAction> {
    plan.arrays.iter().map(|array| array.action).collect()
}

#[test]
fn a_plan_says_what_the_save_does_and_writes_nothing() {
    let root = tempfile::tempdir().unwrap();
    for builder in builders(root.path()) {
        let storage = builder.open().unwrap();
        let value = (ramp(), Array1::<f64>::zeros(1000));
        let plan = storage.plan("group/x", &value).unwrap();
        assert!(!storage.exists().unwrap(), "something was written");
        assert_eq!(actions(&plan), [ArrayAction::Write; 2]);
        assert_eq!((plan.bytes(), plan.refusals().count()), (2400 + 8000, 0));
        assert_eq!(plan.arrays[0].paths, ["[0]"]);
        let report = storage.save("group/x", &value).unwrap();
        assert_eq!(report.arrays_written, 2);
        let info = storage.info("group/x").unwrap();
        for (planned, stored) in plan.arrays.iter().zip(&info.arrays) {
            let found = files(root.path()).iter().filter(|file| file.contains(&stored.file)).count();
            assert_eq!(planned.files, found as u64, "{storage:?}");
            assert_eq!((&planned.data_type, &planned.grid), (&stored.data_type, &stored.grid));
        }
        assert_eq!(plan.chunks(), 3 + plan.arrays[1].chunks);
    }
}

#[test]
fn what_is_stored_is_kept_or_taken_over() {
    let root = tempfile::tempdir().unwrap();
    let storage = Storage::open(root.path()).unwrap();
    storage.save("x", &(ramp(), Array1::<f64>::zeros(1000))).unwrap();
    let before = files(root.path());
    let (ramp, plain): Pair = storage.load("x").unwrap();
    let plan = storage.plan("x", &(&ramp, &plain)).unwrap();
    assert_eq!(actions(&plan), [ArrayAction::Keep, ArrayAction::Write]);
    assert_eq!((plan.bytes(), plan.files()), (8000, 1));
    let plan = storage.plan("y", &(&ramp, &(&ramp + 1.0))).unwrap();
    assert_eq!(actions(&plan), [ArrayAction::Take, ArrayAction::Write]);
    assert!(plan.to_string().ends_with("arrays: 1 to write (2400 bytes, 3 chunks, 1 file), 1 to take over"), "{plan}");
    assert_eq!(files(root.path()), before);
    // One that was replaced meanwhile.
    storage.save("x", &1).unwrap();
    assert_eq!(storage.plan("x", &(&ramp, &plain)).unwrap_err().kind(), ErrorKind::Conflict);
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<SavePreview>(&text).unwrap().to_string(), plan.to_string());
}

#[test]
fn every_refusal_is_listed_with_its_place() {
    let root = tempfile::tempdir().unwrap();
    let builder = Storage::builder(root.path()).array_format(ArrayFormat::Zarr).zarr_version(ZarrVersion::V2);
    let storage = builder.open().unwrap();
    let brain = ChunkedArray::from_ndarray(Array1::from_elem(4, bf16::ONE), &[2]).unwrap();
    let pending = ChunkedArray::<f32>::pending(&[4], &[2]).unwrap();
    let value = vec![(Some(&brain), None), (None, Some(&pending))];
    let plan = storage.plan("x", &(&value, ramp())).unwrap();
    let refused: Vec<_> = plan.refusals().map(|error| (error.kind(), error.path().unwrap().to_owned())).collect();
    assert_eq!(
        refused,
        [(ErrorKind::Unsupported, "[0][0][0]".to_owned()), (ErrorKind::InvalidInput, "[0][1][1]".to_owned())]
    );
    let sound: Vec<&ArrayPreview> = plan.arrays.iter().filter(|array| array.refusal.is_none()).collect();
    assert_eq!((sound.len(), sound[0].files), (1, 6));
    assert!(plan.to_string().ends_with("; 2 refused"), "{plan}");
    // The save fails as well.
    assert!(storage.save("x", &(&value, ramp())).is_err());
    assert!(storage.plan("a//b", &1).unwrap_err().kind() == ErrorKind::InvalidName);
    let hdf5 = Storage::open(root.path().join("hdf5")).unwrap();
    let plan = hdf5.plan("x", &ramp().with_codec(Codec::BLOSC)).unwrap();
    assert!(plan.arrays[0].refusal.as_ref().unwrap().to_string().contains("HDF5"), "{plan:?}");
}
