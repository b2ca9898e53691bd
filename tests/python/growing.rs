//! Arrays that grew and changed, with chunks that were taken over, as h5py and zarr-python read them.

use arraystow::{ArrayFormat, ChunkedArray, Codec, Element, Storage, StorageBuilder, VerifyDepth, ZarrVersion};
use arraystow_tests::python_env;
use ndarray::{Array3, s};
use num_complex::Complex;

/// What `grown` makes, in numpy.
const EXPECTED: &str = r#"
import sys, json, numpy as np
def elements(shape, first):
    return first + np.arange(np.prod(shape), dtype="i8").reshape(shape)
def of_type(numbers, dtype):
    if dtype == "bool":
        return numbers % 3 == 0
    if dtype == "complex64":
        return (numbers + 1j * (numbers % 7)).astype(dtype)
    return numbers.astype(dtype)
numbers = np.concatenate([elements((5, 12, 20), 0), elements((2, 12, 20), 50000), elements((1, 12, 20), 60000)])
numbers[3:5, 4:9, 10] = elements((2, 5), 70000)
folder, names = sys.argv[1], json.loads(sys.argv[2])
def check(path, array):
    want = of_type(numbers, path)
    assert array.dtype == want.dtype and array.shape == want.shape, (path, array.dtype, array.shape)
    assert array[...].tobytes() == want.tobytes(), path
"#;

fn numbers(shape: [usize; 3], first: i64) -> Array3<i64> {
    let mut number = first - 1;
    Array3::from_shape_simple_fn(shape, || {
        number += 1;
        number
    })
}

/// Saves an array, and three times a later version of it, of which most chunks are taken over.
fn grown<T: Element>(storage: &Storage, in_shards: bool, of: fn(i64) -> T) {
    let name = &*T::DATA_TYPE.to_string();
    let array = |shape, first| ChunkedArray::from_ndarray(numbers(shape, first).mapv(of), &[1, 5, 10]).unwrap();
    let load = || storage.load::<ChunkedArray<T>>(name).unwrap();
    let carried = |array: &ChunkedArray<T>, least: usize| {
        let report = storage.save(name, array).unwrap();
        assert!(report.chunks_carried >= least || in_shards, "{name}: {report}");
    };
    storage.save(name, &array([5, 12, 20], 0).with_dims(["time", "y", "x"]).unwrap()).unwrap();
    carried(&load().appended(0, &array([2, 12, 20], 50_000)).unwrap(), 30);
    let block = ChunkedArray::from(numbers([2, 5, 1], 70_000).mapv(of));
    carried(&load().updated(s![3..5, 4..9, 10..11], &block).unwrap(), 36);
    carried(&load().appended(0, &array([1, 12, 20], 60_000)).unwrap().with_attr("units", "K").unwrap(), 42);
    assert!(storage.verify(name, VerifyDepth::Deep).unwrap().is_sound());
}

fn grown_of_each_type(builder: StorageBuilder, in_shards: bool) -> String {
    let storage = builder.open().unwrap();
    grown::<i16>(&storage, in_shards, |number| number as i16);
    grown::<f32>(&storage, in_shards, |number| number as f32);
    grown::<f64>(&storage, in_shards, |number| number as f64);
    grown::<bool>(&storage, in_shards, |number| number % 3 == 0);
    grown::<Complex<f32>>(&storage, in_shards, |number| Complex::new(number as f32, (number % 7) as f32));
    let files = ["int16", "float32", "float64", "bool", "complex64"].map(|name| {
        let info = storage.info(name).unwrap();
        (name, info.arrays[0].file.clone())
    });
    serde_json::to_string(&std::collections::BTreeMap::from(files)).unwrap()
}

#[test]
fn grown_hdf5_files_are_read_by_h5py() {
    for codec in [Codec::NONE, Codec::gzip(4).unwrap(), Codec::zstd(3).unwrap()] {
        let folder = tempfile::tempdir().unwrap();
        let names = grown_of_each_type(Storage::builder(folder.path()).codec(codec), false);
        let script = format!(
            r#"{EXPECTED}
import h5py, hdf5plugin
for path, name in names.items():
    with h5py.File(f"{{folder}}/bigdata/{{name}}") as file:
        check(path, file["dask_arrays"])
        assert file["dask_arrays"].attrs["units"].decode() == "K"
        assert [dim[0].name for dim in file["dask_arrays"].dims] == ["/time", "/y", "/x"]
print("equal")
"#
        );
        let printed = python_env::run(python_env::READERS, &script, &[folder.path().to_str().unwrap(), &names]);
        assert!(printed.contains("equal"), "{codec}");
    }
}

#[test]
fn grown_zarr_arrays_are_read_by_zarr_python() {
    let codecs = [Codec::NONE, Codec::BLOSC, Codec::gzip(4).unwrap(), Codec::zstd(3).unwrap()];
    // Of shards a part that is not stored is the fill value.
    let shards = [(ZarrVersion::V3, Codec::BLOSC, 12 * 20 * 8)];
    let whole = [ZarrVersion::V2, ZarrVersion::V3].into_iter().flat_map(|v| codecs.map(|codec| (v, codec, 0)));
    for (version, codec, shard_bytes) in whole.chain(shards) {
        let folder = tempfile::tempdir().unwrap();
        let builder = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).codec(codec);
        let builder = builder.zarr_version(version);
        let builder = if shard_bytes > 0 { builder.shard_bytes(shard_bytes) } else { builder };
        let names = grown_of_each_type(builder, shard_bytes > 0);
        let script = format!(
            r#"{EXPECTED}
import zarr
group = zarr.open_group(f"{{folder}}/bigdata/dask_arrays", mode="r")
for path, name in names.items():
    check(path, group[name])
    assert group[name].attrs["units"] == "K"
print("equal")
"#
        );
        let printed = python_env::run(python_env::READERS, &script, &[folder.path().to_str().unwrap(), &names]);
        assert!(printed.contains("equal"), "{version} {codec} {shard_bytes}");
    }
}
