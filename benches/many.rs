//! Many arrays in one object, many objects in one workflow, and a part of a large object: each as a ratio within one
//! run.
//!
//! `cargo bench -p arraystow-benches --bench many [-- FOLDER]`; the folder decides which disk is measured (by default
//! one in `target`).
#![allow(missing_docs, clippy::print_stdout)]

use arraystow::{ChunkedArray, Shared, Storage, VerifyDepth};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = chosen.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from).join("bench-many");
    let _ = std::fs::remove_dir_all(&folder);
    let storage = Storage::open(folder.join("storage"))?;
    let other = Storage::open(folder.join("other"))?;
    println!("in {}", folder.display());
    arrays_of_one_object(&storage, &other)?;
    objects_of_one_workflow(&storage)?;
    part_of_an_object(&storage)?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn milliseconds<T>(work: impl FnOnce() -> arraystow::Result<T>) -> Outcome<(f64, T)> {
    let start = Instant::now();
    let value = work()?;
    Ok((start.elapsed().as_secs_f64() * 1e3, value))
}

/// Of `Array1<f64>` of 600 elements, for each array; everything that is in proportion stays the same down the columns.
fn arrays_of_one_object(storage: &Storage, other: &Storage) -> Outcome<()> {
    println!("\none object of so many arrays, microseconds for each array");
    println!("  arrays    save   again    load  shared  verify    info    copy   sweep  remove");
    for count in [100, 1000, 5000, 20_000] {
        let arrays: Vec<Array1<f64>> = (0..count).map(|n| Array1::from_elem(600, f64::from(n))).collect();
        let save = milliseconds(|| storage.save("all", &arrays))?.0;
        let lazy: Vec<ChunkedArray<f64>> = storage.load("all")?;
        let again = milliseconds(|| storage.save("all", &lazy))?.0;
        let (load, loaded) = milliseconds(|| storage.load::<Vec<Array1<f64>>>("all"))?;
        assert_eq!(loaded.len(), arrays.len());
        let shared: Vec<Shared<ChunkedArray<f64>>> = lazy.into_iter().map(Shared::new).collect();
        let shared = milliseconds(|| storage.save("all", &shared))?.0;
        let verify = milliseconds(|| storage.verify("all", VerifyDepth::Quick))?.0;
        let info = milliseconds(|| storage.info("all"))?.0;
        let copy = milliseconds(|| storage.copy("all", other))?.0;
        let sweep = milliseconds(|| storage.sweep())?.0;
        let remove = milliseconds(|| storage.remove("all"))?.0;
        other.remove("all")?;
        let each =
            [save, again, load, shared, verify, info, copy, sweep, remove].map(|time| time * 1e3 / f64::from(count));
        println!("{count:>8}{}", each.map(|each| format!("{each:8.1}")).concat());
    }
    Ok(())
}

fn objects_of_one_workflow(storage: &Storage) -> Outcome<()> {
    const COUNT: u32 = 20_000;
    println!("\n{COUNT} objects of one workflow");
    let save = milliseconds(|| (0..COUNT).try_for_each(|n| storage.save(&format!("many/{n:05}"), &n).map(drop)))?.0;
    let one = milliseconds(|| (0..1000).try_for_each(|n| storage.remove(&format!("many/{:05}", n * 20 + 1))))?.0;
    let (many, removed) = milliseconds(|| storage.remove_matching("many/*[05]"))?;
    let (save, one, many) = (save / f64::from(COUNT), one / 1000.0, many / removed.len() as f64);
    println!("  save              {save:.3} ms each");
    println!("  remove            {one:.3} ms each   {:.2} of a save", one / save);
    println!("  remove_matching   {many:.3} ms each   {:.2} of a save", many / save);
    storage.remove_workflow("many")?;
    Ok(())
}

macro_rules! structs {
    ($($field:ident)*) => {
        #[derive(Serialize, Deserialize)]
        struct State {
            $($field: Array2<f64>,)*
        }

        impl State {
            fn new() -> Self {
                Self { $($field: Array2::from_elem((1250, 1000), stringify!($field).len() as f64),)* }
            }
        }
    };
}
structs!(a b c d e f g h i j k l m n o p q r s t u v w x y z aa ab ac ad ae af ag ah ai aj ak al am an ao ap aq ar at au av
    aw ax ay az ba bb bc bd be bf bg bh);

#[derive(Deserialize)]
struct Part {
    k: Array2<f64>,
    at: Array2<f64>,
}

#[derive(Deserialize)]
struct Lazy {
    k: ChunkedArray<f64>,
}

/// Of some 600 MB in fields of 10 MB.
fn part_of_an_object(storage: &Storage) -> Outcome<()> {
    const ROUNDS: usize = 5;
    println!("\none object of plain fields of 10 MB each");
    storage.save("state", &State::new())?;
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        let (all, state) = milliseconds(|| storage.load::<State>("state"))?;
        let (two, part) = milliseconds(|| storage.load::<Part>("state"))?;
        assert!(part.k == state.k && part.at == state.at);
        let (none, lazy) = milliseconds(|| storage.load::<Lazy>("state"))?;
        assert_eq!(lazy.k.shape(), [1250, 1000]);
        [all, two, none].into_iter().zip(&mut times).for_each(|(time, times)| times.push(time));
    }
    let fields = storage.info("state")?.arrays.len();
    let [all, two, none] = times.map(median);
    println!("  load all {fields}    {all:.1} ms");
    println!("  load two       {two:.1} ms   {:.3} of all, where two are {:.3}", two / all, 2.0 / fields as f64);
    println!("  load one lazy  {none:.2} ms");
    storage.remove("state")?;
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
