//! `pack`, `unpack` and `repack` on real storages, as a shell starts them. h5py reads what is packed.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{
    AnyArray, ArrayFormat, ChunkGrid, ChunkedArray, Codec, DataType, Element, EnumType, FixedBytes, FixedText, Shared,
    Storage, TimeUnit, Value, VerifyDepth,
};
use arraystow_tests::python_env;
use ndarray::{Array1, Array2, ArrayD, array};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn arraystow(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_arraystow")).args(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> Json {
    let output = arraystow(&[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The exit code, and what is printed to stderr.
fn refused(arguments: &[&str]) -> (i32, String) {
    let output = arraystow(arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Place {
    lat: f32,
    id: u8,
    corner: [f64; 2],
}

/// An array of each kind of element.
fn kinds() -> BTreeMap<&'static str, AnyArray> {
    fn number<T: Element + From<u8>>() -> AnyArray {
        let elements = Array2::from_shape_fn((5, 7), |(i, j)| T::from((i * 7 + j) as u8));
        ChunkedArray::from_ndarray(elements, &[2, 3]).unwrap().into()
    }
    let dates = |data_type| {
        let bytes: Vec<u8> = [0, 86_400, i64::MIN].into_iter().flat_map(i64::to_le_bytes).collect();
        AnyArray::from_bytes(data_type, &[3], &[2], &bytes).unwrap()
    };
    let quality = EnumType::new(DataType::UInt8, [("good", 0), ("bad", 7)]).unwrap();
    BTreeMap::from([
        ("bool", ChunkedArray::from(Array2::from_shape_fn((5, 7), |(i, j)| i < j)).into()),
        ("int8", ChunkedArray::from(array![-1_i8, 2]).into()),
        ("int16", number::<i16>()),
        ("int32", number::<i32>()),
        ("int64", number::<i64>()),
        ("uint8", number::<u8>()),
        ("uint16", number::<u16>()),
        ("uint32", number::<u32>()),
        ("uint64", number::<u64>()),
        ("float16", ChunkedArray::from(array![0.5_f32, -2.0].mapv(half::f16::from_f32)).into()),
        ("bfloat16", ChunkedArray::from(array![0.5_f32, -2.0].mapv(half::bf16::from_f32)).into()),
        ("float32", number::<f32>()),
        ("float64", number::<f64>()),
        ("complex64", ChunkedArray::from(array![num_complex::Complex::new(1.0_f32, -2.0)]).into()),
        ("complex128", ChunkedArray::from(array![num_complex::Complex::new(1.0_f64, -2.0)]).into()),
        ("string", ChunkedArray::from(array![["Rhine", "", "Ä\n"]].mapv(str::to_owned)).into()),
        ("text", ChunkedArray::from(array!["Po", "Elbe"].map(|name| FixedText::<8>::new(name).unwrap())).into()),
        ("bytes", ChunkedArray::from(array![FixedBytes([1, 0]), FixedBytes([0, 2])]).into()),
        ("date", dates(DataType::DateTime64(TimeUnit::Second))),
        ("duration", dates(DataType::TimeDelta64(TimeUnit::Millisecond))),
        ("enum", AnyArray::from_bytes(DataType::Enum(quality), &[3], &[3], &[7, 0, 7]).unwrap()),
        (
            "record",
            ChunkedArray::from(array![Place { lat: 1.5, id: 3, corner: [0.25, -1.0] }, Place::default()]).into(),
        ),
        ("missing", ChunkedArray::from(array![Some(1_i16), None, Some(3)]).into()),
        ("scalar", ChunkedArray::from(ndarray::arr0(2.5)).into()),
        ("empty", ChunkedArray::<f32>::zeros(&[0, 3], &[1, 3]).unwrap().into()),
        (
            "irregular",
            ChunkedArray::from_ndarray(Array1::from_iter(0..10), ChunkGrid::irregular(&[vec![3, 0, 5, 2]]).unwrap())
                .unwrap()
                .into(),
        ),
    ])
}

#[derive(Serialize)]
struct Everything {
    title: String,
    alpha: f64,
    count: u64,
    large: i128,
    is_done: bool,
    nothing: Option<u8>,
    steps: Vec<u32>,
    words: Vec<String>,
    mixed: (u8, String),
    many: Vec<f64>,
    inline: Array2<f32>,
    kinds: BTreeMap<&'static str, AnyArray>,
    runs: Vec<BTreeMap<String, ChunkedArray<f32>>>,
    again: Vec<ChunkedArray<f32>>,
    shared: Vec<Shared<(f64, ChunkedArray<f32>)>>,
    lat: ChunkedArray<f64>,
    height: ChunkedArray<f32>,
    depth: ChunkedArray<f32>,
}

fn everything() -> Everything {
    let field =
        ChunkedArray::from_ndarray(Array2::from_shape_fn((6, 4), |(i, j)| (i * 4 + j) as f32), &[2, 2]).unwrap();
    let shared = Shared::new((0.5, ChunkedArray::from(Array1::<f32>::ones(3))));
    let of_lat = |value: f32| {
        let array = ChunkedArray::from(Array2::from_elem((4, 6), value));
        array.with_dims(["lat", "lon"]).unwrap().with_attr("units", "m").unwrap()
    };
    Everything {
        title: "é and\nmore".into(),
        alpha: 0.1,
        count: u64::MAX,
        large: i128::MAX,
        is_done: true,
        nothing: None,
        steps: vec![1, 2, 3],
        words: vec!["a".into(), "bcd".into()],
        mixed: (1, "x".into()),
        many: (0..2000).map(f64::from).collect(),
        inline: array![[1.5, 2.5]],
        kinds: kinds(),
        runs: vec![BTreeMap::from([("a/b 50%".to_owned(), field.clone())]), BTreeMap::new()],
        again: vec![field],
        shared: vec![shared.clone(), shared],
        lat: ChunkedArray::from(array![-60.0, 0.0, 30.0, 60.0]).with_dims(["lat"]).unwrap(),
        height: of_lat(1.0).with_fill(-9999.0),
        depth: of_lat(2.0),
    }
}

const READ: &str = r#"
import sys, h5py, numpy as np
f = h5py.File(sys.argv[1], "r")
a = f.attrs
assert a["title"] == "é and\nmore", a["title"]
assert a["alpha"] == 0.1 and a["alpha"].dtype == "f8" and a["count"] == 2**64 - 1
assert a["large"] == str(2**127 - 1) and a["is_done"] and "nothing" not in a
assert list(a["steps"]) == [1, 2, 3] and a["steps"].dtype == "i8"
assert list(a["words"]) == ["a", "bcd"]
assert f["mixed"].attrs["0"] == 1 and f["mixed"].attrs["1"] == "x"
np.testing.assert_array_equal(f["many"][()], np.arange(2000.0))
np.testing.assert_array_equal(a["inline"], [[1.5, 2.5]])
assert a["inline"].dtype == "f4"
k = f["kinds"]
ramp = np.arange(35).reshape(5, 7)
for name in "int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split():
    assert k[name].dtype == np.dtype(name), name
    np.testing.assert_array_equal(k[name][()], ramp, err_msg=name)
i, j = np.indices((5, 7))
assert k["bool"].dtype == bool and (k["bool"][()] == (i < j)).all()
assert k["int8"].dtype == "i1" and list(k["int8"]) == [-1, 2]
assert k["float16"].dtype == "f2" and list(k["float16"]) == [0.5, -2]
assert k["complex64"].dtype == "c8" and list(k["complex64"]) == [1 - 2j]
assert k["complex128"].dtype == "c16" and list(k["complex128"]) == [1 - 2j]
assert [t.decode() for t in k["string"][0]] == ["Rhine", "", "Ä\n"]
assert [t.decode() for t in k["text"]] == ["Po", "Elbe"] and k["text"].dtype == "S8"
assert [bytes(b) for b in k["bytes"][()]] == [b"\1\0", b"\0\2"]
assert k["date"].dtype == "i8" and list(k["date"]) == [0, 86400, -2**63]
assert k["date"].attrs["units"].decode() == "seconds since 1970-01-01"
assert k["duration"].attrs["units"].decode() == "milliseconds"
assert h5py.check_enum_dtype(k["enum"].dtype) == {"good": 0, "bad": 7} and list(k["enum"]) == [7, 0, 7]
assert k["record"].dtype.names == ("lat", "id", "corner") and k["record"][0]["lat"] == 1.5
assert list(k["record"][0]["corner"]) == [0.25, -1] and k["record"][0]["id"] == 3
assert list(k["missing"]) == [1, -2**15, 3] and k["missing"].attrs["_FillValue"] == -2**15
assert k["scalar"][()] == 2.5 and k["scalar"].shape == () and k["empty"].shape == (0, 3)
np.testing.assert_array_equal(k["irregular"][()], np.arange(10))
run = f["runs/0/a%2Fb 50%25"]
np.testing.assert_array_equal(run[()], np.arange(24).reshape(6, 4))
assert run == f["again/0"], "one dataset with two names"
assert list(f["runs/1"]) == [] and f["shared/0"].attrs["0"] == 0.5
assert f["shared/0/1"] == f["shared/1/1"] and isinstance(f.get("shared/1", getlink=True), h5py.SoftLink)
h = f["height"]
assert h.attrs["units"].decode() == "m" and h.attrs["_FillValue"] == -9999
assert [dim.keys()[0] if len(dim) else None for dim in h.dims] is not None
assert h.dims[0][0] == f["lat"] and h.dims[1][0] == f["lon"] and f["depth"].dims[1][0] == f["lon"]
np.testing.assert_array_equal(h.dims[0][0][()], [-60, 0, 30, 60])
assert f["lat"].is_scale and f["lon"].is_scale
"#;

const NETCDF: &str = r#"
import sys, netCDF4, numpy as np
with netCDF4.Dataset(sys.argv[1]) as file:
    assert file.title == "two stones"
    height, wet = file["height"], file["wet"]
    assert height.dimensions == ("y", "x") and height.units == "m" and height.dtype == "f4"
    assert {name: len(dim) for name, dim in file.dimensions.items()}.items() >= {"y": 721, "x": 1440}.items()
    part = np.load(sys.argv[2])
    np.testing.assert_array_equal(height[...], part)
    assert wet.shape == (721, 1440) and set(np.unique(wet[...])) == {0, 1}
    assert file["stones"]["1"].mass_kg == 1.5 and file["stones/0"].x == 300
"#;

#[test]
fn a_packed_value_is_read_by_netcdf() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).display().to_string();
    let (place, file, numbers) = (name("storage"), name("it.nc"), name("height.npy"));
    json(&["demo", &place]);
    json(&["pack", &place, "ponds/two-stones", "-o", &file]);
    let exported = arraystow(&["export", &place, "ponds/two-stones", "--path", "height", &numbers]);
    assert!(exported.status.success(), "{exported:?}");
    python_env::run(&["numpy==2.2.6", "netCDF4==1.7.5.1.post1"], NETCDF, &[&file, &numbers]);
}

#[test]
fn a_packed_value_is_read_by_h5py_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    let file = folder.path().join("it.h5").display().to_string();
    let storage = Storage::open(&place).unwrap();
    storage.save("runs/it", &everything()).unwrap();

    let packed = json(&["pack", &place, "runs/it", "-o", &file]);
    let len = std::fs::metadata(&file).unwrap().len();
    assert_eq!((&packed["bytes"], &packed["file"]), (&json!(len), &json!(file)));
    assert_eq!(packed["arrays"], json!(storage.info("runs/it").unwrap().arrays.len()));
    assert_eq!(names(folder.path()), ["it.h5", "storage"]);
    python_env::run(python_env::HDF5, READ, &[&file]);

    let report = json(&["unpack", &file, &place, "back/it"]);
    assert_eq!(report["arrays_written"], packed["arrays"]);
    let difference = arraystow(&["diff", &place, "runs/it", "back/it"]);
    let shown = String::from_utf8_lossy(&difference.stdout);
    assert!(difference.status.success() && shown.is_empty(), "{shown}");
    let (before, after) = (storage.info("runs/it").unwrap(), storage.info("back/it").unwrap());
    for (before, after) in before.arrays.iter().zip(&after.arrays) {
        assert_eq!((&before.paths, &before.data_type, &before.grid), (&after.paths, &after.data_type, &after.grid));
        assert_eq!((&before.dims, &before.attrs), (&after.dims, &after.attrs), "{:?}", before.paths);
    }
    assert!(storage.verify("back/it", VerifyDepth::Deep).unwrap().is_sound());
    let Some(Value::List(shared)) = storage.value("back/it").unwrap().get("shared").cloned() else { panic!() };
    let [Value::Shared(first), Value::Shared(second)] = &shared[..] else { panic!("{shared:?}") };
    assert!(Shared::ptr_eq(first, second));

    // Into a Zarr storage, and without being asked nothing is replaced.
    let zarr = folder.path().join("zarr");
    Storage::builder(&zarr).array_format(ArrayFormat::Zarr).open().unwrap().save("runs/it", &0).unwrap();
    let zarr = zarr.display().to_string();
    assert_eq!(refused(&["unpack", &file, &zarr, "runs/it"]).0, 1);
    json(&["unpack", &file, &zarr, "runs/it", "--force"]);
    assert!(arraystow(&["diff", &place, "runs/it", "--in", &zarr]).status.success());
}

#[test]
fn arrays_of_every_place_are_packed() {
    let folder = tempfile::tempdir().unwrap();
    let elements = Array2::from_shape_fn((300, 40), |(i, j)| (i / 7 * j) as f64);
    let array = ChunkedArray::from_ndarray(elements.clone(), &[64, 16]).unwrap();
    let place = folder.path().join("zarr").display().to_string();
    let storage = Storage::builder(&place).array_format(ArrayFormat::Zarr).open().unwrap();
    let whole: ArrayD<f64> = elements.into_dyn();
    for codec in ["none", "gzip:1", "zstd:3", "blosc", "pcodec:4"] {
        let name = codec.split(':').next().unwrap();
        storage.save(name, &array.with_codec(codec.parse().unwrap())).unwrap();
        let file = folder.path().join(format!("{name}.h5")).display().to_string();
        json(&["pack", &place, name, "-o", &file]);
        let script = "import sys, h5py, numpy as np\nd = h5py.File(sys.argv[1])['value']\n\
                      i, j = np.indices((300, 40))\nassert d.compression in (None, 'gzip'), d.compression\n\
                      np.testing.assert_array_equal(d[()], i // 7 * j)";
        python_env::run(python_env::HDF5, script, &[&file]);
        json(&["unpack", &file, &place, &format!("back/{name}")]);
        let back: ChunkedArray<f64> = storage.load(&format!("back/{name}")).unwrap();
        assert_eq!((back.compute().unwrap(), back.grid()), (whole.clone(), array.grid()), "{codec}");
    }
}

#[test]
fn a_changed_or_truncated_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    let file = folder.path().join("it.h5");
    let path = file.display().to_string();
    let value = BTreeMap::from([("alpha", vec![0.5; 3])]);
    let array = ChunkedArray::from_ndarray(Array2::<f32>::ones((30, 30)), &[10, 10]).unwrap();
    Storage::open(&place).unwrap().save("it", &(value, array)).unwrap();
    json(&["pack", &place, "it", "-o", &path]);
    let whole = std::fs::read(&file).unwrap();
    let step = whole.len() / 97;
    for at in (0..whole.len()).step_by(step.max(1)) {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        std::fs::write(&file, &changed).unwrap();
        let (code, error) = refused(&["unpack", &path, &place, "back"]);
        assert!(code == 1 && error.contains("it.h5"), "byte {at}: {code} {error}");
        std::fs::write(&file, &whole[..at]).unwrap();
        let (code, error) = refused(&["unpack", &path, &place, "back"]);
        assert!(code == 1 && error.contains("it.h5"), "{at} bytes: {code} {error}");
    }
    std::fs::write(&file, &whole).unwrap();
    json(&["unpack", &path, &place, "back"]);
    python_env::run(
        python_env::HDF5,
        "import sys, h5py\nh5py.File(sys.argv[1], 'a')['0'].attrs['alpha'] = 7",
        &[&path],
    );
    let (code, error) = refused(&["unpack", &path, &place, "other", "--json"]);
    assert!(code == 1 && error.contains("corrupt") && error.contains("it.h5"), "{error}");
    // Files that were never packed.
    let info = Storage::open(&place).unwrap().info("it").unwrap();
    let array = Path::new(&place).join("bigdata").join(&info.arrays[0].file).display().to_string();
    let (code, error) = refused(&["unpack", &array, &place, "other"]);
    assert!(code == 1 && error.contains("import"), "{error}");
    assert_eq!(refused(&["unpack", "no such file", &place, "other"]).0, 1);
    assert_eq!(names(&folder.path().join("storage")).len(), 3, "nothing was saved under the other name");
}

#[test]
fn an_output_file_is_complete_or_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    let file = folder.path().join("it.h5");
    let path = file.display().to_string();
    let storage = Storage::open(&place).unwrap();
    storage.save("it", &ChunkedArray::from(Array1::<f32>::ones(3000))).unwrap();
    std::fs::write(&file, "mine").unwrap();
    assert_eq!(refused(&["pack", &place, "it", "-o", &path]).0, 2);
    assert_eq!(refused(&["pack", &place, "no", "-o", &path, "--force"]).0, 1);
    // An array that is damaged is found when it is read.
    let array = Path::new(&place).join("bigdata").join(&storage.info("it").unwrap().arrays[0].file);
    let bytes = std::fs::read(&array).unwrap();
    let mut damaged = bytes.clone();
    let at = bytes.windows(4).rposition(|window| window == 1.0_f32.to_le_bytes()).unwrap();
    damaged[at] ^= 1;
    std::fs::write(&array, &damaged).unwrap();
    let (code, error) = refused(&["pack", &place, "it", "-o", &path, "--force"]);
    assert!(code == 1 && error.contains("checksum"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    std::fs::write(&array, &bytes).unwrap();
    json(&["pack", &place, "it", "-o", &path, "--force"]);
    assert_eq!(names(folder.path()), ["it.h5", "storage"]);
    assert!(std::fs::metadata(&file).unwrap().len() > 12_000);
}

#[test]
fn an_interrupted_pack_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    let storage = Storage::open(&place).unwrap();
    let array = ChunkedArray::from_fn(&[40_000, 1000], &[100, 1000], |region| {
        ArrayD::from_shape_fn(region.shape(), |at| (at[0] * at[1]) as f64)
    });
    storage.save("it", &array.unwrap().with_codec(Codec::zstd(1).unwrap())).unwrap();
    let file = folder.path().join("it.h5").display().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_arraystow"))
        .args(["pack", &place, "it", "-o", &file])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while names(folder.path()).len() < 2 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // As Ctrl-C; a SIGINT may be ignored where the tests run in the background.
    let interrupt = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(names(folder.path()), ["storage"]);
}

#[derive(Serialize, Deserialize)]
struct Pair {
    alpha: f64,
    field: ChunkedArray<f32>,
    other: ChunkedArray<f32>,
    line: Vec<ChunkedArray<i64>>,
}

#[test]
fn repack_changes_chunks_codec_and_format() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    let storage = Storage::open(&place).unwrap();
    let field = ChunkedArray::from_ndarray(Array2::from_shape_fn((300, 200), |(i, _)| i as f32), &[100, 100]).unwrap();
    let field = field.with_dims(["y", "x"]).unwrap().with_attr("units", "m").unwrap();
    let line = vec![ChunkedArray::from(Array1::from_iter(0..5000_i64))];
    storage.save("it", &Pair { alpha: 0.5, field: field.clone(), other: field.clone(), line }).unwrap();
    let before = storage.info("it").unwrap();
    assert_eq!(before.arrays.len(), 2, "one array in two places");

    let report = json(&["repack", &place, "it", "--arrays", "fie*", "--chunks", "50,60", "--codec", "zstd"]);
    assert_eq!((&report["arrays"], &report["bytes_before"]), (&json!(1), &json!(before.array_bytes())));
    let after = storage.info("it").unwrap();
    assert_eq!(report["bytes_after"], json!(after.array_bytes()));
    assert!(after.array_bytes() < before.array_bytes() / 2);
    assert_eq!(after.arrays[0].paths, ["field", "other"]);
    assert_eq!(after.arrays[0].grid.chunk_shape(), Some(vec![50, 60]));
    assert_eq!(after.arrays[1].file, before.arrays[1].file, "it stays where it is");
    let loaded: Pair = storage.load("it").unwrap();
    assert_eq!(loaded.other.compute().unwrap(), field.compute().unwrap());
    assert!(loaded.field.ptr_eq(&loaded.other));
    assert_eq!((loaded.field.dims(), loaded.field.attrs()), (field.dims(), field.attrs()));
    assert_eq!(storage.array("it", "field").unwrap().stored_codec().unwrap(), Some(Codec::zstd(3).unwrap()));

    // Chunks alone: the codec stays. The format: of all.
    json(&["repack", &place, "it", "--arrays", "field", "--chunks", "300,200"]);
    assert_eq!(storage.array("it", "field").unwrap().stored_codec().unwrap(), Some(Codec::zstd(3).unwrap()));
    assert_eq!(json(&["repack", &place, "it", "--format", "zarr"])["arrays"], json!(2));
    let zarr = storage.info("it").unwrap();
    assert!(zarr.arrays.iter().all(|array| array.format == ArrayFormat::Zarr));
    let loaded: Pair = storage.load("it").unwrap();
    assert_eq!(loaded.line[0].compute().unwrap().len(), 5000);
    assert!(storage.verify("it", VerifyDepth::Deep).unwrap().is_sound());
    assert_eq!(json(&["repack", &place, "it", "--format", "zarr"])["arrays"], json!(0));
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0, "the old arrays are removed");

    // What does not fit is refused, and changes nothing.
    let version = storage.version("it").unwrap();
    let (code, error) = refused(&["repack", &place, "it", "--chunks", "10,10"]);
    assert!(code == 1 && error.contains("line[0]"), "{error}");
    assert_eq!(refused(&["repack", &place, "it", "--arrays", "no*", "--codec", "none"]).0, 1);
    assert_eq!(refused(&["repack", &place, "it"]).0, 2);
    assert_eq!(storage.version("it").unwrap(), version);
}
