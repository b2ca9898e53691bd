//! What a save and a copy report.

use arraystow::{
    ArrayFormat, ChunkedArray, Codec, Durability, Error, ErrorKind, Format, ListEntry, SaveReport, Storage, ValueInfo,
};
use ndarray::Array2;
use std::path::Path;

fn array(value: f64) -> ChunkedArray<f64> {
    ChunkedArray::from_ndarray(Array2::from_elem((100, 100), value), &[50, 50]).unwrap()
}

/// Written, linked and kept.
fn arrays(report: &SaveReport) -> (usize, usize, usize) {
    (report.arrays_written, report.arrays_linked, report.arrays_kept)
}

/// The bytes of the document, and of all arrays, as `info` has them.
fn bytes(storage: &Storage, name: &str) -> (u64, u64) {
    let info = storage.info(name).unwrap();
    (info.bytes, info.array_bytes())
}

#[test]
fn a_save_reports_what_it_wrote_linked_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let (first, second) = (array(1.0), array(2.0));
    let plain = Array2::from_elem((50, 50), 3_i64);

    let report = storage.create("run", &(&first, &second, &plain)).unwrap();
    assert_eq!(arrays(&report), (3, 0, 0));
    let (document, stored) = bytes(&storage, "run");
    assert_eq!(report.bytes_written, document + stored);
    assert_eq!(report.version, storage.version("run").unwrap());

    // What was saved before is linked, under any name.
    let report = storage.save("again", &(&first, array(4.0))).unwrap();
    assert_eq!(arrays(&report), (1, 1, 0));
    let (document, _) = bytes(&storage, "again");
    let info = storage.info("again").unwrap();
    let written = info.arrays.iter().find(|array| array.paths == ["[1]"]).unwrap();
    assert_eq!(report.bytes_written, document + written.bytes);

    // What was loaded from the document stays. Plain arrays were read, and are written.
    type Loaded = (ChunkedArray<f64>, ChunkedArray<f64>, Array2<i64>);
    let (loaded, version) = storage.load_versioned::<Loaded>("run").unwrap();
    let report = storage.save_if("run", &loaded, &version).unwrap();
    assert_eq!(arrays(&report), (1, 0, 2));
    let report = storage.save_if("run", &17, &report.version).unwrap();
    assert_eq!((arrays(&report), report.bytes_written), ((0, 0, 0), bytes(&storage, "run").0));
}

#[test]
fn a_copy_reports_too() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [here, there] = folders.each_ref().map(|folder| Storage::open(folder.path()).unwrap());
    here.save("run", &array(1.0)).unwrap();
    let report = here.copy("run", &there).unwrap();
    assert_eq!(report.arrays_written + report.arrays_linked, 1);
    let report = futures::executor::block_on(here.copy_async("run", &there)).unwrap();
    assert_eq!(arrays(&report), (0, 0, 1), "it is there already");
    assert_eq!(report.bytes_written, bytes(&there, "run").0);
}

#[test]
fn a_report_is_text_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let report = futures::executor::block_on(storage.save_async("run", &array(1.0))).unwrap();
    let text = format!("{} bytes written; arrays: 1 written, 0 linked, 0 kept", report.bytes_written);
    assert_eq!(report.to_string(), text);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["arrays_written"], 1);
    assert_eq!(json["version"], report.version.to_string());
    assert_eq!(serde_json::from_value::<SaveReport>(json).unwrap(), report);
}

#[test]
fn what_is_known_of_a_value_is_json_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("sim/run", &(array(1.0), Array2::from_elem((101, 50), 3_i64))).unwrap();
    let info = storage.info("sim/run").unwrap();
    let json = serde_json::to_value(&info).unwrap();
    assert_eq!((&json["name"], &json["format"]), (&"sim/run".into(), &"cbor".into()));
    assert_eq!(json["arrays"][0]["data_type"], "float64");
    assert_eq!(json["arrays"][0]["grid"], serde_json::json!({ "shape": [100, 100], "chunks": [[[50, 2]], [[50, 2]]] }));
    assert_eq!(serde_json::from_value::<ValueInfo>(json.clone()).unwrap(), info);
    let mut other = json;
    other["arrays"][0]["grid"]["shape"][0] = 99.into();
    assert!(serde_json::from_value::<ValueInfo>(other).is_err());

    let entries = storage.list("**").unwrap();
    let json = serde_json::to_string(&entries).unwrap();
    assert_eq!(serde_json::from_str::<Vec<ListEntry>>(&json).unwrap(), entries);
}

#[test]
fn the_codec_of_each_array_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str| Storage::builder(folder.path().join(name));
    let places = [
        (with("hdf5").codec(Codec::gzip(4).unwrap()).open().unwrap(), ["gzip:4", "zstd:1"]),
        // Bytes cannot be compressed with pcodec.
        (with("zarr").array_format(ArrayFormat::Zarr).open().unwrap(), ["blosc", "pcodec:8"]),
    ];
    let codecs = |storage: &Storage, name: &str| -> Vec<String> {
        let arrays = storage.info(name).unwrap().arrays;
        arrays.iter().map(|array| array.codec.unwrap().to_string()).collect()
    };
    for (storage, [default, chosen]) in &places {
        let codec = chosen.parse().unwrap();
        let own = array(1.0).with_codec(codec);
        let bytes = ChunkedArray::from_ndarray(Array2::from_elem((10, 10), 1_u8), &[5, 5]).unwrap().with_codec(codec);
        let of_bytes = if codec.name() == "pcodec" { "blosc" } else { chosen };
        let expected = [*default, chosen, of_bytes, default];
        storage.save("run", &(array(2.0), &own, bytes, Array2::from_elem((50, 50), 3_i64))).unwrap();
        assert_eq!(codecs(storage, "run"), expected);
        // Kept, linked.
        type Arrays = (ChunkedArray<f64>, ChunkedArray<f64>, ChunkedArray<u8>, ChunkedArray<i64>);
        let loaded: Arrays = storage.load("run").unwrap();
        storage.save("run", &loaded).unwrap();
        storage.save("other", &loaded).unwrap();
        assert_eq!(codecs(storage, "run"), expected);
        assert_eq!(codecs(storage, "other"), expected);
    }
    // Copied.
    let copy = Storage::builder(folder.path().join("copy")).array_format(ArrayFormat::Zarr).open().unwrap();
    places[1].0.copy("run", &copy).unwrap();
    assert_eq!(codecs(&copy, "run"), codecs(&places[1].0, "run"));
    // Documents of the first versions do not have it.
    let old = Storage::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/v4")).unwrap();
    assert!(old.info("gzip/object").unwrap().arrays.iter().all(|array| array.codec.is_none()));
}

#[test]
fn options_are_text() {
    fn check<T>(texts: &[&str])
    where
        T: std::str::FromStr<Err = Error> + std::fmt::Display + serde::Serialize + serde::de::DeserializeOwned,
    {
        for text in texts {
            let value: T = text.parse().unwrap();
            assert_eq!(value.to_string(), *text);
            assert_eq!(serde_json::to_value(&value).unwrap(), *text);
            assert_eq!(serde_json::from_value::<T>((*text).into()).unwrap().to_string(), *text);
        }
        let error = "neither".parse::<T>().err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(texts.iter().all(|text| error.to_string().contains(text)), "{error}");
    }
    check::<Format>(&["cbor", "json"]);
    check::<Durability>(&["synced", "not-synced"]);
    check::<ArrayFormat>(&["hdf5", "zarr"]);
}
