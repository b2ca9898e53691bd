//! Arrays in memory, and the reads that are tried on an untrusted array.

use crate::frame::parts;
use arraystow::{ChunkedArray, Element, Error, ErrorKind, FileHandle, FileProtocol, OpenMode, Protocols};
use num_complex::Complex;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

/// Files in memory. A clone is another handle on the same files.
#[derive(Clone, Default)]
pub struct MemoryFiles(pub Arc<Mutex<BTreeMap<String, Arc<Vec<u8>>>>>);

impl FileProtocol for MemoryFiles {
    fn open(&self, name: &str, mode: OpenMode) -> io::Result<Box<dyn FileHandle>> {
        let files = self.0.lock().unwrap();
        let contents = match (mode, files.get(name)) {
            (OpenMode::Create, _) => Vec::new(),
            (_, Some(contents)) => contents.to_vec(),
            (_, None) => return Err(io::ErrorKind::NotFound.into()),
        };
        let (files, name) = (self.clone(), name.to_owned());
        Ok(Box::new(MemoryFile { contents: Cursor::new(contents), files, name, written: false }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.lock().unwrap().remove(name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

struct MemoryFile {
    contents: Cursor<Vec<u8>>,
    files: MemoryFiles,
    name: String,
    written: bool,
}

impl Read for MemoryFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.contents.read(out)
    }
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written = true;
        self.contents.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for MemoryFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.contents.seek(to)
    }
}

impl FileHandle for MemoryFile {}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        if self.written {
            let contents = Arc::new(std::mem::take(self.contents.get_mut()));
            self.files.0.lock().unwrap().insert(self.name.clone(), contents);
        }
    }
}

/// Gives the arrays of a document fixed names, which are the same in every run and in the corpus. Returns the manifest
/// and the body.
pub fn settle(files: &MemoryFiles, document: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (manifest, body) = parts(document).unwrap();
    let (mut manifest, mut body) = (manifest.to_vec(), body.to_vec());
    let parsed: serde_json::Value = cbor4ii::serde::from_slice(&manifest).unwrap();
    for (number, array) in parsed["arrays"].as_array().unwrap().iter().enumerate() {
        let file = array["id"][1][1].as_str().unwrap();
        let contents = files.0.lock().unwrap().remove(file).unwrap();
        files.0.lock().unwrap().insert(name(number), contents);
        for bytes in [&mut manifest, &mut body] {
            replace(bytes, file.as_bytes(), name(number).as_bytes());
        }
    }
    replace(&mut manifest, parsed["write_id"].as_str().unwrap().as_bytes(), NAME.as_bytes());
    (manifest, body)
}

/// The name of an array of a settled document.
pub fn name(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    for at in 0..bytes.len().saturating_sub(from.len() - 1) {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
}

/// The name of the array that `open` opens.
pub const NAME: &str = "00000000-0000-4000-8000-000000000000";

/// Opens the one array with its own element type and reads as much of it as can be read in a short time.
pub fn open(protocols: &Protocols) -> Result<(), Error> {
    let error = match open_as::<f32>(protocols) {
        Err(error) if error.kind() == ErrorKind::TypeMismatch => error.to_string(),
        opened => return opened,
    };
    macro_rules! with_stored_type {
        ($($T:ty)*) => {
            $(if error.contains(&format!("stored as {},", <$T>::DATA_TYPE)) {
                return open_as::<$T>(protocols);
            })*
        };
    }
    with_stored_type!(bool i8 i16 i32 i64 u8 u16 u32 u64 half::f16 f64 Complex<f32> Complex<f64>);
    panic!("of what type is the array? {error}");
}

fn open_as<T: Element>(protocols: &Protocols) -> Result<(), Error> {
    let id = json!(["HDFSerializer", ["1.0.0", NAME]]);
    let array: ChunkedArray<T> = arraystow::deserialize(id, protocols)?;
    read(&array)
}

/// Reads the first and the last element, and all elements if they are few.
pub fn read<T: Element>(array: &ChunkedArray<T>) -> Result<(), Error> {
    const FEW: usize = 1 << 20;
    assert!(array.shape().iter().product::<usize>() == array.len());
    if array.is_empty() {
        array.compute()?;
        return Ok(());
    }
    let corner = |last: bool| {
        let slice = |len: &usize| {
            let at = if last { len - 1 } else { 0 };
            ndarray::SliceInfoElem::Slice { start: at as isize, end: Some(at as isize + 1), step: 1 }
        };
        array.shape().iter().map(slice).collect::<Vec<_>>()
    };
    let corners = [false, true].map(|last| array.slice(corner(last).as_slice()).and_then(|corner| corner.compute()));
    if array.len().saturating_mul(size_of::<T>()) <= FEW && array.grid().chunk_count() <= 4096 {
        let all = array.compute();
        assert!(all.is_err() || corners.iter().all(Result::is_ok), "all can be read, but not a corner");
        for chunk in array.chunks()?.take(64) {
            chunk?;
        }
        all?;
    }
    corners.into_iter().try_for_each(|corner| corner.map(drop))
}
