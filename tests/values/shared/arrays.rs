//! Arrays in shared values, and what needs no Rust type.

use super::place;
use arraystow::{ChunkedArray, ErrorKind, Shared, Storage, VerifyDepth, WeakShared};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Grid {
    lazy: ChunkedArray<f32>,
    plain: Array2<f64>,
    small: Array1<u8>,
}

#[derive(Serialize, Deserialize)]
struct Run {
    grid: Shared<Grid>,
    field: ChunkedArray<f32>,
    first: WeakShared<Run>,
}

fn lazy(first: f32) -> ChunkedArray<f32> {
    ChunkedArray::from_ndarray(Array1::from_shape_fn(50, |i| first + i as f32), &[20]).unwrap()
}

fn runs() -> Vec<Shared<Run>> {
    let field = lazy(1.0);
    let grid = Shared::new(Grid {
        lazy: field.clone(),
        plain: Array2::from_shape_fn((40, 30), |(i, j)| (i * 30 + j) as f64),
        small: Array1::from_iter(0..5),
    });
    let mut runs: Vec<Shared<Run>> = Vec::new();
    for number in 0..3 {
        let first = runs.first().map_or_else(WeakShared::new, Shared::downgrade);
        let field = if number == 2 { field.clone() } else { lazy(number as f32 * 10.0) };
        runs.push(Shared::new(Run { grid: grid.clone(), field, first }));
    }
    runs
}

fn check(runs: &[Shared<Run>]) {
    let grid = &runs[0].grid;
    assert!(runs.iter().all(|run| Shared::ptr_eq(&run.grid, grid)));
    assert!(runs[2].field.ptr_eq(&grid.lazy), "one array in two shared values");
    assert_eq!(grid.plain[[39, 29]], 1199.0);
    assert_eq!(grid.small.to_vec(), [0, 1, 2, 3, 4]);
    assert_eq!(runs[1].field.compute().unwrap()[[3]], 13.0);
    assert!(Shared::ptr_eq(&runs[1].first.upgrade().unwrap(), &runs[0]));
}

#[test]
fn arrays_in_shared_values_are_diverted_once() {
    let place = place();
    let storage = Storage::open(place.folder.path()).unwrap();
    storage.save("a/runs", &runs()).unwrap();
    check(&storage.load::<Vec<Shared<Run>>>("a/runs").unwrap());
    let info = storage.info("a/runs").unwrap();
    let mut paths: Vec<_> = info.arrays.iter().map(|array| array.paths.clone()).collect();
    paths.sort();
    let expected: [&[&str]; 4] = [&["[0].field"], &["[0].grid.plain"], &["[1].field"], &["[2].field", "[0].grid.lazy"]];
    assert_eq!(paths, expected);
}

#[test]
fn saving_what_was_loaded_keeps_the_arrays_where_they_are() {
    let place = place();
    let storage = Storage::open(place.folder.path()).unwrap();
    storage.save("runs", &runs()).unwrap();
    let files = |lazy: bool| {
        let arrays = storage.info("runs").unwrap().arrays;
        let of_kind = arrays.into_iter().filter(|array| array.paths.iter().all(|path| path.contains("plain")) != lazy);
        of_kind.map(|array| array.file).collect::<Vec<_>>()
    };
    let before = files(true);
    let mut loaded: Vec<Shared<Run>> = storage.load("runs").unwrap();
    let last = &loaded[2];
    let more = Run { grid: last.grid.clone(), field: last.field.clone(), first: Shared::downgrade(&loaded[0]) };
    loaded.push(Shared::new(more));
    storage.save("runs", &loaded).unwrap();
    assert_eq!(files(true), before);
    let loaded: Vec<Shared<Run>> = storage.load("runs").unwrap();
    check(&loaded);
    assert!(Shared::ptr_eq(&loaded[3].grid, &loaded[0].grid));
}

#[test]
fn what_needs_no_type_works_with_shared_values() {
    let (here, there) = (place(), place());
    let storage = Storage::open(here.folder.path()).unwrap();
    storage.save("a/runs", &runs()).unwrap();
    assert!(storage.verify("a/runs", VerifyDepth::Deep).unwrap().is_sound());
    assert_eq!(storage.list("**").unwrap().len(), 1);
    let mut others = vec![Storage::open(there.folder.path()).unwrap()];
    if cfg!(feature = "object-store") {
        others.push(Storage::open("memory://").unwrap());
    }
    for other in others {
        storage.copy("a/runs", &other).unwrap();
        assert!(other.verify("a/runs", VerifyDepth::Deep).unwrap().is_sound());
        check(&other.load::<Vec<Shared<Run>>>("a/runs").unwrap());
        other.remove("a/runs").unwrap();
        assert!(other.list("**").unwrap().is_empty());
    }
    storage.remove("a/runs").unwrap();
    let left = std::fs::read_dir(here.folder.path().join("a/bigdata")).into_iter().flatten();
    let arrays = left.filter(|entry| !entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(arrays.count(), 0);
}

#[test]
fn errors_about_arrays_name_the_place_in_the_object() {
    let place = place();
    let storage = Storage::open(place.folder.path()).unwrap();
    let bad = &lazy(0.0) + &ChunkedArray::from_ndarray(Array1::<f32>::zeros(3), &[3]).unwrap();
    let mut runs = runs();
    runs.push(Shared::new(Run { grid: runs[0].grid.clone(), field: bad, first: WeakShared::new() }));
    let error = storage.save("runs", &runs).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidInput, Some("[3].field")), "{error}");
    runs.pop();
    storage.save("runs", &runs).unwrap();

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct OtherGrid {
        lazy: ChunkedArray<u8>,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct OtherRun {
        grid: Shared<OtherGrid>,
    }
    let error = storage.load::<Vec<Shared<OtherRun>>>("runs").unwrap_err();
    assert_eq!((error.kind(), error.document()), (ErrorKind::TypeMismatch, Some("runs")), "{error}");
    assert!(error.array().is_some() && error.path().is_some(), "{error}");

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Texts {
        grid: Shared<Inner>,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Inner {
        small: String,
    }
    let error = storage.load::<Vec<Shared<Texts>>>("runs").unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("[0].grid.small")), "{error}");
}
