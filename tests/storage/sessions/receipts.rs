//! Receipts: plain data, which can be merged in any order and any number of times.

use super::{Place, block, pending};
use arraystow::{ErrorKind, Receipt, Region, Slot};
use serde_json::{Value, json};

/// Receipts of one session: of chunks, of the same ones by another attempt, and one that contradicts.
fn some(place: &Place) -> (arraystow::Session, Vec<Receipt>) {
    let storage = place.storage();
    let session = storage.begin("x", &(pending(&[40], &[10]), pending(&[6, 6], &[2, 3]))).unwrap();
    let mut receipts = Vec::new();
    for _ in 0..2 {
        for ticket in session.tickets() {
            let slot: Slot<f32> = storage.slot(&ticket).unwrap();
            for region in slot.regions(3) {
                receipts.push(slot.write(&region, block(&region).view()).unwrap());
            }
        }
    }
    // As a writer with other elements would give it in a store that ignores conditions.
    let mut other = serde_json::to_value(&receipts[1]).unwrap();
    let key = if place.shard_bytes > 0 { "shards" } else { "whole" };
    let row = &mut other["chunks"][0][key][0];
    let sum = if place.shard_bytes > 0 { &mut row[1][0][2] } else { &mut row[2] };
    *sum = json!(17);
    other["chunks"][0]["attempt"] = json!("00000000-0000-4000-8000-000000000000");
    receipts.push(serde_json::from_value(other).unwrap());
    (session, receipts)
}

fn merged(order: impl IntoIterator<Item = Receipt>) -> Receipt {
    let mut order = order.into_iter();
    let mut all = order.next().unwrap();
    order.for_each(|receipt| all.merge(receipt).unwrap());
    all
}

#[test]
fn merging_is_associative_commutative_and_idempotent() {
    for place in Place::all().into_iter().take(3) {
        let (session, receipts) = some(&place);
        let all = merged(receipts.clone());
        let mut random = 12345_u64;
        for _ in 0..50 {
            let mut shuffled: Vec<Receipt> = receipts.iter().chain(&receipts).cloned().collect();
            for last in (1..shuffled.len()).rev() {
                random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                shuffled.swap(last, (random >> 33) as usize % (last + 1));
            }
            // A tree of workers.
            let (left, right) = shuffled.split_at(shuffled.len() / 3);
            let (left, right) = (merged(left.to_vec()), merged(right.to_vec()));
            assert_eq!(merged([right.clone(), left.clone()]), all);
            assert_eq!(merged([left, right, all.clone()]), all);
        }
        let error = session.commit([all]).unwrap_err();
        assert!(error.is_conflict() && error.to_string().contains("00000000-0000-4000-8000-000000000000"), "{error}");
        session.commit(receipts[..receipts.len() - 1].iter().rev().cloned()).unwrap();
    }
}

#[test]
fn receipts_survive_formats() {
    for place in Place::all().into_iter().take(3) {
        let (session, receipts) = some(&place);
        let all = merged(receipts);
        let json: Receipt = serde_json::from_str(&serde_json::to_string(&all).unwrap()).unwrap();
        let cbor: Receipt = cbor4ii::serde::from_slice(&cbor4ii::serde::to_vec(Vec::new(), &all).unwrap()).unwrap();
        let pack: Receipt = rmp_serde::from_slice(&rmp_serde::to_vec(&all).unwrap()).unwrap();
        assert!([json, cbor, pack].iter().all(|back| *back == all));
        session.abandon().unwrap();
    }
}

#[test]
fn receipts_and_tickets_of_others_are_refused() {
    let place = Place::folder();
    let storage = place.storage();
    let (session, receipts) = some(&place);
    let other = storage.begin("y", &pending(&[40], &[10])).unwrap();
    let slot: Slot<f32> = storage.slot(&other.ticket("").unwrap()).unwrap();
    let whole = Region::new([0], [40]).unwrap();
    let foreign = slot.write(&whole, block(&whole).view()).unwrap();
    assert!(receipts[0].clone().merge(foreign.clone()).unwrap_err().is_invalid_input());
    assert!(session.missing([&foreign]).unwrap_err().is_invalid_input());
    assert!(session.check([&foreign]).unwrap_err().is_invalid_input());
    let error = storage.slot::<f64>(&session.ticket("[0]").unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
    let error = session.ticket("[2]").unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("did you mean"), "{error}");
    // The session's, but of a version that is to come.
    for mut value in
        [serde_json::to_value(&receipts[0]).unwrap(), serde_json::to_value(session.ticket("[0]").unwrap()).unwrap()]
    {
        value["version"] = json!(2);
        let read = serde_json::from_value::<Receipt>(value.clone()).map(drop);
        let read = if value["stored"] == Value::Null {
            read
        } else {
            serde_json::from_value::<arraystow::Ticket>(value).map(drop)
        };
        assert!(read.unwrap_err().to_string().contains("of version 2"));
    }
}
