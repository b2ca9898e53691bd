//! An untrusted packed file, opened and loaded.

use crate::blocks;
use crate::random::Random;
use arraystow::{AnyArray, ChunkedArray, Codec, Error, PackedFile, Storage, Value};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Characters of the hash of a file.
const HASH: usize = 64;
/// How the manifest in a file has hashes: a text of that many characters. They are no hashes of the file.
const IN_MANIFEST: [u8; 2] = [0x78, HASH as u8];

/// Reads a file as it is, and again with corrected checksums and a right hash.
pub fn run(input: &[u8]) {
    read(input);
    let mut sealed = input.to_vec();
    blocks::seal(&mut sealed);
    for place in places(&sealed) {
        seal(&mut sealed, place);
        read(&sealed);
    }
}

/// Changes the pointers, counts or depths of the file's blocks.
pub fn change(random: &mut Random, input: &mut Vec<u8>) {
    blocks::change(random, input);
}

/// Where the hash of the file may be.
fn places(file: &[u8]) -> Vec<usize> {
    let mut digits = 0;
    let starts = file.iter().enumerate().filter_map(|(at, byte)| {
        digits = if byte.is_ascii_hexdigit() { digits + 1 } else { 0 };
        (digits >= HASH).then(|| at + 1 - HASH)
    });
    starts.filter(|at| !file[..*at].ends_with(&IN_MANIFEST)).take(4).collect()
}

fn seal(file: &mut [u8], place: usize) {
    let mut hasher = blake3::Hasher::new_derive_key("arraystow 2026 packed HDF5 file");
    hasher.update(&(file.len() as u64).to_le_bytes()).update(&(place as u64).to_le_bytes());
    hasher.update(&file[..place]).update(&file[place + HASH..]);
    let hash = hasher.finalize().to_hex();
    file[place..place + HASH].copy_from_slice(hash.as_bytes());
}

static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("arraystow-fuzz-packed-{}.h5", std::process::id())));

fn read(file: &[u8]) {
    std::fs::write(&*FILE, file).unwrap();
    if let Ok(value) = PackedFile::open(&*FILE).and_then(|file| file.load::<Value>()) {
        // Errors are expected.
        let _ = read_arrays(&value);
    }
}

fn read_arrays(value: &Value) -> Result<(), Error> {
    match value {
        Value::Array(array) => read_array(array),
        Value::List(values) => values.iter().try_for_each(read_arrays),
        Value::Map(entries) => entries.iter().try_for_each(|(_, value)| read_arrays(value)),
        _ => Ok(()),
    }
}

fn read_array(array: &AnyArray) -> Result<(), Error> {
    const FEW: usize = 1 << 20;
    let first = vec![ndarray::Slice::from(..1).into(); array.ndim()];
    if array.shape().iter().all(|len| *len > 0) {
        array.slice(first)?.to_bytes()?;
    }
    if array.shape().iter().fold(array.data_type().size(), |bytes, len| bytes.saturating_mul(*len)) <= FEW {
        array.to_bytes()?;
    }
    Ok(())
}

/// A file that arraystow packs.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    #[derive(Serialize)]
    struct Survey {
        name: &'static str,
        height: ChunkedArray<f32>,
        steps: Vec<u32>,
        again: ChunkedArray<f32>,
        words: ChunkedArray<String>,
    }
    let elements = ndarray::Array2::from_shape_fn((10, 6), |(i, j)| (10 * i + j) as f32);
    let height = ChunkedArray::from_ndarray(elements, &[4, 4]).unwrap();
    let height = height.with_dims(["y", "x"]).unwrap().with_attr("units", "m").unwrap();
    let words = ndarray::Array1::from(["a".to_owned(), String::new(), "longer".to_owned()].to_vec());
    let words = ChunkedArray::from_ndarray(words, &[2]).unwrap();
    let survey = Survey { name: "north", again: height.clone(), height, steps: vec![1, 2, 3], words };
    let folder = folder();
    let packed = |name: &str, codec: Codec| {
        let storage = Storage::builder(folder.join(name)).codec(codec).open().unwrap();
        storage.save("survey", &survey).unwrap();
        let file = folder.join("packed.h5");
        storage.pack("survey", &file).unwrap();
        (format!("ours-{name}"), std::fs::read(file).unwrap())
    };
    let seeds = vec![packed("plain", Codec::NONE), packed("gzip", Codec::gzip(4).unwrap())];
    std::fs::remove_dir_all(folder).unwrap();
    seeds
}

/// A folder that only this process has.
fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("arraystow-fuzz-packed-seeds-{}", std::process::id()))
}
