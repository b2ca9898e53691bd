//! Arrays that change: optional, chunked or plain, of other elements.

use super::{Chunked, Flat, One, Plain, WithModule, chunked, each, large, small};
use arraystow::{ChunkedArray, ErrorKind, LocalFiles, Protocols};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

#[test]
fn a_field_becomes_optional_and_an_option_that_is_there_becomes_a_field() {
    each(|place| {
        let some: One<Option<Chunked>> = place.turn(&One { array: chunked(&large()) }).unwrap();
        let one: One<Chunked> = place.turn(&some).unwrap();
        assert_eq!(one.array.compute().unwrap(), large().into_dyn());
        for array in [large(), small()] {
            let some: One<Option<Plain>> = place.turn(&One { array: array.clone() }).unwrap();
            assert_eq!(place.turn::<_, One<Plain>>(&some).unwrap().array, array);
        }
        for error in [
            place.turn::<_, One<Chunked>>(&One { array: None::<u8> }).unwrap_err(),
            place.turn::<_, One<Plain>>(&One { array: None::<u8> }).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("array")), "{error}");
            assert!(error.to_string().contains("expected an array that arraystow saved"), "{error}");
        }
    });
}

#[test]
fn a_plain_array_becomes_a_chunked_one_and_the_other_way_round() {
    each(|place| {
        for array in [large(), small()] {
            let lazy: One<Chunked> = place.turn(&One { array: array.clone() }).unwrap();
            assert_eq!(lazy.array.compute().unwrap(), array.clone().into_dyn());
            let plain: One<Plain> = place.turn(&One { array: chunked(&array) }).unwrap();
            assert_eq!(plain.array, array);
            // The same with the module for plain arrays.
            let module: WithModule = place.turn(&One { array: array.clone() }).unwrap();
            assert_eq!(module.array, array);
            let module: WithModule = place.turn(&One { array: chunked(&array) }).unwrap();
            assert_eq!(place.turn::<_, One<Plain>>(&module).unwrap().array, array);
            assert_eq!(place.turn::<_, One<Chunked>>(&module).unwrap().array.compute().unwrap(), array.into_dyn());
        }
    });
}

#[test]
fn a_plain_array_that_becomes_chunked_is_lazy_and_stays_where_it_is() {
    each(|place| {
        let lazy: One<Chunked> = place.turn(&One { array: large() }).unwrap();
        let file = place.file("array");
        place.storage.save("x/y", &lazy).unwrap();
        assert_eq!(place.file("array"), file);
        assert!(!place.storage.info("x/y").unwrap().arrays[0].plain);
    });
}

#[test]
fn where_serde_buffers_plain_becomes_chunked_but_chunked_does_not_become_plain() {
    each(|place| {
        for array in [large(), small()] {
            let lazy: Flat<Chunked> = place.turn(&Flat { number: 1, one: One { array: array.clone() } }).unwrap();
            assert_eq!(lazy.one.array.compute().unwrap(), array.into_dyn());
        }
        let lazy = Flat { number: 1, one: One { array: chunked(&large()) } };
        let error = place.turn::<_, Flat<Plain>>(&lazy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Serde, "{error}");
        let module: Flattened = place.turn(&lazy).unwrap();
        assert_eq!(module.module.array, large());
    });
    types! { struct Flattened { number: u8, #[serde(flatten)] module: WithModule } }
}

#[test]
fn other_formats_that_tell_what_there_is_turn_arrays_too() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    macro_rules! turns {
        ($serializer:expr, $out:ident, $deserializer:expr) => {
            for array in [large(), small()] {
                let mut $out = Vec::new();
                arraystow::serialize(&array, $serializer, &protocols).unwrap();
                let lazy: Chunked = arraystow::deserialize($deserializer, &protocols).unwrap();
                assert_eq!(lazy.compute().unwrap(), array.clone().into_dyn());
                let mut $out = Vec::new();
                arraystow::serialize(&lazy, $serializer, &protocols).unwrap();
                assert_eq!(arraystow::deserialize::<Plain, _>($deserializer, &protocols).unwrap(), array);
            }
        };
    }
    turns!(&mut serde_json::Serializer::new(&mut out), out, &mut serde_json::Deserializer::from_slice(&out));
    turns!(
        &mut rmp_serde::Serializer::new(&mut out).with_struct_map(),
        out,
        &mut rmp_serde::Deserializer::from_read_ref(&out)
    );
    turns!(&mut rmp_serde::Serializer::new(&mut out), out, &mut rmp_serde::Deserializer::from_read_ref(&out));
}

#[test]
fn in_postcard_arrays_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    fn save(value: &impl Serialize, protocols: &Protocols) -> Vec<u8> {
        let mut serializer = postcard::Serializer { output: postcard::ser_flavors::AllocVec::new() };
        arraystow::serialize(value, &mut serializer, protocols).unwrap();
        postcard::ser_flavors::Flavor::finalize(serializer.output).unwrap()
    }
    let (plain, lazy) = (save(&large(), &protocols), save(&chunked(&large()), &protocols));
    let as_plain = arraystow::deserialize::<Plain, _>(&mut postcard::Deserializer::from_bytes(&lazy), &protocols);
    assert_eq!(as_plain.unwrap_err().kind(), ErrorKind::Serde);
    let as_lazy = arraystow::deserialize::<Chunked, _>(&mut postcard::Deserializer::from_bytes(&plain), &protocols);
    assert!(as_lazy.is_err());
}

#[test]
fn another_type_of_elements_or_number_of_axes_is_an_error_that_says_what_is_stored() {
    each(|place| {
        let error = place.turn::<_, One<ChunkedArray<i32>>>(&One { array: large() }).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")), "{error}");
        assert!(error.to_string().contains("stored as float64") && error.to_string().contains("astype"), "{error}");
        let error = place.turn::<_, One<ChunkedArray<bool>>>(&One { array: small() }).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")), "{error}");
        for array in [large(), small()] {
            let error = place.turn::<_, One<Array1<f64>>>(&One { array: array.clone() }).unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")), "{error}");
            let text = error.to_string();
            assert!(text.contains("number of axes is 2, and the type asks for 1"), "{error}");
            assert!(text.contains(&format!("{:?}", array.shape())) && !text.contains("Custom("), "{error}");
            let any: One<ndarray::ArrayD<f64>> = place.turn(&One { array: array.clone() }).unwrap();
            assert_eq!(any.array, array.clone().into_dyn());
            let error = place.turn::<_, One<Array2<i16>>>(&One { array: array.clone() }).unwrap_err();
            assert!(error.to_string().contains("an array's elements"), "{error}");
            assert!(!error.to_string().contains("Custom("), "{error}");
            let integers = array.mapv(|x| x as i16);
            assert_eq!(
                place.turn::<_, One<Plain>>(&One { array: integers.clone() }).unwrap().array,
                integers.mapv(f64::from)
            );
        }
    });
}
