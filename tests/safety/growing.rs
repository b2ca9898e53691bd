//! A program that is killed while it appends to a stored array, of which chunks are taken over, or changes a part of
//! it: the value is the old one or the new one, whole.

use super::crash::{LEASE, PLACE, builder, first_step, killed_after, until_saved};
use super::sample::{Random, assert_sound, files, files_named, swept, times};
use arraystow::{ChunkedArray, Storage};
use arraystow_s3_server::{BUCKET, Server};
use ndarray::{Array2, ArrayD, s};
use std::path::Path;
use std::time::Duration;

const CHILD: &str = "growing::child_appends_until_it_is_killed";
const COLUMNS: usize = 40;

/// The rows of a step, two of the array's chunks.
fn rows_of(step: u64) -> Array2<f64> {
    Array2::from_shape_fn((2, COLUMNS), |(i, j)| (step * 1000) as f64 + (i * COLUMNS + j) as f64)
}

/// The array after a step. Every step also writes its number to the first row.
fn elements_after(step: u64) -> ArrayD<f64> {
    let rows = (0..=step).flat_map(rows_of);
    let mut all = Array2::from_shape_vec((2 * (step as usize + 1), COLUMNS), rows.collect()).unwrap();
    all[[0, 0]] = step as f64;
    all.into_dyn()
}

fn array_of(rows: Array2<f64>) -> ChunkedArray<f64> {
    ChunkedArray::from_ndarray(rows, &[1, COLUMNS]).unwrap()
}

/// Not a test by itself: what the killed programs do.
#[test]
fn child_appends_until_it_is_killed() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let storage = builder(&place, LEASE).open().unwrap();
    println!("ready");
    for step in first_step().. {
        until_saved(|| {
            let series: ChunkedArray<f64> = storage.load("sim/series")?;
            let number = ChunkedArray::from(ndarray::arr0(step as f64));
            let grown = series.appended(0, &array_of(rows_of(step)))?.updated(s![0, 0], &number)?;
            let report = storage.save("sim/series", &grown)?;
            assert_eq!(report.chunks_carried, 2 * step as usize - 1);
            Ok(())
        });
        println!("saved {step}");
    }
}

fn kill_many(place: &str, longest_us: u64, check: impl Fn(&Storage) -> usize) {
    let storage = builder(place, Duration::from_secs(60)).open().unwrap();
    storage.save("sim/series", &array_of(elements_after(0).into_dimensionality().unwrap())).unwrap();
    let mut random = Random(3);
    let (mut step, mut interrupted) = (0, 0);
    for kill in 0..times(20, 100) {
        let moment = Duration::from_micros(random.below(longest_us));
        let reported = killed_after(CHILD, place, step + 1, moment).unwrap_or(step);
        let series: ChunkedArray<f64> = storage.load("sim/series").unwrap();
        let found = series.shape()[0] as u64 / 2 - 1;
        assert!(
            found == reported || found == reported + 1,
            "kill {kill}: step {found} is there, but {reported} was saved last"
        );
        assert!(series.compute().unwrap() == elements_after(found), "kill {kill}: step {found} is not whole");
        drop(series);
        assert_sound(&storage, "sim/series");
        interrupted += usize::from(check(&storage) > 0);
        let series: ChunkedArray<f64> = storage.load("sim/series").unwrap();
        assert!(series.compute().unwrap() == elements_after(found), "a sweep has hurt step {found}");
        step = found;
    }
    println!("{step} saves, {interrupted} kills in the middle of one");
    assert!(interrupted > 0, "no kill came in the middle of a save: the test tests nothing");
}

fn killed_in_a_folder(format: &str) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("storage");
    kill_many(&format!("{}\narray_format={format}", root.display()), 60_000, |storage| {
        let count = swept(storage);
        assert_eq!(files(Path::new(storage.location())), files_named(storage));
        count
    });
}

#[test]
fn killed_in_a_folder_of_hdf5() {
    killed_in_a_folder("hdf5");
}

#[test]
fn killed_in_a_folder_of_zarr() {
    killed_in_a_folder("zarr");
}

#[test]
fn killed_on_a_server() {
    let server = Server::start();
    let options: Vec<String> = server.options().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    kill_many(&format!("s3://{BUCKET}/growing\n{}", options.join("\n")), 120_000, |storage| {
        // Before the lease is over a sweep removes nothing: the save might be alive.
        std::thread::sleep(LEASE + Duration::from_millis(200));
        swept(storage)
    });
}
