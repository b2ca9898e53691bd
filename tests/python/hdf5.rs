//! h5py opens what is saved, and what h5py writes is opened.

use arraystow::{ChunkedArray, Codec, Element, LocalFiles, Protocols, Storage};
use arraystow_tests::python_env;
use arraystow_tests::samples::{assert_same, every_type, sample};
use ndarray::{Array2, s};
use std::collections::BTreeMap;
use std::path::Path;

/// The elements of [`samples`], and what opens HDF5.
const IN_PYTHON: &str = concat!("import sys, numpy as np, h5py\n", include_str!("../src/samples.py"));

fn array_file(storage: &Storage, name: &str, path: &str) -> String {
    let info = storage.info(name).unwrap();
    let array = info.arrays.iter().find(|array| array.paths[0] == path).unwrap();
    let workflow = Path::new(name).parent().unwrap();
    Path::new(storage.location()).join(workflow).join("bigdata").join(&array.file).display().to_string()
}

#[test]
fn h5py_reads_every_type_and_codec() {
    for codec in [Codec::NONE, Codec::gzip(4).unwrap(), Codec::zstd(3).unwrap()] {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).codec(codec).open().unwrap();
        let mut files = Vec::new();
        every_type!(T => {
            let array = ChunkedArray::from_ndarray(sample::<T>(&[37, 21]), &[10, 8]).unwrap();
            let name = format!("types/{}", T::DATA_TYPE);
            storage.save(&name, &array).unwrap();
            files.push(format!("{}={}", T::DATA_TYPE, array_file(&storage, &name, "")));
        });
        let script = format!(
            r#"{IN_PYTHON}
import hdf5plugin
for argument in sys.argv[1:]:
    dtype, path = argument.split("=", 1)
    with h5py.File(path, "r") as file:
        dataset = file["dask_arrays"]
        assert dataset.dtype == dtype, (dataset.dtype, dtype)
        assert dataset.chunks is not None
        same(dataset[...], expected(dtype, (37, 21)), dtype)
        same(dataset[5:30:2, 3], expected(dtype, (37, 21))[5:30:2, 3], dtype)
print("read", len(sys.argv) - 1)
"#
        );
        let arguments: Vec<&str> = files.iter().map(String::as_str).collect();
        assert_eq!(python_env::run(python_env::HDF5, &script, &arguments), "read 14\n");
    }
}

#[test]
fn h5py_reads_scalars_empty_and_irregular_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let irregular = arraystow::ChunkGrid::irregular(&[vec![3, 5, 2]]).unwrap();
    let arrays: BTreeMap<&str, ChunkedArray<i64>> = [
        ("empty", ChunkedArray::from_ndarray(sample::<i64>(&[0, 4]), &[2, 2]).unwrap()),
        ("irregular", ChunkedArray::from_ndarray(sample::<i64>(&[10]), irregular).unwrap()),
        ("scalar", ChunkedArray::from_ndarray(sample::<i64>(&[]), &[]).unwrap()),
    ]
    .into();
    storage.save("odd", &arrays).unwrap();
    let files: Vec<String> = arrays.keys().map(|path| array_file(&storage, "odd", path)).collect();
    let script = format!(
        r#"{IN_PYTHON}
for path, shape in zip(sys.argv[1:], [(0, 4), (10,), ()]):
    with h5py.File(path, "r") as file:
        dataset = file["dask_arrays"]
        same(dataset[...], expected("int64", shape), shape)
print("fine")
"#
    );
    let arguments: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(python_env::run(python_env::HDF5, &script, &arguments), "fine\n");
}

/// A document as the seed writes its ids, around files that h5py wrote under the names of their ids.
pub(crate) fn open_h5py<T: Element>(folder: &Path, file: &str) -> arraystow::Result<ChunkedArray<T>> {
    let protocols = Protocols::new().with_file(LocalFiles::new(folder).unwrap());
    arraystow::deserialize(serde_json::json!(["HDFSerializer", ["0.0.0", file]]), &protocols)
}

#[test]
fn what_h5py_writes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        r#"{IN_PYTHON}
folder = sys.argv[1]
kinds = {{
    "contiguous": dict(),
    "chunked": dict(chunks=(10, 8)),
    "gzip": dict(chunks=(10, 8), compression="gzip"),
    "shuffle": dict(chunks=(10, 8), compression="gzip", shuffle=True),
    "fletcher32": dict(chunks=(10, 8), fletcher32=True),
    "all": dict(chunks=(10, 8), compression="gzip", compression_opts=9, shuffle=True, fletcher32=True),
    "lzf": dict(chunks=(10, 8), compression="lzf"),
    "resizable": dict(chunks=(10, 8), maxshape=(None, None)),
}}
for kind, options in kinds.items():
    for dtype in TYPES:
        for libver in ["earliest", "latest"]:
            with h5py.File(f"{{folder}}/{{kind}}-{{dtype}}-{{libver}}", "w", libver=libver) as file:
                file.create_dataset("dask_arrays", data=expected(dtype, (37, 21)), **options)
with h5py.File(f"{{folder}}/big-endian", "w") as file:
    file.create_dataset("dask_arrays", data=expected("float64", (37, 21)).astype(">f8"), chunks=(10, 8))
with h5py.File(f"{{folder}}/scalar", "w") as file:
    file["dask_arrays"] = 4.5
with h5py.File(f"{{folder}}/sparse", "w") as file:
    dataset = file.create_dataset("dask_arrays", (100, 100), "f4", chunks=(10, 10), fillvalue=7)
    dataset[55, 55] = 1
"#
    );
    python_env::run(python_env::HDF5, &script, &[folder.path().to_str().unwrap()]);
    for kind in ["contiguous", "chunked", "gzip", "shuffle", "fletcher32", "all", "lzf", "resizable"] {
        for libver in ["earliest", "latest"] {
            every_type!(T => {
                let file = format!("{kind}-{}-{libver}", T::DATA_TYPE);
                let array = open_h5py::<T>(folder.path(), &file).unwrap_or_else(|e| panic!("{file}: {e}"));
                let expected = sample::<T>(&[37, 21]);
                assert_same(&array.compute().unwrap_or_else(|e| panic!("{file}: {e}")), &expected, &file);
                let part = array.slice(s![5..30;2, 3]).unwrap().compute().unwrap();
                assert_same(&part, &expected.slice(s![5..30;2, 3]), &file);
                if kind != "contiguous" {
                    assert_eq!(array.grid().chunk_shape().unwrap(), [10, 8], "{file}");
                }
            });
        }
    }
    let big = open_h5py::<f64>(folder.path(), "big-endian").unwrap();
    assert_same(&big.compute().unwrap(), &sample::<f64>(&[37, 21]), "big-endian");
    assert_eq!(open_h5py::<f64>(folder.path(), "scalar").unwrap().compute().unwrap()[[]], 4.5);
    let mut sparse = Array2::from_elem((100, 100), 7.0_f32);
    sparse.slice_mut(s![50..60, 50..60]).fill(7.0);
    sparse[[55, 55]] = 1.0;
    assert_same(&open_h5py::<f32>(folder.path(), "sparse").unwrap().compute().unwrap(), &sparse, "sparse");
}

#[test]
fn what_is_no_array_of_ours_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        r#"{IN_PYTHON}
folder = sys.argv[1]
def new(name): return h5py.File(f"{{folder}}/{{name}}", "w")
with new("other-name") as file: file["data"] = np.arange(3)
with new("group") as file: file.create_group("dask_arrays")
with new("text") as file: file["dask_arrays"] = ["a", "b"]
with new("structured") as file: file["dask_arrays"] = np.zeros(3, [("a", "i4"), ("b", "f4")])
with new("external-link") as file: file["dask_arrays"] = h5py.ExternalLink("other-name", "data")
with new("external-storage") as file:
    file.create_dataset("dask_arrays", (16,), "u1", external=[("/etc/hostname", 0, 16)])
with new("virtual") as file:
    layout = h5py.VirtualLayout((3,), "i8")
    layout[:] = h5py.VirtualSource(f"{{folder}}/other-name", "data", (3,))
    file.create_virtual_dataset("dask_arrays", layout)
with new("huge") as file: file.create_dataset("dask_arrays", (2**30, 2**29), "f8", chunks=(64, 64))
with new("huge-chunk") as file: file.create_dataset("dask_arrays", (2**20, 2**20), "f8", chunks=(2**8, 2**20), compression="gzip")
open(f"{{folder}}/not-hdf5", "w").write("hello")
open(f"{{folder}}/empty-file", "w").close()
"#
    );
    python_env::run(python_env::HDF5, &script, &[folder.path().to_str().unwrap()]);
    let refused = ["other-name", "group", "external-link", "external-storage", "virtual", "not-hdf5", "empty-file"];
    for file in refused {
        let result = open_h5py::<i64>(folder.path(), file).and_then(|array| array.compute());
        let error = result.unwrap_err();
        assert_eq!(error.array(), Some(file), "{error}");
        assert!(error.location().is_some_and(|location| location.contains(file)), "{file}: {error}");
    }
    // Elements of another type are an array, which only its own type reads.
    for file in ["structured", "text"] {
        let error = open_h5py::<i64>(folder.path(), file).unwrap_err();
        assert_eq!((error.kind(), error.array()), (arraystow::ErrorKind::TypeMismatch, Some(file)), "{error}");
    }
    let texts = open_h5py::<String>(folder.path(), "text").unwrap().compute().unwrap();
    assert_eq!(texts.into_raw_vec_and_offset().0, ["a", "b"]);
    for file in ["huge", "huge-chunk"] {
        let error = open_h5py::<f64>(folder.path(), file).and_then(|array| array.compute()).unwrap_err();
        assert_eq!(error.kind(), arraystow::ErrorKind::Limit, "{file}: {error}");
    }
}
