//! Slots of arrays whose element type is known at run time only.

use super::Place;
use arraystow::{AnyArray, AnyNdArray, AnySlot, DataType, ErrorKind, Region, TimeUnit};

/// The bytes of the elements of a region of one axis.
fn bytes(array: &AnyArray, region: &Region) -> Vec<u8> {
    array.slice(region.to_slice_info()).unwrap().to_bytes().unwrap()
}

fn arrays() -> Vec<AnyArray> {
    let record = r#"{"record": [["n", "int16"], ["name", "text[3]"]]}"#;
    let types = [DataType::Float32, DataType::DateTime64(TimeUnit::Millisecond), record.parse().unwrap()];
    let numbers = types.map(|data_type| {
        let bytes: Vec<u8> = (0..20 * data_type.size()).map(|at| at as u8 % 100).collect();
        AnyArray::from_bytes(data_type, &[20], &[5], &bytes).unwrap()
    });
    let texts: Vec<String> = (0..20).map(|at| "ü".repeat(at)).collect();
    let texts = arraystow::ChunkedArray::from_ndarray(ndarray::Array1::from(texts), &[5]).unwrap();
    numbers.into_iter().chain([AnyArray::from(texts)]).collect()
}

#[test]
fn elements_of_every_kind_are_written_as_bytes() {
    for place in Place::all() {
        let storage = place.storage();
        for wanted in arrays() {
            let pending = AnyArray::pending(wanted.data_type(), &[20], &[5]).unwrap();
            let session = storage.begin("it", &pending.with_dims(["x"]).unwrap()).unwrap();
            let slot: AnySlot = place.storage().any_slot(&session.ticket("").unwrap()).unwrap();
            assert_eq!((slot.data_type(), slot.shape()), (&wanted.data_type(), &[20][..]));
            let parts: Vec<_> =
                slot.regions(3).into_iter().map(|region| (region.clone(), bytes(&wanted, &region))).collect();
            let (first, rest) = parts.split_first().unwrap();
            let mut receipt = slot.write(std::slice::from_ref(first)).unwrap();
            if !rest.is_empty() {
                receipt.merge(slot.write(rest).unwrap()).unwrap();
            }
            session.commit([receipt]).unwrap();
            let found = storage.array("it", "").unwrap();
            assert_eq!(
                found.to_bytes().unwrap(),
                wanted.to_bytes().unwrap(),
                "{} in {}",
                wanted.data_type(),
                place.name
            );
            assert_eq!((found.dims(), found.data_type()), (Some(&["x".to_owned()][..]), wanted.data_type()));
        }
    }
}

#[test]
fn bytes_that_are_no_such_elements_are_refused() {
    let place = Place::folder();
    let storage = place.storage();
    for (data_type, wrong) in [
        (DataType::Float32, vec![0; 7]),
        (DataType::Float32, vec![0; 12]),
        (DataType::Bool, vec![2, 0]),
        (DataType::Text(3), vec![0; 5]),
        (DataType::String, vec![9, 0, 0, 0, 1]),
        (DataType::String, vec![1, 0, 0, 0, 0xff, 0, 0, 0, 0]),
    ] {
        let session = storage.begin("it", &AnyArray::pending(data_type.clone(), &[2], &[2]).unwrap()).unwrap();
        let slot = storage.any_slot(&session.ticket("").unwrap()).unwrap();
        let whole = Region::new([0], [2]).unwrap();
        let error = slot.write(&[(whole, wrong)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{data_type}: {error}");
        assert!(error.to_string().contains("start [0] and shape [2]"), "{error}");
        let error = slot.write(&[(Region::new([1], [1]).unwrap(), Vec::new())]).unwrap_err();
        assert_eq!((error.kind(), error.document()), (ErrorKind::InvalidInput, Some("it")), "{data_type}: {error}");
        session.abandon().unwrap();
    }
    assert!(AnyArray::pending(DataType::Text(0), &[2], &[2]).is_err());
    let pending = AnyArray::pending(DataType::Float32, &[2], &[2]).unwrap();
    assert!(storage.save("it", &pending).is_err());
    let nothing: Result<AnyNdArray, _> = pending.compute();
    assert!(nothing.unwrap_err().to_string().contains("pending"));
}
