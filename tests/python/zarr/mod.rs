//! zarr-python, xarray and dask open what is saved on an S3 server, and what zarr-python writes there is opened.

mod earlier;
mod folders;
mod readers;
mod strangers;

use arraystow::{ChunkGrid, ChunkedArray, Codec, Element, Protocols, S3Protocol, Storage, ZarrVersion};
use arraystow_s3_server::{KEY, SECRET, Server};
use arraystow_tests::python_env;
use arraystow_tests::samples::{assert_same, every_type, sample};
use ndarray::{Array1, Array2, arr0, s};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Opens the server with s3fs.
const PRELUDE: &str = concat!(
    r#"
import sys, json, numpy as np, zarr, s3fs
from zarr.storage import FsspecStore
endpoint, key, secret = sys.argv[1:4]
fs = s3fs.S3FileSystem(key=key, secret=secret, client_kwargs={"endpoint_url": endpoint, "region_name": "us-east-1"},
                       asynchronous=True)
def store(path): return FsspecStore(fs, path="bucket/" + path)
"#,
    include_str!("../../src/samples.py")
);

fn python(server: &Server, script: &str) -> String {
    python_env::run(python_env::ZARR, &format!("{PRELUDE}{script}"), &[&server.endpoint, KEY, SECRET])
}

fn storage(server: &Server, folder: &str, version: ZarrVersion, codec: Option<Codec>) -> Storage {
    let builder = server.builder(folder).zarr_version(version);
    codec.map_or(builder.clone(), |codec| builder.codec(codec)).open().unwrap()
}

#[test]
fn zarr_python_reads_every_type_codec_and_version() {
    let server = Server::start();
    let codecs = [
        ("default", None),
        ("none", Some(Codec::NONE)),
        ("gzip", Some(Codec::gzip(4).unwrap())),
        ("zstd", Some(Codec::zstd(3).unwrap())),
        ("pcodec", Some(Codec::pcodec(8).unwrap())),
        ("sharded", None),
    ];
    let mut listed = Vec::new();
    for (version, number) in [(ZarrVersion::V3, 3), (ZarrVersion::V2, 2)] {
        for (name, codec) in codecs.into_iter().filter(|(name, _)| number == 3 || !["pcodec", "sharded"].contains(name))
        {
            let workflow = format!("v{number}-{name}");
            let storage = match name {
                "sharded" => server.builder("root").zarr_version(version).shard_bytes(2000).open().unwrap(),
                _ => storage(&server, "root", version, codec),
            };
            every_type!(T => {
                let task = format!("{workflow}/{}", T::DATA_TYPE);
                let array = ChunkedArray::from_ndarray(sample::<T>(&[37, 21]), &[10, 8]).unwrap();
                storage.save(&task, &array).unwrap();
                listed.push((workflow.clone(), storage.info(&task).unwrap().arrays[0].file.clone(), T::DATA_TYPE.name()));
            });
        }
    }
    let list = serde_json::to_string(&listed).unwrap();
    let script = format!(
        r#"
for workflow, file, dtype in json.loads('{list}'):
    group = zarr.open_group(store(f"root/{{workflow}}/bigdata/dask_arrays"), mode="r")
    array = group[file]
    assert array.chunks == (10, 8), array.chunks
    same(array[...], expected(dtype, (37, 21)), f"{{workflow}} {{dtype}}")
print("all read")
"#
    );
    assert!(python(&server, &script).contains("all read"));
}

#[derive(Serialize, Deserialize)]
struct Odd {
    scalar: ChunkedArray<f64>,
    empty: ChunkedArray<i32>,
    irregular: ChunkedArray<i64>,
}

#[test]
fn zarr_python_reads_scalars_empty_and_irregular_arrays() {
    let server = Server::start();
    let storage = storage(&server, "", ZarrVersion::V3, None);
    let grid = ChunkGrid::irregular(&[vec![3, 5, 2], vec![4, 4]]).unwrap();
    let odd = Odd {
        scalar: ChunkedArray::from_ndarray(arr0(4.5), &[]).unwrap(),
        empty: ChunkedArray::from_ndarray(Array2::zeros((0, 3)), &[1, 3]).unwrap(),
        irregular: ChunkedArray::from_ndarray(sample::<i64>(&[10, 8]), grid).unwrap(),
    };
    storage.save("odd", &odd).unwrap();
    let files: Vec<String> = storage.info("odd").unwrap().arrays.into_iter().map(|array| array.file).collect();
    let script = format!(
        r#"
scalar, empty, irregular = (zarr.open_array(store("bigdata/dask_arrays/" + file), mode="r") for file in {files:?})
same(scalar[...], np.array(4.5), "scalar")
same(empty[...], np.zeros((0, 3), "i4"), "empty")
same(irregular[...], expected("int64", (10, 8)), "irregular")
"#
    );
    python(&server, &script);
}

/// The arrays of one workflow in many shapes, for xarray to open as one data set; `[file, data type, shape]` of each.
fn save_group(storage: &Storage) -> String {
    let mut arrays = Vec::new();
    let mut add = |name: String| {
        for array in storage.info(&name).unwrap().arrays {
            arrays.push((array.file.clone(), array.data_type.name(), array.shape().to_vec()));
        }
    };
    let shapes = [vec![], vec![31], vec![0], vec![7, 0], vec![7, 12], vec![5, 5], vec![2, 3, 4]];
    let mut in_turn = shapes.iter().cycle();
    every_type!(T => {
        // All shapes of one type, and for the others one in turn.
        let these = if T::DATA_TYPE.name() == "int32" { &shapes[..] } else { in_turn.next().map(std::slice::from_ref).unwrap() };
        for shape in these {
            let name = format!("group/{}-{}", T::DATA_TYPE, shape.iter().map(|len| format!("x{len}")).collect::<String>());
            let chunk: Vec<usize> = shape.iter().map(|len| *len.clamp(&1, &3)).collect();
            storage.save(&name, &ChunkedArray::from_ndarray(sample::<T>(shape), &chunk).unwrap()).unwrap();
            add(name);
        }
    });
    // The same array once more, as the server copies it.
    let array: ChunkedArray<i32> = storage.load("group/int32-x7x12").unwrap();
    storage.save("group/linked", &array).unwrap();
    add("group/linked".to_owned());
    serde_json::to_string(&arrays).unwrap()
}

#[test]
fn xarray_and_dask_read_a_workflow_as_it_was_saved() {
    let server = Server::start();
    for version in [ZarrVersion::V3, ZarrVersion::V2] {
        let arrays = save_group(&storage(&server, &format!("{version:?}"), version, None));
        let script = format!(
            r#"
import dask.array, xarray
group = store("{version:?}/group/bigdata/dask_arrays")
arrays = json.loads('{arrays}')
whole = xarray.open_zarr(group, consolidated=False)
assert set(whole.variables) == set(file for file, *_ in arrays), whole
computed = whole.compute()
for file, dtype, shape in arrays:
    same(computed[file].values, expected(dtype, shape), f"xarray {{dtype}} {{shape}}")
*rest, (linked, *_) = arrays
axes = [axis for file, *_ in rest for axis in whole[file].dims]
assert len(axes) == len(set(axes)), axes
# A link is the same array, with the same axes.
assert set(whole[linked].dims) < set(axes), whole[linked]
import re
assert all(re.fullmatch("dim_[0-9]_[0-9a-f]{{12}}", axis) for axis in axes), axes
opened = zarr.open_group(group, mode="r")
for file, dtype, shape in arrays[::5]:
    same(dask.array.from_zarr(opened[file]).compute(), expected(dtype, shape), f"dask {{dtype}} {{shape}}")
"#
        );
        python(&server, &script);
    }
}

#[test]
fn what_zarr_python_writes_is_read() {
    let server = Server::start();
    let script = r#"
from zarr.codecs import BloscCodec, BytesCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec, Crc32cCodec
import numcodecs
kinds = {
    "default": {},
    "none": dict(compressors=None),
    "gzip": dict(compressors=GzipCodec(level=5)),
    "blosc": dict(compressors=BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle")),
    "crc": dict(compressors=[ZstdCodec(level=1), Crc32cCodec()]),
    "sharded": dict(shards=(20, 16)),
    "transposed": dict(filters=[TransposeCodec(order=(1, 0))]),
    "big-endian": dict(serializer=BytesCodec(endian="big")),
    "fill": dict(fill_value=7),
}
for dtype in TYPES:
    for kind, options in kinds.items():
        if kind == "big-endian" and np.dtype(dtype).itemsize == 1: continue
        if kind == "fill" and dtype == "bool": continue
        array = zarr.create_array(store(f"py/dask_arrays/{kind}-{dtype}"), shape=(37, 21), chunks=(10, 8), dtype=dtype,
                                  overwrite=True, **options)
        if kind == "fill": array[:20] = expected(dtype, (37, 21))[:20]
        else: array[...] = expected(dtype, (37, 21))
    for kind, options in {"v2": {}, "v2-none": dict(compressors=None), "v2-F": dict(order="F"),
                          "v2-blosc": dict(compressors=numcodecs.Blosc(cname="lz4", clevel=5, shuffle=1))}.items():
        array = zarr.create_array(store(f"py/dask_arrays/{kind}-{dtype}"), shape=(37, 21), chunks=(10, 8), dtype=dtype,
                                  zarr_format=2, overwrite=True, **options)
        array[...] = expected(dtype, (37, 21))
text = zarr.create_array(store("py/dask_arrays/text"), shape=(3,), chunks=(3,), dtype="str", overwrite=True)
text[...] = np.array(["a", "b", "c"])
fixed = zarr.create_array(store("py/dask_arrays/fixed"), shape=(3,), chunks=(3,), dtype="<U1", overwrite=True)
fixed[...] = np.array(["a", "b", "c"])
"#;
    python(&server, script);
    let client = Arc::new(server.client().build().unwrap());
    let protocols = Protocols::new().with_s3(S3Protocol::new(client, "py").unwrap());
    fn open<T: Element>(protocols: &Protocols, file: &str) -> arraystow::Result<ChunkedArray<T>> {
        arraystow::deserialize(serde_json::json!(["HDFSerializer", ["0.0.0", file]]), protocols)
    }
    let kinds = ["default", "none", "gzip", "blosc", "crc", "sharded", "transposed", "big-endian", "fill"];
    for kind in kinds.into_iter().chain(["v2", "v2-none", "v2-F", "v2-blosc"]) {
        every_type!(T => {
            let file = format!("{kind}-{}", T::DATA_TYPE);
            let skipped = kind == "big-endian" && size_of::<T>() == 1 || kind == "fill" && T::DATA_TYPE.name() == "bool";
            if !skipped {
                let array = open::<T>(&protocols, &file).unwrap_or_else(|e| panic!("{file}: {e}"));
                // Of those with a fill value only the first rows were written.
                let rows = if kind == "fill" { 20 } else { 37 };
                let written = array.slice(s![..rows, ..]).unwrap().compute().unwrap_or_else(|e| panic!("{file}: {e}"));
                assert_same(&written, &sample::<T>(&[37, 21]).slice(s![..rows, ..]), &file);
                let part = array.slice(s![5..20;2, 3]).unwrap().compute().unwrap();
                assert_same(&part, &sample::<T>(&[37, 21]).slice(s![5..20;2, 3]), &file);
            }
        });
    }
    let filled = open::<f64>(&protocols, "fill-float64").unwrap().slice(s![30, ..]).unwrap().compute().unwrap();
    assert_same(&filled, &Array1::from_elem(21, 7.0), "fill");
    let texts = open::<String>(&protocols, "text").unwrap().compute().unwrap();
    assert_eq!(texts, ndarray::array!["a", "b", "c"].map(|text| (*text).to_owned()).into_dyn());
    let error = open::<f64>(&protocols, "text").unwrap_err();
    assert_eq!(error.kind(), arraystow::ErrorKind::TypeMismatch, "{error}");
    let error = open::<f64>(&protocols, "fixed").unwrap_err();
    assert_eq!(error.kind(), arraystow::ErrorKind::TypeMismatch, "{error}");
    assert_eq!(open::<String>(&protocols, "fixed").unwrap().compute().unwrap(), texts);
}

#[test]
fn what_dask_and_xarray_write_is_read() {
    let server = Server::start();
    let script = r#"
import dask.array, xarray
for number in (2, 3):
    data = {f"xarray-{dtype}": (("y", "x"), expected(dtype, (37, 21))) for dtype in TYPES}
    dataset = xarray.Dataset(data).chunk({"y": 10, "x": 8})
    dataset.to_zarr(store(f"py{number}/dask_arrays"), zarr_format=number, consolidated=False, mode="w")
    for dtype in TYPES:
        array = dask.array.from_array(expected(dtype, (37, 21)), chunks=(10, 8))
        dask.array.to_zarr(array, store(f"py{number}/dask_arrays/dask-{dtype}"), zarr_format=number, mode="w")
"#;
    python(&server, script);
    for number in [2, 3] {
        let client = Arc::new(server.client().build().unwrap());
        let protocols = Protocols::new().with_s3(S3Protocol::new(client, &format!("py{number}")).unwrap());
        for writer in ["xarray", "dask"] {
            every_type!(T => {
                let file = format!("{writer}-{}", T::DATA_TYPE);
                let id = serde_json::json!(["HDFSerializer", ["0.0.0", file]]);
                let array: ChunkedArray<T> = arraystow::deserialize(id, &protocols).unwrap_or_else(|e| panic!("{file}: {e}"));
                assert_eq!(array.grid().chunk_shape().unwrap(), [10, 8]);
                assert_same(&array.compute().unwrap(), &sample::<T>(&[37, 21]), &format!("{file}, version {number}"));
            });
        }
    }
}
