//! Files of external objects.

use super::subject::Subject;
use crate::persistent::{BoxError, ExternalFiles, PersistentSerializer};
use serde::{Deserialize, Serialize};
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;

/// Bytes in memory, or a handle from which they are read.
#[derive(Clone)]
enum Blob {
    Here(Arc<[u8]>),
    Stored(ExternalFiles),
}

impl Blob {
    fn read(&self, from: u64, count: usize) -> Result<Vec<u8>, BoxError> {
        let Self::Stored(stored) = self else { return Err("it is not loaded".into()) };
        let mut file = stored.open("")?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = vec![0; count];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

struct Blobs;

impl PersistentSerializer for Blobs {
    type Object = Blob;
    const NAME: &'static str = "arraystow/conformance";

    fn write(&self, blob: &Blob, files: &ExternalFiles) -> Result<(), BoxError> {
        let Blob::Here(bytes) = blob else { return Err("it is stored already".into()) };
        let mut file = files.create("")?;
        for piece in bytes.chunks(70_001) {
            file.write_all(piece)?;
        }
        file.finish()?;
        let mut empty = files.create("empty")?;
        empty.flush()?;
        empty.finish()?;
        if bytes.is_empty() { Err("an empty one is refused".into()) } else { Ok(()) }
    }

    fn read(&self, files: &ExternalFiles) -> Result<Blob, BoxError> {
        assert_eq!(files.open("empty")?.len(), 0, "an empty file has no bytes");
        Ok(Blob::Stored(files.clone()))
    }

    fn remove(&self, files: &ExternalFiles) -> Result<(), BoxError> {
        files.remove("empty")?;
        Ok(files.remove("")?)
    }
}

#[derive(Serialize, Deserialize)]
struct HeldBlob(#[serde(with = "crate::persistent")] Blob);

fn held(bytes: Vec<u8>) -> HeldBlob {
    HeldBlob(Blob::Here(bytes.into()))
}

pub(super) fn other_objects(subject: &impl Subject) {
    let protocols = subject.protocols().with_serializer(Blobs);
    // More than two blocks with a checksum each.
    let bytes: Vec<u8> = (0..2_500_000_u32).map(|i| (i / 7) as u8).collect();
    let document = crate::to_vec(&held(bytes.clone()), &protocols).unwrap();
    let HeldBlob(blob) = crate::from_slice(&document, &protocols).unwrap();
    for (from, count) in [(0, 10), (1_048_570, 20), (2_499_990, 10), (0, bytes.len())] {
        assert_eq!(blob.read(from, count).unwrap(), bytes[from as usize..][..count], "{count} bytes from {from} on");
    }
    assert!(blob.read(2_499_995, 10).is_err(), "reading past the end fails");

    let names = subject.names();
    let name = names.iter().find(|name| subject.read(name).len() == bytes.len());
    let name = name.unwrap_or_else(|| panic!("no file of {} bytes in {names:?}", bytes.len()));
    let mut damaged = bytes.clone();
    damaged[2_000_000] ^= 1;
    subject.write(name, &damaged);
    assert!(blob.read(1_900_000, 1).is_err(), "a flipped bit is noticed");
    assert_eq!(blob.read(500, 3).unwrap(), bytes[500..503], "the other blocks are still readable");
    subject.write(name, &bytes[..2_400_000]);
    assert!(blob.read(0, 1).is_err(), "a truncated file is noticed");

    let Blob::Stored(stored) = blob else { panic!("it is loaded") };
    protocols.remove_object(stored.id()).unwrap();
    assert_eq!(subject.names(), [""; 0], "a removed object leaves nothing");
    assert!(crate::to_vec(&held(Vec::new()), &protocols).is_err());
    assert_eq!(subject.names(), [""; 0], "a save that fails leaves nothing");
}
