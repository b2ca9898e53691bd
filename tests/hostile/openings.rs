//! The copies of an array's metadata and checksums that its document has: whatever they say, the array that lies beside
//! them is read, or the load fails.

use crate::support::{frame, parts, refused, soon};
use arraystow::{ChunkedArray, Error, ErrorKind, Storage, StorageBuilder, ZarrVersion};
use cbor4ii::core::Value;
use cbor4ii::core::enc::Encode;
use cbor4ii::core::utils::{BufWriter, SliceReader};
use futures::executor::block_on;
use ndarray::Array2;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, PutPayload};
use std::sync::Arc;

const KEY: &str = "x";

struct Place {
    client: Arc<InMemory>,
    storage: Storage,
    elements: Array2<f32>,
    manifest: Value,
    body: Vec<u8>,
}

fn place(version: ZarrVersion) -> Place {
    let client = Arc::new(InMemory::new());
    let storage = StorageBuilder::from_object_store(client.clone(), "").zarr_version(version).open().unwrap();
    let elements = Array2::from_shape_fn((6, 5), |(i, j)| (i * 5 + j) as f32);
    storage.save(KEY, &ChunkedArray::from_ndarray(elements.clone(), &[4, 5]).unwrap()).unwrap();
    let document = block_on(async { client.get(&KEY.into()).await?.bytes().await }).unwrap();
    let (manifest, body) = parts(&document).unwrap();
    let manifest = cbor4ii::core::dec::Decode::decode(&mut SliceReader::new(manifest)).unwrap();
    Place { client, storage, elements, manifest, body: body.to_vec() }
}

fn member<'a>(map: &'a mut Value, name: &str) -> &'a mut Value {
    let Value::Map(entries) = map else { panic!("no map: {map:?}") };
    let found = entries.iter_mut().find(|(key, _)| *key == Value::Text(name.to_owned()));
    &mut found.unwrap_or_else(|| panic!("no member {name}")).1
}

impl Place {
    fn opening(&mut self) -> &mut Value {
        let Value::Array(arrays) = member(&mut self.manifest, "arrays") else { panic!("no list") };
        member(&mut arrays[0], "opening")
    }

    fn bytes(&mut self, name: &str) -> &mut Vec<u8> {
        let Value::Bytes(bytes) = member(self.opening(), name) else { panic!("no bytes") };
        bytes
    }

    /// What is read of the array with the manifest as it is now.
    fn read(&self) -> Result<Array2<f32>, Error> {
        let mut manifest = BufWriter::new(Vec::new());
        self.manifest.encode(&mut manifest).unwrap();
        let document = frame("cbor", manifest.buffer(), &self.body);
        block_on(self.client.put(&KEY.into(), PutPayload::from(document))).unwrap();
        let array: ChunkedArray<f32> = self.storage.load(KEY)?;
        let read = array.compute()?;
        Ok(read.into_dimensionality().unwrap())
    }
}

#[test]
fn a_changed_byte_of_an_opening_is_noticed() {
    soon("changed bytes", || {
        for version in [ZarrVersion::V3, ZarrVersion::V2] {
            let mut place = place(version);
            assert_eq!(place.read().unwrap(), place.elements);
            let names: &[&str] = match version {
                ZarrVersion::V2 => &["metadata", "attributes", "checksums"],
                _ => &["metadata", "checksums"],
            };
            for name in names {
                for at in 0..place.bytes(name).len() {
                    place.bytes(name)[at] ^= 1;
                    let what = format!("{version:?} {name} {at}");
                    let error =
                        refused(&what, place.read(), &[ErrorKind::Corrupt, ErrorKind::Unsupported, ErrorKind::Limit]);
                    assert_eq!((error.document(), error.array().is_some()), (Some(KEY), true), "{what}: {error:?}");
                    place.bytes(name)[at] ^= 1;
                }
            }
            assert_eq!(place.read().unwrap(), place.elements);
        }
    });
}

#[test]
fn an_opening_of_another_length_or_kind_is_refused() {
    soon("other openings", || {
        for name in ["metadata", "checksums"] {
            let mut place = place(ZarrVersion::V3);
            let whole = place.bytes(name).clone();
            for bytes in
                [vec![], whole[..whole.len() - 1].to_vec(), [whole.clone(), vec![b' ']].concat(), vec![b'['; 1 << 20]]
            {
                *place.bytes(name) = bytes;
                refused(name, place.read(), &[ErrorKind::Corrupt, ErrorKind::Unsupported, ErrorKind::Limit]);
            }
            *place.bytes(name) = whole;
            let kept = std::mem::replace(member(place.opening(), name), Value::Text("text".to_owned()));
            refused(name, place.read(), &[ErrorKind::Corrupt]);
            *member(place.opening(), name) = Value::Array(vec![Value::Bytes(Vec::new()); 1000]);
            refused(name, place.read(), &[ErrorKind::Corrupt]);
            *member(place.opening(), name) = kept;
            assert_eq!(place.read().unwrap(), place.elements);
        }
    });
}

#[test]
fn the_opening_of_another_array_is_refused() {
    soon("another array's opening", || {
        let (mut one, mut other) = (place(ZarrVersion::V3), place(ZarrVersion::V3));
        let third = StorageBuilder::from_object_store(other.client.clone(), "").open().unwrap();
        let elements = &other.elements * 2.0;
        third.save("y", &ChunkedArray::from_ndarray(elements, &[4, 5]).unwrap()).unwrap();
        let document = block_on(async { other.client.get(&"y".into()).await?.bytes().await }).unwrap();
        let (manifest, body) = parts(&document).unwrap();
        let manifest = cbor4ii::core::dec::Decode::decode(&mut SliceReader::new(manifest)).unwrap();
        other.manifest = manifest;
        other.body = body.to_vec();
        let of_y = other.opening().clone();
        *one.opening() = of_y;
        refused("another array", one.read(), &[ErrorKind::Corrupt]);
    });
}
