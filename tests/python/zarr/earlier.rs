//! What earlier versions wrote in object stores is frozen in `tests/golden/zarr`, and keeps loading; xarray, which
//! misreads it, reads it after a repair.
//!
//! `ARRAYSTOW_WRITE_GOLDEN=1 cargo test --test python earlier` writes the newest of the folders.

use arraystow::{ChunkedArray, Codec, Element, Storage, VerifyDepth, ZarrVersion};
use arraystow_s3_server::Server;
use arraystow_tests::samples::{assert_same, every_type, sample};
use ndarray::{Array1, Array2, arr0};
use object_store::RetryConfig;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Each version of the arrays' description, in each version of Zarr.
const NEWEST: u32 = 2;
const VERSIONS: [(ZarrVersion, u32); 2] = [(ZarrVersion::V2, 2), (ZarrVersion::V3, 3)];

fn golden(description: u32, zarr: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/zarr/{description}-v{zarr}"))
}

fn shapes() -> BTreeMap<&'static str, ChunkedArray<f64>> {
    let one = |elements: &[f64]| ChunkedArray::from_ndarray(Array1::from_vec(elements.to_vec()), &[2]).unwrap();
    [
        ("scalar", ChunkedArray::from_ndarray(arr0(0.0), &[]).unwrap()),
        ("empty", ChunkedArray::from_ndarray(Array2::zeros((0, 3)), &[1, 3]).unwrap()),
        ("short", one(&[0.0, 1.0, 2.0])),
        ("long", one(&[0.0, 1.0, 2.0, 3.0])),
    ]
    .into()
}

fn save_all(storage: &Storage) {
    every_type!(T => {
        let array = ChunkedArray::from_ndarray(sample::<T>(&[13, 3]), &[13, 3]).unwrap();
        storage.save(&format!("first/{}", T::DATA_TYPE), &array).unwrap();
    });
    storage.save("first/shapes", &shapes()).unwrap();
}

/// A server with the objects of a folder.
fn serve(folder: &Path) -> Server {
    fn put(server: &Server, folder: &Path, key: &str) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let key = format!("{key}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                put(server, &entry.path(), &format!("{key}/"));
            } else {
                server.write(&key, &fs::read(entry.path()).unwrap());
            }
        }
    }
    let server = Server::start();
    put(&server, folder, "");
    server
}

fn assert_sound(storage: &Storage) {
    for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
        for object in storage.verify_all(depth).unwrap() {
            assert!(object.is_sound(), "{}: {:?}", object.name, object.faults);
        }
    }
    every_type!(T => {
        let name = format!("first/{}", T::DATA_TYPE);
        let array: ChunkedArray<T> = storage.load(&name).unwrap();
        assert_same(&array.compute().unwrap(), &sample::<T>(&[13, 3]), &name);
    });
    let loaded: BTreeMap<String, ChunkedArray<f64>> = storage.load("first/shapes").unwrap();
    for (name, expected) in shapes() {
        assert_same(&loaded[name].compute().unwrap(), &expected.compute().unwrap(), name);
    }
}

#[test]
fn what_was_once_written_loads() {
    for (version, zarr) in VERSIONS {
        if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
            let server = Server::start();
            save_all(&server.builder("").zarr_version(version).codec(Codec::BLOSC).open().unwrap());
            let _ = fs::remove_dir_all(golden(NEWEST, zarr));
            for key in server.keys() {
                let file = golden(NEWEST, zarr).join(&key);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, server.read(&key)).unwrap();
            }
        }
        for description in 1..=NEWEST {
            assert_sound(&serve(&golden(description, zarr)).storage(""));
        }
    }
}

/// Each array of the group in xarray: what is wrong with it. First whether the group opens.
fn seen_by_xarray(server: &Server, storage: &Storage) -> Vec<String> {
    let mut arrays = Vec::new();
    for name in storage.list("first/*").unwrap() {
        for array in storage.info(&name.name).unwrap().arrays {
            let shape = array.shape().to_vec();
            arrays.push((array.file, array.data_type.name(), shape, !array.paths[0].is_empty()));
        }
    }
    let arrays = serde_json::to_string(&arrays).unwrap();
    let script = format!(
        r#"
import xarray
group = store("first/bigdata/dask_arrays")
arrays = json.loads('{arrays}')
def read(file):
    others = [other for other, *_ in arrays if other != file]
    return xarray.open_zarr(group, consolidated=False, chunks=None, drop_variables=others)[file]
try:
    whole = xarray.open_zarr(group, consolidated=False, chunks=None)
    read = whole.__getitem__
    names = [name for array in whole.values() for name in array.dims]
    print("opens" if len(names) == len(set(names)) and set(whole) == set(file for file, *_ in arrays) else names)
except ValueError as error: print(error)
for file, dtype, shape, counted in arrays:
    wanted = np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape) if counted else expected(dtype, shape)
    print(dtype, difference(read(file).values, wanted))
"#
    );
    super::python(server, &script).lines().map(str::to_owned).collect()
}

#[test]
fn xarray_reads_what_earlier_versions_wrote_after_a_repair() {
    for (_, zarr) in VERSIONS {
        let server = serve(&golden(1, zarr));
        let storage = server.storage("");
        let before = seen_by_xarray(&server, &storage);
        assert!(before[0].contains("conflicting sizes for dimension 'dim_0'"), "{}", before[0]);
        let right = before[1..].iter().filter(|line| line.ends_with(" None")).count();
        // In version 2 even a complex 0 was missing; of an empty array there is nothing to miss but its type.
        assert_eq!(right, if zarr == 3 { 18 } else { 1 }, "{before:#?}");

        // Handles from before the repair, one that has been opened and one that has not.
        let [opened, lazy] = [(), ()].map(|()| storage.load::<ChunkedArray<i64>>("first/int64").unwrap());
        opened.compute().unwrap();
        let documents = |server: &Server| {
            let names = server.keys().into_iter().filter(|key| !key.contains("bigdata"));
            names.map(|key| (server.read(&key), key)).collect::<Vec<_>>()
        };
        let as_saved = documents(&server);

        let repair = storage.repair("**").unwrap();
        assert!(repair.faults.is_empty(), "{:?}", repair.faults);
        assert_eq!(repair.arrays.len(), if zarr == 2 { 18 } else { 17 });
        for array in &repair.arrays {
            assert!(storage.info(&array.value).unwrap().arrays.iter().any(|known| known.file == array.file));
            assert_eq!((array.fill_value, array.axis_names), (zarr == 2, array.paths != ["scalar"]), "{array:?}");
        }

        let after = seen_by_xarray(&server, &storage);
        assert_eq!(after[0], "opens");
        assert!(after[1..].iter().all(|line| line.ends_with(" None")), "{after:#?}");
        assert_sound(&storage);
        assert_eq!(documents(&server), as_saved);
        for array in [opened, lazy] {
            assert_same(&array.compute().unwrap(), &sample::<i64>(&[13, 3]), "loaded before");
        }

        // Nothing is left to do, and nothing is written; what is saved beside it goes well with it.
        server.requests();
        let again = storage.repair("**").unwrap();
        assert!(again.arrays.is_empty() && again.faults.is_empty(), "{again:?}");
        assert!(!server.requests().contains_key("PUT"));
        let array: ChunkedArray<i64> = storage.load("first/int64").unwrap();
        storage.save("first/linked", &array).unwrap();
        storage.save("first/new", &Array1::<i64>::zeros(5000)).unwrap();
        assert!(storage.verify("first/linked", VerifyDepth::Deep).unwrap().is_sound());
        storage.remove("first/linked").unwrap();
        storage.remove("first/new").unwrap();
        assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
        assert_sound(&storage);
    }
}

/// The objects of `first/shapes` alone.
fn only_shapes(zarr: u32) -> BTreeMap<String, Vec<u8>> {
    let server = serve(&golden(1, zarr));
    let storage = server.storage("");
    for entry in storage.list("**").unwrap().into_iter().filter(|entry| entry.name != "first/shapes") {
        storage.remove(&entry.name).unwrap();
    }
    server.keys().into_iter().map(|key| (key.clone(), server.read(&key))).collect()
}

fn serve_these(objects: &BTreeMap<String, Vec<u8>>) -> Server {
    let server = Server::start();
    objects.iter().for_each(|(key, object)| server.write(key, object));
    server
}

fn impatient(server: &Server) -> Storage {
    let retries = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    let client = server.client().with_retry(retries).build().unwrap();
    Storage::from_object_store(Arc::new(client), "").unwrap()
}

#[test]
fn a_repair_that_is_cut_off_anywhere_is_completed_by_the_next() {
    for (_, zarr) in VERSIONS {
        let objects = only_shapes(zarr);
        for requests in (1..).step_by(2) {
            let server = serve_these(&objects);
            server.go_down_after(requests);
            let cut_off = impatient(&server).repair("**");
            server.go_down_after(u64::MAX);
            let storage = impatient(&server);
            let is_sound = || {
                for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
                    let found = storage.verify("first/shapes", depth).unwrap();
                    assert!(found.is_sound(), "after {requests} requests: {:?}", found.faults);
                }
            };
            is_sound();
            let rest = storage.repair("first/*").unwrap();
            assert!(rest.faults.is_empty(), "after {requests} requests: {:?}", rest.faults);
            is_sound();
            if cut_off.is_ok_and(|repair| repair.faults.is_empty()) {
                assert!(requests > 10 && rest.arrays.is_empty());
                break;
            }
        }
    }
}

#[test]
fn every_flipped_bit_of_repaired_metadata_is_found() {
    for (_, zarr) in VERSIONS {
        let server = serve_these(&only_shapes(zarr));
        let storage = server.storage("");
        storage.repair("**").unwrap();
        let arrays = storage.info("first/shapes").unwrap().arrays;
        let file = &arrays.iter().find(|array| array.paths == ["short"]).unwrap().file;
        let compute = || {
            let loaded: BTreeMap<String, ChunkedArray<f64>> = storage.load("first/shapes").unwrap();
            loaded["short"].compute()
        };
        let is_metadata = |key: &String| key.contains(file) && (key.contains("/.z") || key.ends_with("zarr.json"));
        for key in server.keys().into_iter().filter(is_metadata) {
            let sound = server.read(&key);
            for at in 0..sound.len() {
                let mut flipped = sound.clone();
                flipped[at] ^= 1 << (at % 8);
                server.write(&key, &flipped);
                assert!(compute().is_err(), "byte {at} of {key}: {:?}", String::from_utf8_lossy(&flipped));
            }
            server.write(&key, &sound);
        }
        compute().unwrap();
    }
}

#[test]
fn a_repair_passes_over_what_is_damaged_and_says_so() {
    let server = serve(&golden(1, 2));
    let storage = server.storage("");
    let file = storage.info("first/int16").unwrap().arrays[0].file.clone();
    let key = server.keys().into_iter().find(|key| key.contains(&file) && key.ends_with(".zarray")).unwrap();
    let damaged = String::from_utf8(server.read(&key)).unwrap().replace("<i2", "<u2");
    server.write(&key, damaged.as_bytes());
    let document = server.read("first/uint16");
    server.write("first/uint16", &document[..document.len() / 2]);
    // A file of someone else's is passed over without a word.
    server.write("first/README.md", b"no document");
    let repair = storage.repair("**").unwrap();
    let faults: Vec<String> = repair.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.iter().any(|fault| fault.contains("first/int16") && fault.contains(&file)), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.contains("first/uint16")), "{faults:?}");
    assert_eq!(repair.arrays.len(), 16);
    assert_eq!(server.read(&key), damaged.as_bytes());
}

#[test]
fn an_object_that_is_removed_meanwhile_does_not_come_back_in_part() {
    let server = serve_these(&only_shapes(2));
    server.hold(".zattrs");
    std::thread::scope(|scope| {
        let repairing = scope.spawn(|| server.storage("").repair("**").unwrap());
        server.wait_for_held();
        let removing = scope.spawn(|| server.storage("").remove("first/shapes").unwrap());
        while server.keys().contains(&"first/shapes".to_owned()) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        server.release();
        repairing.join().unwrap();
        removing.join().unwrap();
    });
    assert_eq!(server.keys(), ["first/bigdata/dask_arrays/.zgroup"]);
}
