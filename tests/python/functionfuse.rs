//! Documents of FunctionFuse, which Python's own pickle module writes and reads, and documents that it reads.

use arraystow::{ChunkedArray, DataType, ErrorKind, Format, Storage, VerifyDepth};
use arraystow_tests::python_env;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const FUNCTIONFUSE: &str = include_str!("functionfuse.py");

fn python(command: &str, folder: &Path) -> String {
    python_env::run(python_env::READERS, FUNCTIONFUSE, &[command, folder.to_str().unwrap()])
}

/// A folder with the documents that Python writes.
fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    python("write", folder.path());
    folder
}

fn pickling(folder: &Path) -> Storage {
    Storage::builder(folder).format(Format::Pickle).open().unwrap()
}

#[test]
fn what_python_wrote_comes_back_to_python() {
    let folder = written();
    let storage = pickling(folder.path());
    let entries = storage.list("flow/*").unwrap();
    assert_eq!(entries.len(), 48);
    for entry in entries {
        let value = storage.value(&entry.name).unwrap();
        storage.save(&entry.name.replace("flow/", "back/"), &value).unwrap();
    }
    assert_eq!(python("compare", folder.path()).trim(), "48");
}

#[derive(Debug, PartialEq, Deserialize)]
struct Plain {
    nothing: Option<u8>,
    bools: Vec<bool>,
    wide: (i128, i128, u128, u128, i128),
    larger: (String, String, String, String),
    bytes: Vec<Vec<u8>>,
    sets: Vec<std::collections::BTreeSet<Value3>>,
    complex: Vec<num_complex::Complex<f64>>,
    small: Small,
}

type Small = (
    Array2<i32>,
    ndarray::Array3<f32>,
    Array2<f64>,
    Array1<bool>,
    Array1<f64>,
    Array1<String>,
    ndarray::Array0<u16>,
    Array1<num_complex::Complex<f32>>,
);

/// An element of the sets.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
enum Value3 {
    Number(i32),
    Text(String),
    Pair(i32, i32),
}

#[test]
fn plain_values_have_their_rust_types() {
    let folder = written();
    let storage = Storage::open(folder.path()).unwrap();
    for protocol in 2..=5 {
        let plain: Plain = storage.load(&format!("flow/plain{protocol}")).unwrap();
        assert_eq!((plain.nothing, &*plain.bools), (None, &[true, false][..]));
        assert_eq!(plain.wide, (i128::MAX, i128::MIN, 1 << 64, u128::MAX, -(1 << 64)));
        assert_eq!(plain.larger.0, "340282366920938463463374607431768211456");
        assert_eq!(plain.bytes[1], [0, 255]);
        assert_eq!(plain.sets[4].first(), Some(&Value3::Pair(1, 2)));
        assert_eq!(plain.complex[0], num_complex::Complex::new(1.0, 2.0));
        assert_eq!(plain.small.0, ndarray::array![[0, 1, 2], [3, 4, 5]]);
        assert_eq!(plain.small.1[[1, 2, 3]], 23.0);
    }
}

#[derive(Serialize, Deserialize)]
struct Arrays {
    field: ChunkedArray<f64>,
    runs: Vec<Masked>,
}

#[derive(Serialize, Deserialize)]
struct Masked {
    mask: Option<ChunkedArray<bool>>,
}

#[test]
fn documents_of_functionfuse_are_known_to_the_storage() {
    let folder = written();
    let storage = Storage::open(folder.path()).unwrap();
    let name = "flow/arrays4";
    let arrays: Arrays = storage.load(name).unwrap();
    assert_eq!(arrays.field.sum().unwrap(), 4950.0);
    assert_eq!(arrays.runs[0].mask.as_ref().unwrap().shape(), [7]);

    let info = storage.info(name).unwrap();
    let paths: Vec<_> = info.arrays.iter().map(|array| (array.paths[0].as_str(), array.data_type.clone())).collect();
    let expected = [("field", DataType::Float64), ("runs[0].mask", DataType::Bool), ("3", DataType::Complex64)];
    assert_eq!((info.format, &*paths), (Format::Pickle, &expected[..]));
    assert_eq!(storage.array(name, "runs[0].mask").unwrap().shape(), [7]);

    let verified = storage.verify(name, VerifyDepth::Deep).unwrap();
    assert!(verified.is_sound(), "{:?}", verified.faults);
    assert_eq!((verified.arrays, verified.unchecked), (3, 3));

    let elsewhere = tempfile::tempdir().unwrap();
    let other = Storage::open(elsewhere.path()).unwrap();
    storage.copy(name, &other).unwrap();
    let copied = other.verify(name, VerifyDepth::Deep).unwrap();
    assert!(copied.is_sound(), "{:?}", copied.faults);
    assert_eq!((copied.arrays, copied.unchecked), (3, 0));
    assert_eq!(other.load::<Arrays>(name).unwrap().field.sum().unwrap(), 4950.0);

    // Saved again, in any format, the old arrays go and the new ones have checksums.
    storage.save(name, &arrays).unwrap();
    let verified = storage.verify(name, VerifyDepth::Deep).unwrap();
    assert!(verified.is_sound(), "{:?}", verified.faults);
    assert_eq!((verified.arrays, verified.unchecked), (2, 0));
    drop(arrays);

    let sweep = storage.sweep().unwrap();
    assert!(sweep.skipped().is_empty(), "{:?}", sweep.skipped());
    assert_eq!(sweep.leftovers().count(), 0);
    assert_eq!(storage.remove_workflow("flow").unwrap().len(), 48);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["classes"]);
}

#[test]
fn classes_are_refused_by_name_and_their_arrays_are_known() {
    let folder = written();
    let storage = Storage::open(folder.path()).unwrap();
    let error = storage.value("classes/object").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serde);
    assert!(error.to_string().contains("__main__.Run at \"run\""), "{error}");
    // A type that does not ask for the object loads the rest.
    let steps: BTreeMap<String, serde::de::IgnoredAny> = storage.load("classes/object").unwrap();
    assert!(steps.contains_key("steps"));
    assert_eq!(storage.info("classes/object").unwrap().arrays[0].paths, ["run.field"]);
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
    storage.remove("classes/object").unwrap();
    assert!(!folder.path().join("classes").exists());
}

#[test]
fn an_array_that_is_missing_fails_where_it_is_used() {
    let folder = written();
    let storage = Storage::open(folder.path()).unwrap();
    let file = storage.info("flow/arrays5").unwrap().arrays[0].file.clone();
    std::fs::remove_file(folder.path().join("flow/bigdata").join(file)).unwrap();
    #[derive(Deserialize)]
    struct Runs {
        runs: Vec<Masked>,
    }
    let runs: Runs = storage.load("flow/arrays5").unwrap();
    assert!(runs.runs[0].mask.as_ref().unwrap().compute().unwrap()[0]);
    let error = storage.load::<Arrays>("flow/arrays5").err().unwrap();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Gone, Some("field")));
    let verified = storage.verify("flow/arrays5", VerifyDepth::Quick).unwrap();
    assert_eq!(verified.faults.len(), 1);
}

#[derive(Serialize)]
struct Saved {
    name: &'static str,
    numbers: (i8, u64, i128, f32, Option<u8>),
    unit: (),
    kinds: Vec<Kind>,
    keys: BTreeMap<(i32, bool), char>,
    field: ChunkedArray<f32>,
    plain: Array2<i64>,
}

#[derive(Serialize)]
enum Kind {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Long(u8, u8, u8, u8),
    Struct { empty: Vec<u8> },
    Nothing {},
}

#[test]
fn functionfuse_loads_what_rust_saved() {
    let folder = tempfile::tempdir().unwrap();
    let storage = pickling(folder.path());
    let field = Array2::from_elem((10, 10), 0.5_f32);
    let value = Saved {
        name: "height",
        numbers: (-1, u64::MAX, i128::MIN, 0.5, None),
        unit: (),
        kinds: vec![
            Kind::Unit,
            Kind::Newtype(1),
            Kind::Tuple(1, 2),
            Kind::Long(1, 2, 3, 4),
            Kind::Struct { empty: vec![] },
            Kind::Nothing {},
        ],
        keys: BTreeMap::from([((1, true), 'x')]),
        field: ChunkedArray::from_ndarray(field, &[4, 5]).unwrap(),
        plain: Array2::from_elem((40, 40), 2),
    };
    storage.save("rust/value", &value).unwrap();
    let printed = python("read", folder.path());
    let expected = format!(
        "{{'name': 'height', 'numbers': (-1, {}, {}, 0.5, None), 'unit': None, 'kinds': ['Unit', {{'Newtype': 1}}, \
         {{'Tuple': (1, 2)}}, {{'Long': (1, 2, 3, 4)}}, {{'Struct': {{'empty': []}}}}, {{'Nothing': {{}}}}], 'keys': {{(1, True): \
         'x'}}, 'sums': [50.0, 3200.0, 'float32', 'int64']}}",
        u64::MAX,
        i128::MIN
    );
    assert_eq!(printed.trim(), expected);
}
