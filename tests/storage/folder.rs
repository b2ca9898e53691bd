//! Named objects in a folder: what a user sees of save, load, list, info and remove.

use arraystow::{ChunkedArray, Codec, ErrorKind, Format, Storage};
use arraystow_tests::files_by_array as files;
use ndarray::{Array1, Array2, s};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Serialize, Deserialize, Debug, Clone)]
pub(super) struct Run {
    name: String,
    step: u64,
    field: ChunkedArray<f64>,
    mask: Array2<bool>,
}

pub(super) fn run(step: u64) -> Run {
    let field = Array2::from_shape_fn((90, 80), |(i, j)| step as f64 + (i * 80 + j) as f64);
    Run {
        name: format!("run {step}"),
        step,
        field: ChunkedArray::from_ndarray(field, &[32, 32]).unwrap(),
        mask: Array2::from_shape_fn((90, 80), |(i, j)| (i + j) % 3 == 0),
    }
}

pub(super) fn storage() -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path().join("surveys")).codec(Codec::NONE).open().unwrap();
    (folder, storage)
}

pub(super) fn names(storage: &Storage, glob: &str) -> Vec<String> {
    storage.list(glob).unwrap().into_iter().map(|entry| entry.name).collect()
}

#[test]
fn an_object_comes_back_with_its_arrays() {
    for codec in [Codec::NONE, Codec::gzip(4).unwrap(), Codec::zstd(3).unwrap()] {
        for format in [Format::Cbor, Format::Json] {
            let folder = tempfile::tempdir().unwrap();
            let storage = Storage::builder(folder.path()).codec(codec).format(format).open().unwrap();
            let saved = run(7);
            storage.save("sim/run", &saved).unwrap();
            let loaded: Run = storage.load("sim/run").unwrap();
            assert_eq!((loaded.name.as_str(), loaded.step), ("run 7", 7));
            assert_eq!(loaded.field.compute().unwrap(), saved.field.compute().unwrap());
            assert_eq!(loaded.mask, saved.mask);
            assert_eq!(storage.info("sim/run").unwrap().format, format);
        }
    }
}

#[test]
fn the_document_holds_no_elements() {
    let (_folder, storage) = storage();
    storage.save("run", &run(1)).unwrap();
    let entry = storage.list("run").unwrap().remove(0);
    let info = storage.info("run").unwrap();
    assert!(entry.bytes < 2000, "the document has {} bytes", entry.bytes);
    assert!(info.array_bytes() > 90 * 80 * 9);
    assert_eq!(info.bytes, entry.bytes);
    let paths: Vec<_> = info.arrays.iter().map(|array| (array.paths[0].as_str(), array.plain)).collect();
    assert_eq!(paths, [("field", false), ("mask", true)]);
    assert_eq!(info.arrays[0].shape(), [90, 80]);
    assert_eq!(info.arrays[0].grid.chunk_shape().unwrap(), [32, 32]);
    assert_eq!(info.arrays[0].data_type.name(), "float64");
}

#[test]
fn opening_and_reading_make_nothing() {
    let (folder, storage) = storage();
    assert!(storage.load::<Run>("a/b").unwrap_err().is_not_found());
    assert!(!storage.contains("a/b").unwrap());
    assert!(storage.list("**").unwrap().is_empty());
    assert!(storage.info("a/b").unwrap_err().is_not_found());
    assert!(storage.remove("a/b").unwrap_err().is_not_found());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn replacing_and_removing_leave_nothing_behind() {
    let (_folder, storage) = storage();
    storage.save("sim/run", &run(1)).unwrap();
    assert_eq!(files(Path::new(storage.location())).len(), 3);
    storage.save("sim/run", &run(2)).unwrap();
    assert_eq!(files(Path::new(storage.location())).len(), 3);
    assert_eq!(storage.load::<Run>("sim/run").unwrap().step, 2);
    storage.remove("sim/run").unwrap();
    assert_eq!(
        std::fs::read_dir(Path::new(storage.location())).unwrap().count(),
        0,
        "{:?}",
        files(Path::new(storage.location()))
    );
    assert!(storage.load::<Run>("sim/run").unwrap_err().is_not_found());
}

#[test]
fn a_failed_save_leaves_the_old_object_and_nothing_else() {
    let (_folder, storage) = storage();
    storage.save("run", &run(1)).unwrap();
    let before = files(Path::new(storage.location()));
    let mut bad = run(2);
    bad.field = ChunkedArray::from_fn(&[90, 80], &[32, 32], |region| match region.start() {
        [64, 64] => Err("the detector is off"),
        _ => Ok(Array2::zeros((region.shape()[0], region.shape()[1]))),
    })
    .unwrap();
    let error = storage.save("run", &bad).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UserCode);
    assert_eq!((error.path(), error.document()), (Some("field"), Some("run")));
    assert!(error.to_string().contains("the detector is off"), "{error}");
    assert_eq!(files(Path::new(storage.location())), before);
    assert_eq!(storage.load::<Run>("run").unwrap().step, 1);

    let mut panicking = run(2);
    panicking.field = panicking.field.map(|x| if x > 5000.0 { panic!("too hot") } else { x });
    let error = storage.save("run", &panicking).unwrap_err();
    assert!(error.to_string().contains("too hot"), "{error}");
    assert_eq!(files(Path::new(storage.location())), before);
}

#[test]
fn an_unchanged_array_keeps_its_file() {
    let (_folder, storage) = storage();
    storage.save("run", &run(1)).unwrap();
    let file = |storage: &Storage| storage.info("run").unwrap().arrays[0].file.clone();
    let before = file(&storage);
    let mut loaded: Run = storage.load("run").unwrap();
    loaded.step = 2;
    storage.save("run", &loaded).unwrap();
    assert_eq!(file(&storage), before);
    assert_eq!(storage.load::<Run>("run").unwrap().field.compute().unwrap(), run(1).field.compute().unwrap());
    assert_eq!(files(Path::new(storage.location())).len(), 3);
}

#[test]
fn an_array_with_a_codec_of_its_own_is_written_anew() {
    let (_folder, storage) = storage();
    storage.save("run", &run(1)).unwrap();
    let mut loaded: Run = storage.load("run").unwrap();
    let plain = storage.info("run").unwrap().arrays[0].clone();
    loaded.field = loaded.field.with_codec(Codec::zstd(9).unwrap());
    storage.save("run", &loaded).unwrap();
    let packed = storage.info("run").unwrap().arrays[0].clone();
    assert!(packed.file != plain.file && packed.bytes < plain.bytes, "{packed:?}");
    assert_eq!(loaded.field.compute().unwrap(), run(1).field.compute().unwrap());
    assert_eq!(storage.load::<Run>("run").unwrap().field.sum().unwrap(), run(1).field.sum().unwrap());
    assert_eq!(Codec::gzip(99).unwrap_err().kind(), ErrorKind::InvalidInput);
    loaded.field = loaded.field.with_codec(Codec::BLOSC);
    if cfg!(feature = "hdf5") {
        let error = storage.save("run", &loaded).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("field")), "{error}");
    } else {
        storage.save("run", &loaded).unwrap();
    }
}

#[test]
fn an_array_of_another_document_is_linked_and_lives_on_its_own() {
    let (_folder, storage) = storage();
    storage.save("a/run", &run(1)).unwrap();
    let loaded: Run = storage.load("a/run").unwrap();
    storage.save("b/copy", &loaded).unwrap();
    let file = |name: &str, workflow: &str| {
        let (arrays, array) =
            (Path::new(storage.location()).join(workflow).join("bigdata"), &storage.info(name).unwrap().arrays[0].file);
        if cfg!(feature = "hdf5") { arrays.join(array) } else { arrays.join("dask_arrays").join(array).join("c/0/0") }
    };
    use std::os::unix::fs::MetadataExt;
    let inode = |path: &Path| std::fs::metadata(path).unwrap().ino();
    assert_eq!(inode(&file("a/run", "a")), inode(&file("b/copy", "b")), "linked, not copied");
    storage.remove("a/run").unwrap();
    let copy: Run = storage.load("b/copy").unwrap();
    assert_eq!(copy.field.compute().unwrap(), run(1).field.compute().unwrap());
    assert!(loaded.field.compute().unwrap_err().is_gone());
}

#[test]
fn an_expression_over_what_it_replaces_goes_on_without_a_reload() {
    let (_folder, storage) = storage();
    storage.save("run", &run(0)).unwrap();
    let mut current: Run = storage.load("run").unwrap();
    let first = current.field.clone();
    for _ in 0..5 {
        current.field = current.field + 1.0;
        current.step += 1;
        storage.save("run", &current).unwrap();
        assert_eq!(files(Path::new(storage.location())).len(), 3);
    }
    assert_eq!(current.field.compute().unwrap(), run(5).field.compute().unwrap());
    assert_eq!(storage.load::<Run>("run").unwrap().field.compute().unwrap(), run(5).field.compute().unwrap());
    assert!(first.compute().unwrap_err().is_gone(), "a handle on the replaced array gets an error");
}

#[test]
fn keeping_an_array_of_a_document_that_was_replaced_meanwhile_is_a_conflict() {
    let (_folder, storage) = storage();
    storage.save("run", &run(1)).unwrap();
    struct ReplacesInBetween<'a>(&'a Run, &'a Storage);
    impl Serialize for ReplacesInBetween<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.1.save("run", &run(2)).map_err(serde::ser::Error::custom)?;
            self.0.serialize(serializer)
        }
    }
    let loaded: Run = storage.load("run").unwrap();
    let error = storage.save("run", &ReplacesInBetween(&loaded, &storage)).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(storage.load::<Run>("run").unwrap().step, 2);
    assert_eq!(files(Path::new(storage.location())).len(), 3);
}

#[test]
fn what_two_arrays_share_is_computed_once() {
    let (_folder, storage) = storage();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let base = ChunkedArray::<f32>::from_fn(&[100, 100], &[10, 20], move |region| {
        counter.fetch_add(1, Ordering::SeqCst);
        ndarray::ArrayD::from_elem(region.shape(), region.start()[0] as f32)
    })
    .unwrap();
    let object = BTreeMap::from([
        ("base", base.clone()),
        ("double", &base * 2.0),
        ("square", &base * &base),
        ("rows", base.rechunk(&[1, 100]).unwrap()),
        ("part", base.slice(s![5..95, ..;3]).unwrap()),
    ]);
    storage.save("shared", &object).unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 50);
    let loaded: BTreeMap<String, ChunkedArray<f32>> = storage.load("shared").unwrap();
    for (name, array) in &object {
        assert_eq!(loaded[*name].compute().unwrap(), array.compute().unwrap(), "{name}");
    }
}

#[test]
fn the_same_array_twice_is_one_file_and_one_array_again() {
    let (_folder, storage) = storage();
    let array = ChunkedArray::from_ndarray(Array1::from_iter(0..1000_i64), &[100]).unwrap();
    storage.save("pair", &(array.clone(), vec![array])).unwrap();
    let info = storage.info("pair").unwrap();
    assert_eq!(info.arrays.len(), 1);
    assert_eq!(info.arrays[0].paths, ["[0]", "[1][0]"]);
    let (a, b): (ChunkedArray<i64>, Vec<ChunkedArray<i64>>) = storage.load("pair").unwrap();
    assert!(a.ptr_eq(&b[0]));
}

#[test]
fn thousands_of_arrays_need_few_descriptors() {
    let (folder, storage) = storage();
    let arrays: Vec<_> =
        (0..1500_i32).map(|i| ChunkedArray::from_ndarray(Array1::from_elem(4, i), &[4]).unwrap()).collect();
    storage.save("many", &arrays).unwrap();
    let loaded: Vec<ChunkedArray<i32>> = storage.load("many").unwrap();
    for (i, array) in loaded.iter().enumerate() {
        assert_eq!(array.max().unwrap(), i as i32);
    }
    // Other tests run beside this one: only what is open below its own folder counts.
    let folder = folder.path().canonicalize().unwrap();
    let open = std::fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.unwrap().path().read_link().ok());
    let open = open.filter(|path| path.starts_with(&folder)).count();
    assert!(open < 200, "{open} descriptors are open");
}

#[test]
fn saves_and_loads_side_by_side_give_whole_objects() {
    let (_folder, storage) = storage();
    storage.save("run", &run(0)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let storage = &storage;
            scope.spawn(move || {
                for round in 0..8 {
                    storage.save("run", &run(10 * thread + round)).unwrap();
                    // Its plain field needs its array; that of a document replaced meanwhile is found again.
                    let loaded: Run = storage.load("run").unwrap();
                    assert_eq!(loaded.name, format!("run {}", loaded.step));
                    match loaded.field.slice(s![0, 0]).unwrap().compute() {
                        Ok(first) => assert_eq!(first[[]], loaded.step as f64),
                        Err(error) => assert!(error.is_gone(), "{error}"),
                    }
                }
            });
        }
    });
    assert_eq!(files(Path::new(storage.location())).len(), 3, "{:?}", files(Path::new(storage.location())));
}
