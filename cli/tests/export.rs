//! `export` of elements that are no numbers, to the files that other programs read.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{AnyArray, ChunkedArray, DataType, Element, EnumType, FixedBytes, FixedText, Storage, TimeUnit};
use ndarray::array;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::process::{Command, Output};
use tempfile::TempDir;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Station {
    name: FixedText<8>,
    lat: f32,
    corner: [i16; 2],
    is_open: bool,
}

fn times(data_type: DataType, counts: &[i64]) -> AnyArray {
    let bytes: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
    AnyArray::from_bytes(data_type, &[counts.len()], &[2], &bytes).unwrap()
}

/// An array of each kind of element that is no number.
fn kinds() -> BTreeMap<&'static str, AnyArray> {
    let quality = EnumType::new(DataType::UInt8, [("good", 0), ("bad", 7)]).unwrap();
    let name = |name: &str| FixedText::<8>::new(name).unwrap();
    let station = |text: &str, lat| Station { name: name(text), lat, corner: [-1, 2], is_open: lat > 50.0 };
    BTreeMap::from([
        ("days", times(DataType::DateTime64(TimeUnit::Day), &[0, 18_262, i64::MIN])),
        ("seconds", times(DataType::DateTime64(TimeUnit::Second), &[0, -1, i64::MAX])),
        ("nanoseconds", times(DataType::DateTime64(TimeUnit::Nanosecond), &[1_577_836_800_000_000_001])),
        ("spans", times(DataType::TimeDelta64(TimeUnit::Millisecond), &[1500, i64::MIN])),
        ("text", ChunkedArray::from(array![[name("Po"), name("El, \"E\"")]]).into()),
        ("string", ChunkedArray::from(array!["Rhine", "", "a,b"].map(|text| text.to_string())).into()),
        ("bytes", ChunkedArray::from(array![FixedBytes([1, 0]), FixedBytes([255, 2])]).into()),
        ("enum", AnyArray::from_bytes(DataType::Enum(quality), &[3], &[3], &[7, 0, 9]).unwrap()),
        ("record", ChunkedArray::from(array![station("Brocken", 51.75), station("Zugs", 47.5)]).into()),
        ("bfloat16", ChunkedArray::from(array![half::bf16::ONE]).into()),
    ])
}

fn exported(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_arraystow")).args(arguments).output().unwrap()
}

struct Files {
    folder: TempDir,
    place: String,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("storage").display().to_string();
        Storage::open(&place).unwrap().save("all", &kinds()).unwrap();
        Self { folder, place }
    }

    fn file(&self, kind: &str, ending: &str) -> String {
        self.folder.path().join(format!("{kind}.{ending}")).display().to_string()
    }

    /// The file of an array.
    #[track_caller]
    fn export(&self, kind: &str, ending: &str) -> String {
        let file = self.file(kind, ending);
        let output = exported(&["export", &self.place, "all", "--path", kind, &file]);
        assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(&file).unwrap_or_default()
    }

    fn json(&self, kind: &str) -> Json {
        serde_json::from_str(&self.export(kind, "json")).unwrap()
    }
}

#[test]
fn elements_of_all_kinds_are_json() {
    let files = Files::new();
    assert_eq!(files.json("days"), json!(["1970-01-01", "2020-01-01", "NaT"]));
    // No calendar has the last one.
    let last = format!("{} s", i64::MAX);
    assert_eq!(files.json("seconds"), json!(["1970-01-01T00:00:00", "1969-12-31T23:59:59", last]));
    assert_eq!(files.json("nanoseconds"), json!(["2020-01-01T00:00:00.000000001"]));
    assert_eq!(files.json("spans"), json!(["1500 ms", "NaT"]));
    assert_eq!(files.json("text"), json!([["Po", "El, \"E\""]]));
    assert_eq!(files.json("string"), json!(["Rhine", "", "a,b"]));
    assert_eq!(files.json("bytes"), json!(["0100", "ff02"]));
    assert_eq!(files.json("enum"), json!(["bad", "good", 9]));
    let stations = json!([
        { "name": "Brocken", "lat": 51.75, "corner": [-1, 2], "is_open": true },
        { "name": "Zugs", "lat": 47.5, "corner": [-1, 2], "is_open": false },
    ]);
    assert_eq!(files.json("record"), stations);
    // `head` prints the same.
    let head = exported(&["head", &files.place, "all", "record", "--json"]);
    let head: Json = serde_json::from_slice(&head.stdout).unwrap();
    assert_eq!(head["elements"], stations);
}

#[test]
fn elements_of_all_kinds_are_tables() {
    let files = Files::new();
    assert_eq!(files.export("days", "csv"), "1970-01-01\n2020-01-01\nNaT\n");
    assert_eq!(files.export("spans", "csv"), "1500 ms\nNaT\n");
    assert_eq!(files.export("text", "csv"), "Po,\"El, \"\"E\"\"\"\n");
    assert_eq!(files.export("string", "csv"), "Rhine\n\"\"\n\"a,b\"\n");
    assert_eq!(files.export("bytes", "csv"), "0100\nff02\n");
    assert_eq!(files.export("enum", "csv"), "bad\ngood\n9\n");
    let table = "name,lat,corner,is_open\nBrocken,51.75,\"[-1,2]\",true\nZugs,47.5,\"[-1,2]\",false\n";
    assert_eq!(files.export("record", "csv"), table);
}

#[test]
fn numpy_reads_what_it_has_types_for() {
    let files = Files::new();
    for kind in ["days", "seconds", "spans", "text", "bytes", "enum", "record"] {
        files.export(kind, "npy");
    }
    let script = "import sys, numpy as np\n\
                  load = lambda kind: np.load(f'{sys.argv[1]}/{kind}.npy')\n\
                  days = load('days')\n\
                  assert days.dtype == '<M8[D]' and days[1] == np.datetime64('2020-01-01') and np.isnat(days[2])\n\
                  assert load('seconds').dtype == '<M8[s]' and load('seconds')[1] == np.datetime64(-1, 's')\n\
                  assert load('spans').dtype == '<m8[ms]' and load('spans')[0] == np.timedelta64(1500, 'ms')\n\
                  text = load('text')\n\
                  assert text.dtype == 'S8' and text.shape == (1, 2) and text[0, 0] == b'Po', text\n\
                  assert load('bytes').dtype == 'V2' and load('bytes')[1].tobytes() == b'\\xff\\x02'\n\
                  assert load('enum').tolist() == [7, 0, 9]\n\
                  record = load('record')\n\
                  assert record.dtype.names == ('name', 'lat', 'corner', 'is_open'), record.dtype\n\
                  assert record['lat'].tolist() == [51.75, 47.5] and record['corner'].tolist() == [[-1, 2]] * 2\n\
                  assert record['name'].tolist() == [b'Brocken', b'Zugs'] and record['is_open'].tolist() == [True, False]\n";
    arraystow_tests::python_env::run(&["numpy==2.2.6"], script, &[&files.folder.path().display().to_string()]);
}

/// What an error proposes works.
#[test]
fn what_has_no_npy_has_json() {
    let files = Files::new();
    for kind in ["string", "bfloat16"] {
        let file = files.file(kind, "npy");
        let output = exported(&["export", &files.place, "all", "--path", kind, &file]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains("write a .json file"), "{error}");
        assert!(!std::path::Path::new(&file).exists());
        files.export(kind, "json");
        files.export(kind, "csv");
    }
    let cube = ChunkedArray::from(ndarray::Array3::<f32>::zeros((2, 2, 2)));
    Storage::open(&files.place).unwrap().save("cube", &cube).unwrap();
    let output = exported(&["export", &files.place, "cube", &files.file("cube", "csv")]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("--slice, or write a .json file"));
    assert!(exported(&["export", &files.place, "cube", &files.file("cube", "json")]).status.success());
    let output = exported(&["export", &files.place, "cube", "--slice", "0", &files.file("cube", "csv")]);
    assert!(output.status.success());
}
