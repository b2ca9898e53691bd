//! Saving and loading 256 MiB of `f32` in chunks of 512 x 512, beside `fs::write` and `fs::read` of the same bytes in
//! the same run. Both writes are synced.
//!
//! `cargo bench -p arraystow-benches --bench files [-- FOLDER]`; the folder decides which disk is measured (by default
//! one in `target`).
#![allow(missing_docs, clippy::print_stdout)]

use arraystow::{ChunkedArray, Storage};
use ndarray::{Array2, ArrayD, s};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const SIDE: usize = 8192;
const ROUNDS: usize = 7;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = chosen.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from).join("bench-files");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let storage = Storage::open(folder.join("storage"))?;

    // Neither compressible nor all alike.
    let mut state = 1_u64;
    let elements = Array2::from_shape_simple_fn((SIDE, SIDE), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32
    });
    let bytes: Vec<u8> = elements.iter().flat_map(|x| x.to_le_bytes()).collect();
    let array = ChunkedArray::from_ndarray(elements.clone(), &[512, 512])?;
    let plain = folder.join("plain");
    println!("256 MiB of f32, {ROUNDS} rounds, in {}", folder.display());

    let mut times: [Vec<Duration>; 6] = Default::default();
    for round in 0..ROUNDS {
        // The order alternates, so that neither always finds the disk busy with the other's leftovers.
        let mut steps: [usize; 2] = [0, 1];
        steps.rotate_left(round % 2);
        for step in steps {
            let start = Instant::now();
            if step == 0 {
                let mut file = File::create(&plain)?;
                file.write_all(&bytes)?;
                file.sync_all()?;
                times[0].push(start.elapsed());
            } else {
                storage.save("array", &array)?;
                times[1].push(start.elapsed());
            }
        }
        let start = Instant::now();
        let read = std::fs::read(&plain)?;
        times[2].push(start.elapsed());
        assert_eq!(read.len(), bytes.len());
        drop(read);

        let loaded: ChunkedArray<f32> = storage.load("array")?;
        let start = Instant::now();
        let computed: ArrayD<f32> = loaded.compute()?;
        times[3].push(start.elapsed());
        assert_eq!(computed[[SIDE - 1, SIDE - 1]], elements[[SIDE - 1, SIDE - 1]]);
        drop(computed);

        let start = Instant::now();
        let loaded: ChunkedArray<f32> = storage.load("array")?;
        loaded.slice(s![1000..1010, 1000])?.compute()?;
        times[4].push(start.elapsed());

        let start = Instant::now();
        storage.save("small", &(1, "two", 3.0))?;
        times[5].push(start.elapsed());
        std::fs::remove_file(&plain)?;
        storage.remove("array")?;
    }
    let start = Instant::now();
    let sum = std::thread::scope(|scope| {
        let halves = [&bytes[..bytes.len() / 2], &bytes[bytes.len() / 2..]];
        let threads =
            halves.map(|half| scope.spawn(move || half.chunks(1 << 20).map(crc32c::crc32c).fold(0, u32::wrapping_add)));
        threads.into_iter().map(|thread| thread.join().unwrap_or_default()).fold(0, u32::wrapping_add)
    });
    let checks = start.elapsed().as_secs_f64();
    let [write, save, read, load, chunk, small] = times.map(|times| median(times).as_secs_f64());
    println!("fs::write, synced   {write:.3} s");
    println!("save                {save:.3} s   {:.2} x", save / write);
    println!("its checksums alone {checks:.3} s   {:.2} of the save ({sum:08x})", checks / save);
    println!("fs::read            {read:.3} s");
    println!("load and compute    {load:.3} s   {:.2} x", load / read);
    println!("load and one chunk  {:.2} ms", chunk * 1e3);
    println!("save, no array      {:.2} ms", small * 1e3);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
