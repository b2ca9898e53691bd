//! Tickets, receipts and sessions that were altered.

use super::{Place, block, pending, write_all};
use arraystow::{Receipt, Slot, Ticket};
use serde_json::{Value, json};

fn altered<T: serde::Serialize + serde::de::DeserializeOwned>(
    value: &T,
    pointer: &str,
    to: Value,
) -> serde_json::Result<T> {
    let mut value = serde_json::to_value(value).unwrap();
    *value.pointer_mut(pointer).unwrap() = to;
    serde_json::from_value(value)
}

#[test]
fn altered_tickets_are_refused() {
    for place in [Place::folder(), Place::objects()] {
        let storage = place.storage();
        let other = storage.begin("y", &pending(&[40], &[10])).unwrap();
        let session = storage.begin("x", &pending(&[40], &[10])).unwrap();
        let ticket = session.ticket("").unwrap();
        let others: Value = serde_json::to_value(other.ticket("").unwrap()).unwrap();
        let id = uuid();
        for (pointer, to) in [
            ("/session", json!("../../x")),
            ("/session", json!(id)),
            ("/session", others["session"].clone()),
            ("/array", json!("../x")),
            ("/array", json!(id)),
            ("/array", others["array"].clone()),
            ("/document", json!("y")),
            ("/document", json!("../y")),
            ("/stored/data_type", json!("float64")),
            ("/stored/data_type", json!("void")),
            ("/stored/shape", json!([40, 40])),
            ("/stored/shape", json!([usize::MAX])),
            ("/stored/shape", json!(vec![1; 1000])),
            ("/stored/chunk_shape", json!([0])),
            ("/stored/chunk_shape", json!([usize::MAX])),
            ("/stored/codec", json!("zstd:1000")),
            ("/stored/format", json!("netcdf")),
            ("/stored/format", json!("hdf5")),
            ("/stored/zarr_version", json!("v9")),
            ("/stored/zarr_version", json!(null)),
        ] {
            let opened = altered(&ticket, pointer, to.clone()).map_err(drop);
            let opened = opened.and_then(|ticket: Ticket| storage.slot::<f32>(&ticket).map_err(drop));
            assert!(opened.is_err(), "{}: {pointer} {to}", place.name);
        }
        for more in [json!([7]), json!([0]), json!([]), json!([10, 10])] {
            let mut value = serde_json::to_value(&ticket).unwrap();
            value["stored"]["parts"] = more.clone();
            let opened = serde_json::from_value(value).map_err(drop);
            assert!(opened.and_then(|ticket: Ticket| storage.slot::<f32>(&ticket).map_err(drop)).is_err(), "{more}");
        }
        let slot: Slot<f32> = storage.slot(&ticket).unwrap();
        assert_eq!(slot.regions(usize::MAX).len(), 4);
    }
}

fn uuid() -> &'static str {
    "0b0e6f3e-0c8f-4e6b-9d8e-2f3c6f1f8a10"
}

#[test]
fn altered_receipts_are_refused_or_make_no_readable_array() {
    let place = Place::folder();
    let storage = place.storage();
    let session = storage.begin("x", &pending(&[40], &[10])).unwrap();
    let receipt = write_all(&storage, &session, 1).remove(0);
    for (pointer, to) in [
        ("/session", json!(uuid())),
        ("/chunks/0/array", json!(uuid())),
        ("/chunks/0/array", json!("../../x")),
        ("/chunks/0/attempt", json!("a\nb")),
        ("/chunks/0/whole/3/0", json!(4)),
        ("/chunks/0/whole/3/0", json!(u64::MAX)),
        ("/chunks/0/whole/3/0", json!(2)),
        ("/chunks/0/whole/3/1", json!(-1)),
        ("/chunks/0/whole/0", json!([0, 1])),
    ] {
        let committed = altered(&receipt, pointer, to.clone()).map_err(drop);
        let committed = committed.and_then(|receipt: Receipt| session.commit([receipt]).map_err(drop));
        assert!(committed.is_err(), "{pointer} {to}");
    }
    // Of shards, where there are none.
    let mut shards = serde_json::to_value(&receipt).unwrap();
    shards["chunks"][0]["whole"].as_array_mut().unwrap().pop();
    shards["chunks"][0]["shards"] = json!([[3, [[0, 4, 4], [4, 4, 4]]]]);
    let error = session.commit([serde_json::from_value(shards).unwrap()]).unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    // Another length is found without reading, another checksum when the chunk is read.
    let longer: Receipt = altered(&receipt, "/chunks/0/whole/1/1", json!(u64::MAX)).unwrap();
    assert!(session.check([&longer]).unwrap_err().is_conflict());
    let lie: Receipt = altered(&receipt, "/chunks/0/whole/1/2", json!(7)).unwrap();
    session.check([&lie]).unwrap();
    session.commit([lie]).unwrap();
    let array: arraystow::ChunkedArray<f32> = storage.load("x").unwrap();
    assert!(array.compute().unwrap_err().is_corrupt());
    assert_eq!(array.chunk(&[0]).unwrap(), block(&arraystow::Region::new([0], [10]).unwrap()));
}

#[test]
fn a_session_that_was_altered_is_not_resumed() {
    let place = Place::folder();
    let storage = place.storage();
    for id in ["", "x", "../../x", uuid(), "0B0E6F3E-0C8F-4E6B-9D8E-2F3C6F1F8A10"] {
        assert!(storage.resume("x", id).is_err(), "{id}");
    }
    let session = storage.begin("x", &("text", pending(&[40], &[10]))).unwrap();
    let id = session.id().to_owned();
    assert!(storage.resume("y", &id).unwrap_err().is_conflict());
    drop(session);
    let file = place.root().join("root/bigdata/.saving").join(&id).join("state");
    let whole = std::fs::read(&file).unwrap();
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&file, &bytes).unwrap();
        match storage.resume("x", &id) {
            // The header of the state has no checksum of its own; what it says is compared with receipts and limits.
            Ok(session) => drop(session.tickets()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        std::fs::write(&file, &whole[..at]).unwrap();
        assert!(storage.resume("x", &id).is_err(), "cut at {at}");
    }
    for len in [u64::MAX, 1 << 40, 0] {
        let mut bytes = whole.clone();
        bytes[..8].copy_from_slice(&len.to_le_bytes());
        std::fs::write(&file, &bytes).unwrap();
        assert!(storage.resume("x", &id).unwrap_err().is_corrupt());
    }
    std::fs::write(&file, &whole).unwrap();
    storage.resume("x", &id).unwrap().abandon().unwrap();
}
