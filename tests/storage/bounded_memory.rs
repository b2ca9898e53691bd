//! A save needs memory for a few chunks, not for an array.

use arraystow::{ChunkedArray, Storage};
use arraystow_tests::memory;
use ndarray::{ArrayD, s};
use std::collections::BTreeMap;
use std::process::Command;

const FOLDER: &str = "ARRAYSTOW_TEST_FOLDER";
const SIDE: usize = 1 << 15;

/// 4 GiB that are in memory at no time: in a process of its own, whose peak the kernel knows.
#[test]
fn a_lazy_array_of_4_gib_is_saved_and_read_in_less_than_300_mib() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return save_and_read(&Storage::open(folder).unwrap());
    }
    // On a disk; a folder for temporary files may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "bounded_memory::a_lazy_array_of_4_gib_is_saved_and_read_in_less_than_300_mib",
        ])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    let peak = peak_in(&out);
    assert!(peak < 300 << 20, "the peak was {} MiB", peak >> 20);
}

fn save_and_read(storage: &Storage) {
    let array = ChunkedArray::<f32>::from_fn(&[SIDE, SIDE], &[512, 512], |region| {
        ArrayD::from_elem(region.shape(), (region.start()[0] + region.start()[1]) as f32)
    });
    storage.save("large", &array.unwrap()).unwrap();
    assert!(storage.info("large").unwrap().array_bytes() > 4 << 30);
    let loaded: ChunkedArray<f32> = storage.load("large").unwrap();
    assert_eq!(loaded.slice(s![-1, -1]).unwrap().compute().unwrap()[[]], (2 * (SIDE - 512)) as f32);
    assert_eq!(loaded.max().unwrap(), (2 * (SIDE - 512)) as f32);
    storage.remove("large").unwrap();
    println!("\npeak: {}", memory::peak());
}

/// The peak that such a process has printed.
fn peak_in(out: &str) -> usize {
    let peak = out.lines().find_map(|line| line.strip_prefix("peak: ")).unwrap_or_else(|| panic!("{out}"));
    peak.parse().unwrap()
}

const STEP: &str = "ARRAYSTOW_TEST_STEP";
const PLAIN_BYTES: usize = 512 << 20;

/// Fields of plain arrays that are diverted, each in its own type.
mod plain {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub(super) struct List {
        #[serde(with = "arraystow::vec")]
        pub(super) list: Vec<f64>,
    }

    #[derive(Serialize, Deserialize)]
    pub(super) struct Array {
        #[serde(with = "arraystow::ndarray")]
        pub(super) array: ndarray::Array2<f32>,
    }

    #[cfg(feature = "nalgebra")]
    #[derive(Serialize, Deserialize)]
    pub(super) struct Matrix {
        #[serde(with = "arraystow::ndarray")]
        pub(super) matrix: nalgebra::DMatrix<f64>,
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq, arraystow::Element)]
    pub(super) struct Reading {
        pub(super) time: i64,
        pub(super) value: f64,
    }

    #[derive(Serialize, Deserialize)]
    pub(super) struct Records {
        #[serde(with = "arraystow::vec")]
        pub(super) records: Vec<Reading>,
    }

    /// With options.
    #[arraystow::stow]
    #[derive(Serialize, Deserialize)]
    pub(super) struct Stowed {
        #[stow(codec = "none")]
        pub(super) list: Vec<f64>,
        #[stow(dims = ["row", "column"])]
        pub(super) array: Option<ndarray::Array2<f32>>,
    }

    /// Many of them, each too small to be written by itself.
    #[derive(Serialize, Deserialize)]
    pub(super) struct Many {
        pub(super) lists: Vec<List>,
    }
}

/// A plain array is in memory once while it is saved, and once while it is loaded.
#[test]
fn plain_arrays_are_in_memory_once() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return step(&std::env::var(STEP).unwrap(), &Storage::open(folder).unwrap());
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let kinds = ["list", "array", "records", "many", "stowed", "layers"];
    let kinds = kinds.iter().chain(cfg!(feature = "nalgebra").then_some(&"matrix"));
    for step in kinds.flat_map(|kind| [format!("save {kind}"), format!("load {kind}")]) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "bounded_memory::plain_arrays_are_in_memory_once"])
            .envs([(FOLDER, folder.path().as_os_str()), (STEP, step.as_ref())])
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{step}: {out}{err}");
        let bytes = peak_in(&out);
        let most = match step.split_once(' ') {
            Some((_, "many")) => PLAIN_BYTES / 5 * 6,
            // serde passes them element by element.
            Some((_, "layers")) => PLAIN_BYTES / 4 * 5,
            _ => PLAIN_BYTES / 20 * 21,
        };
        assert!(bytes < most, "{step}: the peak was {:.2} of the array", bytes as f64 / PLAIN_BYTES as f64);
    }
}

fn step(step: &str, storage: &Storage) {
    let len = PLAIN_BYTES / 8;
    let list = |len: usize| plain::List { list: (0..len).map(|x| x as f64).collect() };
    match step {
        "save list" => drop(storage.save("list", &list(len)).unwrap()),
        "load list" => {
            let loaded: plain::List = storage.load("list").unwrap();
            assert!(loaded.list.iter().enumerate().all(|(at, x)| *x == at as f64));
        }
        "save array" => {
            let array = ndarray::Array2::from_shape_fn((2 * len / 4096, 4096), |(i, j)| (i + j) as f32);
            storage.save("array", &plain::Array { array }).unwrap();
        }
        "load array" => {
            let loaded: plain::Array = storage.load("array").unwrap();
            assert!(loaded.array.indexed_iter().all(|((i, j), x)| *x == (i + j) as f32));
        }
        #[cfg(feature = "nalgebra")]
        "save matrix" => {
            let matrix = nalgebra::DMatrix::from_fn(len / 4096, 4096, |i, j| (i * 4096 + j) as f64);
            storage.save("matrix", &plain::Matrix { matrix }).unwrap();
        }
        #[cfg(feature = "nalgebra")]
        "load matrix" => {
            let loaded: plain::Matrix = storage.load("matrix").unwrap();
            assert_eq!(loaded.matrix[(17, 18)], (17 * 4096 + 18) as f64);
        }
        "save records" => {
            let record = |x: usize| plain::Reading { time: x as i64, value: x as f64 };
            storage.save("records", &plain::Records { records: (0..len / 2).map(record).collect() }).unwrap();
        }
        "load records" => {
            let loaded: plain::Records = storage.load("records").unwrap();
            assert!(loaded.records.iter().enumerate().all(|(at, x)| x.time == at as i64 && x.value == at as f64));
        }
        "save stowed" => {
            let array = ndarray::Array2::from_shape_fn((len / 4096, 4096), |(i, j)| (i + j) as f32);
            let list = list(len / 2).list;
            drop(storage.save("stowed", &plain::Stowed { list, array: Some(array) }).unwrap());
        }
        "load stowed" => {
            let loaded: plain::Stowed = storage.load("stowed").unwrap();
            assert_eq!((loaded.list[17], loaded.array.unwrap()[[17, 18]]), (17.0, 35.0));
        }
        "save many" => {
            let lists = (0..128).map(|_| list(len / 128)).collect();
            drop(storage.save("many", &plain::Many { lists }).unwrap());
        }
        "load many" => {
            let loaded: plain::Many = storage.load("many").unwrap();
            assert!(loaded.lists.iter().all(|list| list.list[17] == 17.0));
        }
        "save layers" => {
            let side = len / 128 / 512 * 2;
            let layer = |n: usize| ndarray::Array2::from_shape_fn((side, 512), |(i, j)| (n + i + j) as f32);
            let layers: BTreeMap<usize, _> = (0..128).map(|n| (n, layer(n))).collect();
            drop(storage.save("layers", &layers).unwrap());
        }
        "load layers" => {
            let loaded: BTreeMap<usize, ndarray::Array2<f32>> = storage.load("layers").unwrap();
            let is_whole = |(n, layer): (&usize, &ndarray::Array2<f32>)| {
                layer.indexed_iter().all(|((i, j), x)| *x == (n + i + j) as f32)
            };
            assert!(loaded.len() == 128 && loaded.iter().all(is_whole));
        }
        _ => panic!("{step}"),
    }
    println!("\npeak: {}", memory::peak());
}
