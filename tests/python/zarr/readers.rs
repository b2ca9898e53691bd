//! Which other program reads what: `docs/readers.md` is made here, each cell by the program itself.
//! `ARRAYSTOW_WRITE_DOCS=1 cargo test --test python readers` writes it.

use arraystow::{ChunkGrid, ChunkedArray, Codec, DataType, Element, FixedBytes, FixedText, Storage, ZarrVersion};
use arraystow_s3_server::Server;
use arraystow_tests::python_env;
use arraystow_tests::samples::{every_type, sample};
use half::bf16;
use jiff::{SignedDuration, Timestamp};
use ndarray::Array1;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const SCRIPT: &str = concat!(
    "import numpy as np\n",
    include_str!("../../src/samples.py"),
    include_str!("others.py"),
    include_str!("readers.py")
);
const BEFORE: &str = include_str!("readers_before.md");
const AFTER: &str = include_str!("readers_after.md");

/// An array for the readers to read.
#[derive(Serialize)]
struct Case {
    format: &'static str,
    row: String,
    path: PathBuf,
    dtype: String,
    shape: Vec<usize>,
    /// Its elements are not those that were written.
    damaged: bool,
    /// hdf5plugin is imported before; stays so.
    plugin: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
#[repr(i8)]
enum Quality {
    #[default]
    Good = 0,
    Doubtful = 1,
    Bad = -4,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Reading {
    flag: bool,
    value: f64,
    name: FixedText<8>,
    quality: Quality,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Dated {
    time: Timestamp,
    value: f32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Point {
    position: [f32; 3],
    weight: u16,
}

fn date(i: usize) -> Timestamp {
    Timestamp::from_nanosecond(i as i128 * 86_399_000_000_001 - 1_000_000_000_000_000).unwrap()
}

fn text(i: usize) -> FixedText<8> {
    FixedText::new(["", "\u{e4}\u{df}x", "a b", "01234567"][i % 4]).unwrap()
}

fn quality(i: usize) -> Quality {
    [Quality::Good, Quality::Doubtful, Quality::Bad][i % 3]
}

/// Where arrays of one format lie, and those that were saved there.
struct Shelf<'a> {
    format: &'static str,
    storage: &'a dyn Fn(Codec, usize) -> Storage,
    /// The arrays of a workflow, once all are saved.
    arrays: PathBuf,
    cases: Vec<Case>,
}

impl Shelf<'_> {
    fn save<T: Element>(&mut self, row: &str, codec: Codec, shard_bytes: usize, array: &ChunkedArray<T>) -> &mut Case {
        let storage = (self.storage)(codec, shard_bytes);
        // zarr-python opens no group with an array of a type that it does not know.
        let workflow = if T::DATA_TYPE == DataType::BFloat16 { "bfloat16" } else { "group" };
        let name = format!("{workflow}/{}", self.cases.len());
        storage.save(&name, array).unwrap();
        let file = storage.info(&name).unwrap().arrays[0].file.clone();
        self.cases.push(Case {
            format: self.format,
            row: row.to_owned(),
            path: Path::new(&self.arrays.to_str().unwrap().replace("/group/", &format!("/{workflow}/"))).join(file),
            dtype: T::DATA_TYPE.to_string(),
            shape: array.shape().to_vec(),
            damaged: false,
            plugin: false,
        });
        self.cases.last_mut().unwrap()
    }

    /// Elements that are not numbers, as `others.py` has them.
    fn save_others(&mut self, codec: Codec) {
        fn of<T: Element>(element: impl Fn(usize) -> T) -> ChunkedArray<T> {
            ChunkedArray::from_ndarray(Array1::from_iter((0..37).map(element)), &[10]).unwrap()
        }
        if self.format != "zarr2" {
            let brain = of(|i| bf16::from_f32([0.0, -0.0, f32::INFINITY, 1.5][i % 4] * (i + 1) as f32));
            self.save("`bfloat16`", codec, 0, &brain).dtype = "bfloat16".to_owned();
        }
        let missing = |i: usize| !i.is_multiple_of(7);
        let dates = of(|i| missing(i).then(|| date(i)));
        self.save("`datetime64[ns]`", codec, 0, &dates).dtype = "datetime64".to_owned();
        let durations = of(|i| missing(i).then(|| SignedDuration::from_nanos(i as i64 * 1_000_003 - 9)));
        self.save("`timedelta64[ns]`", codec, 0, &durations).dtype = "timedelta64".to_owned();
        let numbers = of(|i| missing(i).then_some(i as f32 / 4.0));
        self.save("`float32`, some missing", codec, 0, &numbers).dtype = "gaps_f4".to_owned();
        let numbers = of(|i| missing(i).then_some(i as i32 - 9));
        self.save("`int32`, some missing", codec, 0, &numbers).dtype = "gaps_i4".to_owned();
        self.save("strings of at most 8 bytes", codec, 0, &of(text)).dtype = "text".to_owned();
        let long = of(|i| text(i).as_str().repeat(i));
        self.save("strings of any length", codec, 0, &long).dtype = "string".to_owned();
        self.save("bytes", codec, 0, &of(|i| FixedBytes([i as u8, 0, 255]))).dtype = "bytes".to_owned();
        self.save("an enumeration", codec, 0, &of(quality)).dtype = "enumeration".to_owned();
        let records =
            of(|i| Reading { flag: i.is_multiple_of(3), value: i as f64 / 4.0, name: text(i), quality: quality(i) });
        self.save("records", codec, 0, &records).dtype = "records".to_owned();
        let dated = of(|i| Dated { time: date(i), value: i as f32 });
        self.save("records with dates", codec, 0, &dated).dtype = "dated".to_owned();
        if self.format == "hdf5" {
            let points = of(|i| Point { position: [i as f32, 0.5, -(i as f32)], weight: i as u16 });
            self.save("records with small arrays", codec, 0, &points).dtype = "points".to_owned();
        }
    }

    fn save_all(&mut self, plain: Codec, codecs: &[(&str, Codec)]) {
        // As many chunks as an axis is long: what lies beside the elements must not be taken for an axis of them.
        every_type!(T => {
            let array = ChunkedArray::from_ndarray(sample::<T>(&[37]), &[1]).unwrap();
            self.save(&format!("`{}`", T::DATA_TYPE), plain, 0, &array);
        });
        self.save_others(plain);
        let of = |shape: &[usize], chunk: &[usize]| ChunkedArray::from_ndarray(sample::<f64>(shape), chunk).unwrap();
        self.save("no axes", plain, 0, &of(&[], &[]));
        self.save("no elements", plain, 0, &of(&[0, 3], &[1, 3]));
        self.save("axes of equal length", plain, 0, &of(&[12, 12], &[1, 12]));
        self.save("five axes", plain, 0, &of(&[2, 3, 4, 3, 2], &[1, 2, 3, 2, 1]));
        let irregular = ChunkGrid::irregular(&[vec![3, 5, 2], vec![4, 4]]).unwrap();
        let irregular = ChunkedArray::from_ndarray(sample::<f64>(&[10, 8]), irregular).unwrap();
        self.save("irregular chunks", plain, 0, &irregular);
        for (row, codec) in codecs {
            self.save(row, *codec, 0, &of(&[37, 21], &[10, 8]));
        }
        if self.format == "zarr3" {
            self.save("shards", plain, 2000, &of(&[37, 21], &[10, 8]));
        }
        self.save("a flipped bit", Codec::NONE, 0, &of(&[40], &[40])).damaged = true;
        if self.format != "hdf5" {
            self.save("a lost chunk", Codec::NONE, 0, &of(&[40], &[10])).damaged = true;
        }
    }
}

/// Flips a bit of the elements 20 and the following in one of the files of the array, or removes the file.
fn damage(path: &Path, remove: bool) {
    let wanted: Vec<u8> = (20..25).flat_map(|number| f64::from(number).to_le_bytes()).collect();
    let mut files: Vec<PathBuf> = vec![path.to_owned()];
    while let Some(file) = files.pop() {
        if file.is_dir() {
            files.extend(fs::read_dir(&file).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let mut bytes = fs::read(&file).unwrap();
        if let Some(at) = bytes.windows(wanted.len()).position(|window| window == wanted) {
            bytes[at + 6] ^= 1;
            if remove {
                fs::remove_file(&file).unwrap()
            } else {
                fs::write(&file, bytes).unwrap()
            }
            return;
        }
    }
    panic!("no elements in {}", path.display());
}

type Tables = BTreeMap<String, (Vec<String>, Vec<String>, BTreeMap<(String, String), String>)>;

/// What the readers said of each case.
fn ask(tables: &mut Tables, packages: &[&str], arguments: &[&str], reported: &mut String) {
    for line in python_env::run(packages, SCRIPT, arguments).lines() {
        let [format, row, reader, word, why]: [String; 5] = serde_json::from_str(line).unwrap();
        let (rows, readers, cells) = tables.entry(format.clone()).or_default();
        for (list, item) in [(rows, &row), (readers, &reader)] {
            if !list.contains(item) {
                list.push(item.clone());
            }
        }
        if word == "no" {
            let _ = writeln!(reported, "{format}, {row}, {reader}: {why}");
        }
        cells.insert((row, reader), word);
    }
}

#[test]
fn each_reader_reads_what_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let server = Server::start();

    let files = |codec, _| Storage::builder(place("hdf5")).codec(codec).open().unwrap();
    let arrays = place("hdf5/group/bigdata");
    let mut hdf5 = Shelf { format: "hdf5", storage: &files, arrays, cases: Vec::new() };
    hdf5.save_all(Codec::NONE, &[("gzip", Codec::gzip(4).unwrap()), ("zstd", Codec::zstd(3).unwrap())]);
    let array = ChunkedArray::from_ndarray(sample::<f64>(&[37, 21]), &[10, 8]).unwrap();
    hdf5.save("zstd, after `import hdf5plugin`", Codec::zstd(3).unwrap(), 0, &array).plugin = true;

    let mut cases = hdf5.cases;
    let of_both =
        [("not compressed", Codec::NONE), ("gzip", Codec::gzip(4).unwrap()), ("zstd", Codec::zstd(3).unwrap())];
    let of_3 = [of_both.as_slice(), &[("pcodec", Codec::pcodec(8).unwrap())]].concat();
    for (format, version, codecs) in [("zarr3", ZarrVersion::V3, of_3.as_slice()), ("zarr2", ZarrVersion::V2, &of_both)]
    {
        let objects = |codec, shard_bytes| {
            server.builder(format).zarr_version(version).codec(codec).shard_bytes(shard_bytes).open().unwrap()
        };
        let arrays = place(&format!("{format}/group/bigdata/dask_arrays"));
        let mut zarr = Shelf { format, storage: &objects, arrays, cases: Vec::new() };
        zarr.save_all(Codec::BLOSC, codecs);
        cases.extend(zarr.cases);
    }
    for key in server.keys() {
        fs::create_dir_all(place(&key).parent().unwrap()).unwrap();
        fs::write(place(&key), server.read(&key)).unwrap();
    }
    for case in cases.iter().filter(|case| case.damaged) {
        damage(&case.path, case.row == "a lost chunk");
    }
    // With hdf5plugin last of all.
    cases.sort_by_key(|case| case.plugin);

    let list = place("cases.json");
    fs::write(&list, serde_json::to_vec(&cases).unwrap()).unwrap();
    let list = list.to_str().unwrap();
    let (mut tables, mut reported) = (Tables::new(), String::new());
    ask(&mut tables, python_env::READERS, &[list], &mut reported);
    ask(&mut tables, python_env::ZARR_2, &[list, "zarr-python 2"], &mut reported);

    let mut page = BEFORE.to_owned();
    for (format, title) in [("hdf5", "HDF5 files"), ("zarr3", "Zarr, version 3"), ("zarr2", "Zarr, version 2")] {
        let (rows, readers, cells) = &tables[format];
        let _ =
            write!(page, "\n## {title}\n\n| | {} |\n|{}\n", readers.join(" | "), " --- |".repeat(1 + readers.len()));
        for row in rows {
            let words = readers.iter().map(|reader| cells[&(row.clone(), reader.clone())].as_str());
            let _ = writeln!(page, "| {row} | {} |", words.collect::<Vec<_>>().join(" | "));
        }
    }
    page += AFTER;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/readers.md");
    if std::env::var_os("ARRAYSTOW_WRITE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == page,
        "docs/readers.md is not what the test makes: ARRAYSTOW_WRITE_DOCS=1 writes it\n{page}\n{reported}"
    );
}
