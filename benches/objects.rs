//! Saving and loading 256 MiB of `f32` in 256 chunks of 1 MiB on an S3 server, beside object_store's own puts and gets
//! of the same bytes, 64 at a time, in the same run; with no latency and with 20 ms.
//!
//! `cargo bench -p arraystow-benches --bench objects`. The server is a process of its own, over real HTTP on this
//! machine, with its objects in memory. Payloads are not signed, as over TLS.
#![allow(missing_docs, clippy::print_stdout)]

use arraystow::{ChunkedArray, Codec, Storage};
use arraystow_s3_server::Server;
use futures::{StreamExt, TryStreamExt, stream};
use ndarray::{Array2, ArrayD};
use object_store::aws::{AmazonS3, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SIDE: usize = 8192;
const CHUNK: usize = 512;
const CHUNK_BYTES: usize = CHUNK * CHUNK * 4;
const COUNT: usize = (SIDE / CHUNK) * (SIDE / CHUNK);
const AT_A_TIME: usize = 64;
const ROUNDS: usize = 5;
/// The variable of the process that is the server, with its latency in milliseconds.
const LATENCY: &str = "ARRAYSTOW_BENCH_LATENCY";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    if let Ok(latency) = std::env::var(LATENCY) {
        return serve(latency.parse()?);
    }
    // Neither compressible nor all alike.
    let mut state = 1_u64;
    let random = Array2::from_shape_simple_fn((SIDE, SIDE), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32
    });
    let random = ChunkedArray::from_ndarray(random, &[CHUNK, CHUNK])?;
    let smooth = ChunkedArray::from_ndarray(Array2::from_shape_fn((SIDE, SIDE), smooth_at), &[CHUNK, CHUNK])?;
    println!("256 MiB of f32 in {COUNT} chunks, {ROUNDS} rounds, {AT_A_TIME} requests at a time");
    for latency in [0, 20] {
        let server = Elsewhere::start(latency)?;
        println!("\n{latency} ms of latency");
        compare(&server.server, &random, &smooth)?;
    }
    let server = Elsewhere::start(0)?;
    println!("\nsmooth f32, codecs:");
    for codec in [Codec::NONE, Codec::BLOSC, Codec::zstd(3)?, Codec::pcodec(8)?] {
        let storage = storage(&server.server, codec)?;
        let cpu = cpu_seconds()?;
        storage.save("array", &smooth)?;
        let cpu = cpu_seconds()? - cpu;
        println!(
            "  {:<10} {:>4} MB  {cpu:.2} CPU s",
            format!("{codec:?}"),
            storage.info("array")?.array_bytes() / 1_000_000
        );
        storage.remove("array")?;
    }
    Ok(())
}

fn smooth_at((row, column): (usize, usize)) -> f32 {
    let (y, x) = (row as f32 / SIDE as f32, column as f32 / SIDE as f32);
    (7.0 * x).sin() * (5.0 * y).cos() + 0.3 * (31.0 * x * y).sin()
}

fn compare(server: &Server, random: &ChunkedArray<f32>, smooth: &ChunkedArray<f32>) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let client = server.client().with_config(AmazonS3ConfigKey::UnsignedPayload, "true").build()?;
    let elements = random.compute()?;
    let bytes: Vec<u8> = elements.iter().flat_map(|x| x.to_le_bytes()).collect();
    let bytes = bytes::Bytes::from(bytes);
    let (plain, blosc) = (storage(server, Codec::NONE)?, storage(server, Codec::BLOSC)?);
    let mut times: [Vec<Duration>; 6] = Default::default();
    let mut timed = |slot: usize, work: &mut dyn FnMut() -> Outcome<()>| -> Outcome<()> {
        let start = Instant::now();
        work()?;
        times[slot].push(start.elapsed());
        Ok(())
    };
    for _ in 0..ROUNDS {
        timed(0, &mut || Ok(runtime.block_on(put_all(&client, &bytes))?))?;
        timed(1, &mut || plain.save("plain", random).map(drop).map_err(Into::into))?;
        timed(2, &mut || blosc.save("blosc", smooth).map(drop).map_err(Into::into))?;
        timed(3, &mut || Ok(runtime.block_on(get_all(&client))?))?;
        for (slot, storage, name, expected) in [(4, &plain, "plain", random), (5, &blosc, "blosc", smooth)] {
            let mut loaded: Option<ArrayD<f32>> = None;
            timed(slot, &mut || {
                loaded = Some(storage.load::<ChunkedArray<f32>>(name)?.compute()?);
                Ok(())
            })?;
            assert_eq!(loaded, Some(expected.compute()?));
        }
        plain.remove("plain")?;
        blosc.remove("blosc")?;
    }
    let [put, save, save_blosc, get, load, load_blosc] = times.map(|times| median(times).as_secs_f64());
    println!("  object_store puts        {put:.3} s");
    println!("  save, no codec           {save:.3} s   {:.2} x", save / put);
    println!("  save, blosc, smooth      {save_blosc:.3} s   {:.2} x", save_blosc / put);
    println!("  object_store gets        {get:.3} s");
    println!("  load, no codec           {load:.3} s   {:.2} x", load / get);
    println!("  load, blosc, smooth      {load_blosc:.3} s   {:.2} x", load_blosc / get);

    // Of an array that is in memory at no time.
    let lazy = ChunkedArray::<f32>::from_fn(&[SIDE, SIDE], &[CHUNK, CHUNK], |region| {
        ArrayD::from_elem(region.shape(), region.start()[0] as f32)
    })?;
    let before = forget_peak()?;
    plain.save("lazy", &lazy)?;
    let saved = memory("VmHWM:")?;
    forget_peak()?;
    plain.load::<ChunkedArray<f32>>("lazy")?.sum()?;
    let summed = memory("VmHWM:")?;
    println!(
        "  memory beside the rest   save {} MiB, sum {} MiB",
        saved.saturating_sub(before),
        summed.saturating_sub(before)
    );
    plain.remove("lazy")?;
    Ok(())
}

fn storage(server: &Server, codec: Codec) -> Outcome<Storage> {
    Ok(server.builder("bench").option("aws_unsigned_payload", "true").codec(codec).open()?)
}

fn key(number: usize) -> Path {
    Path::from(format!("raw/{number}"))
}

async fn put_all(client: &AmazonS3, bytes: &bytes::Bytes) -> object_store::Result<()> {
    let puts = (0..COUNT).map(|number| async move {
        let part = bytes.slice(number * CHUNK_BYTES..(number + 1) * CHUNK_BYTES);
        client.put(&key(number), PutPayload::from_bytes(part)).await.map(drop)
    });
    stream::iter(puts).buffer_unordered(AT_A_TIME).try_collect().await
}

async fn get_all(client: &AmazonS3) -> object_store::Result<()> {
    let gets = (0..COUNT).map(|number| async move { client.get(&key(number)).await?.bytes().await });
    let all: Vec<bytes::Bytes> = stream::iter(gets).buffer_unordered(AT_A_TIME).try_collect().await?;
    assert_eq!(all.iter().map(bytes::Bytes::len).sum::<usize>(), COUNT * CHUNK_BYTES);
    Ok(())
}

/// A server in a process of its own, which ends with this value.
struct Elsewhere {
    process: Child,
    server: Server,
}

impl Elsewhere {
    fn start(latency: u64) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process =
            command.env(LATENCY, latency.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut endpoint = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut endpoint)?;
        Ok(Self { process, server: Server::elsewhere(endpoint.trim()) })
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Serves until the input ends.
fn serve(latency: u64) -> Outcome<()> {
    let server = Server::start();
    server.set_latency(Duration::from_millis(latency));
    println!("{}", server.endpoint);
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Sets the peak back to what is in use now, and gives that, in MiB. Linux only; elsewhere 0.
fn forget_peak() -> Outcome<usize> {
    if cfg!(target_os = "linux") {
        std::fs::write("/proc/self/clear_refs", "5")?;
    }
    memory("VmRSS:")
}

fn memory(what: &str) -> Outcome<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or("0 kB");
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? / 1024)
}

/// Processor time of this process so far, from the hundredths of a second that Linux counts; elsewhere 0.
fn cpu_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Ok(fields.map(str::parse::<f64>).sum::<Result<f64, _>>()? / 100.0)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
