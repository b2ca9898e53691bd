//! `Hdf5File`: datasets of h5py's files, by their paths.

use super::page::{Row, check};
use arraystow::{DataType, ErrorKind, Hdf5File, Limits, Storage};
use arraystow_tests::python_env;
use ndarray::s;
use serde::Deserialize;
use std::fs;
use std::path::Path;

const ROWS: &str = include_str!("hdf5.py");

#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) section: String,
    pub(super) label: String,
    pub(super) path: String,
    pub(super) bytes: Option<String>,
    pub(super) shape: Option<Vec<usize>>,
}

/// What an error says, without what is to be done about it.
pub(super) fn shortened(error: &arraystow::Error) -> String {
    let text = error.to_string();
    let end = [", which", "; ", " [array"].iter().find_map(|end| text.find(end));
    text[..end.unwrap()].to_owned()
}

fn make(folder: &Path, script: &str) -> Hdf5File {
    let script = format!("import sys, numpy as np, h5py\nfile = h5py.File(sys.argv[1], 'w')\n{script}");
    let path = folder.join("made.h5");
    python_env::run(python_env::HDF5, &script, &[path.to_str().unwrap()]);
    Hdf5File::open(path).unwrap()
}

#[test]
fn what_h5py_writes_is_read_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let rows = python_env::run(python_env::HDF5, ROWS, &[folder.path().to_str().unwrap()]);
    let rows: Vec<Made> = serde_json::from_str(&rows).unwrap();
    let file = Hdf5File::open(folder.path().join("rows.h5")).unwrap();
    let found = file.arrays("/").unwrap();
    assert!(found.is_complete);
    let mut page = Vec::new();
    for row in rows {
        let read = file.array(&row.path).and_then(|array| Ok((array.shape().to_vec(), array.to_bytes()?)));
        let refused = match read {
            Ok((shape, bytes)) => {
                assert_eq!(Some(shape), row.shape, "{}", row.label);
                assert!(fs::read(row.bytes.unwrap()).unwrap() == bytes, "{}", row.label);
                None
            }
            Err(error) => {
                let kinds = [ErrorKind::Unsupported, ErrorKind::Limit];
                assert!(kinds.contains(&error.kind()), "{}: {error:?}", row.label);
                assert_eq!(error.array(), Some(row.path.as_str()));
                assert!(error.location().unwrap().ends_with("rows.h5"));
                Some(shortened(&error))
            }
        };
        // The listing says the same of each, as far as it is seen without reading an index.
        if let Some(listed) = found.arrays.iter().find(|found| found.path == row.path) {
            let error = listed.form.as_ref().err().map(|error| error.to_string());
            assert_eq!(error.is_some(), refused.is_some(), "{}: {error:?}", row.label);
        }
        page.push(Row { section: row.section, label: row.label, refused });
    }
    check("HDF5", &page);
}

#[test]
fn what_was_never_written_is_the_fill_value_behind_a_user_block_too() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
import sys, numpy as np, h5py
with h5py.File(sys.argv[1], "w", userblock_size=1024) as file:
    file.create_dataset("never", (300,), "f8", fillvalue=2.5)
    file["written"] = np.arange(300.0)
"#;
    let path = folder.path().join("made.h5");
    python_env::run(python_env::HDF5, script, &[path.to_str().unwrap()]);
    let file = Hdf5File::open(path).unwrap();
    let sum = |path: &str| file.array(path).unwrap().downcast::<f64>().unwrap().sum().unwrap();
    assert_eq!((sum("never"), sum("written")), (750.0, 44_850.0));
}

#[test]
fn datasets_are_listed_with_their_forms() {
    let folder = tempfile::tempdir().unwrap();
    let file = make(
        folder.path(),
        r#"
file.create_dataset("b/grid", data=np.ones((30, 40), "f4"), chunks=(10, 40))
file["b/text"] = ["x"]
file.create_dataset("b/lists", (2,), h5py.vlen_dtype("i4"))
file["a"] = np.arange(3, dtype="u2")
file["b/again"] = file["b"]
file["b/link"] = h5py.SoftLink("/a")
file["c/same"] = file["a"]
file["elsewhere"] = h5py.ExternalLink("/etc/other.h5", "x")
layout = h5py.VirtualLayout((6,), "f8")
layout[:] = h5py.VirtualSource("other.h5", "data", (6,))
file.create_virtual_dataset("virtual", layout)
file["z"] = 1.0
"#,
    );
    let found = file.arrays("/").unwrap();
    let paths: Vec<&str> = found.arrays.iter().map(|found| found.path.as_str()).collect();
    assert_eq!(paths, ["/a", "/b/grid", "/b/lists", "/b/text", "/c/same", "/elsewhere", "/virtual", "/z"]);
    assert!(found.is_complete);
    let form = |path: &str| found.arrays.iter().find(|found| found.path == path).unwrap().form.clone();
    let grid = form("/b/grid").unwrap();
    assert_eq!(
        (grid.data_type.clone(), grid.shape(), grid.grid.chunk_shape()),
        (DataType::Float32, &[30, 40][..], Some(vec![10, 40]))
    );
    assert_eq!(form("/a").unwrap().data_type, DataType::UInt16);
    assert_eq!(form("/b/text").unwrap().data_type, DataType::String);
    for (path, what) in [
        ("/b/lists", "sequences of variable length"),
        ("/elsewhere", "out of this file"),
        ("/virtual", "view of other datasets"),
    ] {
        let error = form(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{path}: {error}");
        assert!(error.to_string().contains(what), "{path}: {error}");
    }
    // A part of it, and a dataset alone.
    let below = file.arrays("b").unwrap().arrays;
    assert_eq!(below.iter().map(|found| found.path.as_str()).collect::<Vec<_>>(), ["/b/grid", "/b/lists", "/b/text"]);
    assert_eq!(file.arrays("/b/grid").unwrap().arrays.len(), 1);
    assert_eq!(futures::executor::block_on(file.arrays_async("/")).unwrap().arrays.len(), 8);
}

#[test]
fn what_is_not_there_is_an_error_with_what_is_near() {
    let folder = tempfile::tempdir().unwrap();
    let file = make(folder.path(), "file['run 3/temperature'] = np.arange(3)\nfile['run 3/t\u{e9}'] = 1");
    let error = |path: &str, kind: ErrorKind| {
        let error = file.array(path).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        error.to_string()
    };
    let text = error("/run 3/temprature", ErrorKind::NotFound);
    assert!(text.contains("in the group \"/run 3\"; did you mean \"temperature\"?"), "{text}");
    assert!(error("/run", ErrorKind::NotFound).contains("did you mean \"run 3\""));
    assert!(error("/run 3", ErrorKind::InvalidInput).contains("a group"));
    assert!(error("", ErrorKind::InvalidInput).contains("a group"));
    assert!(error("run 3/temperature/x", ErrorKind::NotFound).contains("not a group"));
    error("a\0b", ErrorKind::InvalidName);
    error("..", ErrorKind::NotFound);
    for path in ["run 3//temperature", "/run 3/./temperature/", "run 3/té"] {
        file.array(path).unwrap();
    }
    assert!(Hdf5File::open(folder.path().join("nowhere")).unwrap_err().is_not_found());
    assert_eq!(Hdf5File::open(folder.path()).unwrap_err().kind(), ErrorKind::InvalidInput);
    fs::write(folder.path().join("text"), "no HDF5").unwrap();
    let text = Hdf5File::open(folder.path().join("text")).unwrap();
    assert!(text.array("x").unwrap_err().is_corrupt());
    assert!(text.arrays("/").unwrap_err().is_corrupt());
}

#[test]
fn only_the_chunks_that_are_touched_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        make(folder.path(), "file.create_dataset('x', (2**14, 2**14), 'f4', chunks=(64, 64), fillvalue=2)[70, 80] = 1");
    let array = file.array("x").unwrap().downcast::<f32>().unwrap();
    assert_eq!(array.slice(s![64..128, 64..128]).unwrap().sum().unwrap(), 2.0 * 64.0 * 64.0 - 1.0);
}

#[test]
fn an_array_of_another_program_is_saved_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = make(folder.path(), "file['x'] = np.arange(5000, dtype='i4')");
    let storage = Storage::open(folder.path().join("storage")).unwrap();
    storage.save("taken", &file.array("x").unwrap()).unwrap();
    fs::remove_file(file.location()).unwrap();
    let taken = storage.array("taken", "").unwrap().downcast::<i32>().unwrap();
    assert_eq!(taken.sum().unwrap(), 4999 * 2500);
    let lost = file.array("x").unwrap_err();
    assert!(lost.is_not_found(), "{lost}");
}

#[test]
fn the_file_of_an_array_of_our_own_is_checked_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let irregular = arraystow::ChunkGrid::irregular(&[vec![300, 500, 200]]).unwrap();
    let array = ndarray::Array1::<f64>::ones(1000);
    let array = arraystow::ChunkedArray::from_ndarray(array, irregular).unwrap();
    storage.save("x", &array).unwrap();
    let path = folder.path().join("bigdata").join(&storage.info("x").unwrap().arrays[0].file);
    let file = Hdf5File::open(&path).unwrap();
    let array = file.array("dask_arrays").unwrap();
    assert_eq!(array.grid().chunks(), [vec![300, 500, 200]]);
    let checksums = file.array("/arraystow/crc32c").unwrap();
    assert_eq!(checksums.data_type(), DataType::UInt32);
    // Its last byte is one of an element.
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(8).rposition(|window| window == 1.0_f64.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(array.compute().unwrap_err().is_corrupt());
}

#[test]
fn limits_hold() {
    let folder = tempfile::tempdir().unwrap();
    let file = make(folder.path(), "file.create_dataset('x', (100, 100), 'f8', chunks=(10, 10))");
    assert!(file.array("x").is_ok());
    let error = file.clone().with_limits(Limits::default().chunks(50)).array("x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let error = file.with_limits(Limits::default().chunk_bytes(100)).array("x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
}
