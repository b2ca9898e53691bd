//! Packed files: a reader that was written from docs/layout.md alone checks them, and they come back from every place and
//! format.

use arraystow::{ChunkedArray, Codec, ErrorKind, Format, PackedFile, Shared, Storage, Value};
use arraystow_s3_server::Server;
use arraystow_tests::python_env;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const READER: &str = r#"
import io, json, struct, sys
import cbor2, google_crc32c, h5py
from blake3 import blake3

def derived(context, *parts):
    hasher = blake3(derive_key_context=context)
    for part in parts:
        hasher.update(part)
    return hasher.hexdigest()

u64 = lambda number: struct.pack("<Q", number)
data = open(sys.argv[1], "rb").read()
with h5py.File(sys.argv[1], "r") as file:
    own = file["arraystow"]
    at = own["seal"].id.get_offset()
    rest = data[:at] + data[at + 64:]
    seal = derived("arraystow 2026 packed HDF5 file", u64(len(data)), u64(at), rest)
    assert own["seal"][:].tobytes() == seal.encode()
    document = own["document"][:].tobytes()
    assert document[:8] == bytes.fromhex("894153544f570d0a")
    name_len = document[10]
    begin = 11 + name_len
    (manifest_len,) = struct.unpack_from("<Q", document, begin)
    manifest = cbor2.loads(document[begin + 8:begin + 8 + manifest_len])
    arrays = manifest["arrays"]
    assert sorted(entry["id"][1][1] for entry in arrays) == sorted(own["arrays"])
    for entry in arrays:
        id = entry["id"][1][1]
        assert isinstance(own["arrays"].get(id, getlink=True), h5py.SoftLink)
        dataset = own["arrays"][id]
        described = dataset.attrs["arraystow"]
        described = described if isinstance(described, bytes) else described.encode()
        infos = [dataset.id.get_chunk_info(index) for index in range(dataset.id.get_num_chunks())]
        infos.sort(key=lambda info: info.chunk_offset)
        sums = own["crc32c"][id][:].tolist()
        assert [google_crc32c.value(data[info.byte_offset:info.byte_offset + info.size]) for info in infos] == sums
        table = b"".join(struct.pack("<I", value) for value in sums)
        context = "arraystow 2026 HDF5 array: description and checksums"
        assert derived(context, u64(len(described)), described, table) == entry["digest"]
print(len(arrays))
"#;

#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    height: ChunkedArray<f32>,
    land: Array2<bool>,
    notes: BTreeMap<String, f64>,
}

fn survey() -> Survey {
    let height = Array2::from_shape_fn((50, 40), |(i, j)| (i * 40 + j) as f32);
    Survey {
        name: "north".into(),
        height: ChunkedArray::from_ndarray(height, &[20, 20]).unwrap().with_attr("units", "m").unwrap(),
        land: Array2::from_shape_fn((100, 100), |(i, j)| i < j),
        notes: BTreeMap::from([("alpha".to_owned(), 0.5)]),
    }
}

fn check(packed: &PackedFile) {
    let (found, wanted) = (packed.load::<Survey>().unwrap(), survey());
    assert_eq!((found.name, found.land, found.notes), (wanted.name, wanted.land, wanted.notes));
    assert_eq!(found.height.compute().unwrap(), wanted.height.compute().unwrap());
    assert_eq!((found.height.grid(), found.height.attrs()), (wanted.height.grid(), wanted.height.attrs()));
}

#[test]
fn a_reader_made_from_the_page_checks_packed_files() {
    let folder = tempfile::tempdir().unwrap();
    for codec in [Codec::NONE, Codec::gzip(6).unwrap()] {
        let storage = Storage::builder(folder.path().join("storage")).codec(codec).open().unwrap();
        storage.save("it", &survey()).unwrap();
        let path = folder.path().join("it.h5");
        assert_eq!(storage.pack("it", &path).unwrap(), std::fs::metadata(&path).unwrap().len());
        assert_eq!(python_env::run(python_env::LAYOUT, READER, &[path.to_str().unwrap()]).trim(), "2");
        check(&PackedFile::open(&path).unwrap());
    }
}

#[test]
fn values_of_every_place_and_format_are_packed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let place = |name: &str| folder.path().join(name);
    let storages = [
        server.builder("store").open().unwrap(),
        Storage::builder(place("json")).format(Format::Json).open().unwrap(),
        Storage::builder(place("pickle")).format(Format::Pickle).open().unwrap(),
    ];
    for (number, storage) in storages.iter().enumerate() {
        storage.save("a/it", &survey()).unwrap();
        let path = place(&format!("{number}.h5"));
        storage.pack("a/it", &path).unwrap();
        let packed = PackedFile::open(&path).unwrap();
        check(&packed);
        storage.save("a/back", &packed.load::<Value>().unwrap()).unwrap();
        assert_eq!(storage.load::<Survey>("a/back").unwrap().land, survey().land);
    }
    let storage = &storages[0];
    let (path, again) = (place("async.h5"), place("async.h5"));
    futures::executor::block_on(async {
        storage.pack_async("a/it", path).await.unwrap();
        let packed = PackedFile::open_async(&again).await.unwrap();
        assert_eq!(packed.load_async::<Survey>().await.unwrap().name, "north");
    });
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn what_cannot_be_packed_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let storage =
        Storage::builder(folder.path().join("storage")).array_format(arraystow::ArrayFormat::Zarr).open().unwrap();
    let path = folder.path().join("it.h5");
    let texts = ChunkedArray::from(ndarray::array!["a\0b".to_owned()]);
    storage.save("texts", &BTreeMap::from([("names", texts)])).unwrap();
    let error = storage.pack("texts", &path).unwrap_err();
    assert_eq!((error.kind(), error.path(), error.document()), (ErrorKind::InvalidInput, Some("names"), Some("texts")));

    let mut list: Option<Shared<Link>> = None;
    for _ in 0..2000 {
        list = Some(Shared::new(Link { next: list }));
    }
    storage.save("list", &list).unwrap();
    let error = storage.pack("list", &path).unwrap_err();
    assert_eq!((error.kind(), error.document()), (ErrorKind::Unsupported, Some("list")));
    assert_eq!(storage.pack("no", &path).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(storage.pack("list", folder.path().join("no/it.h5")).unwrap_err().document(), Some("list"));
    assert_eq!(files(folder.path()), 1, "nothing is left");
}

#[derive(Serialize, Deserialize)]
struct Link {
    next: Option<Shared<Link>>,
}

#[test]
fn values_without_fields_and_without_arrays_are_packed() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("storage")).unwrap();
    let path = folder.path().join("it.h5");
    storage.save("number", &42).unwrap();
    storage.pack("number", &path).unwrap();
    assert_eq!(PackedFile::open(&path).unwrap().load::<i32>().unwrap(), 42);
    storage.save("array", &ChunkedArray::from(Array1::<f32>::ones(5))).unwrap();
    storage.pack("array", &path).unwrap();
    let file = arraystow::Hdf5File::open(&path).unwrap();
    assert_eq!(file.array("/value").unwrap().shape(), [5]);
    storage.save("nothing", &()).unwrap();
    storage.pack("nothing", &path).unwrap();
    PackedFile::open(&path).unwrap().load::<()>().unwrap();
}
