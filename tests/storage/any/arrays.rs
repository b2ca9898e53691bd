//! `AnyArray`: every element type, as bytes, as a field.

use arraystow::{AnyArray, AnyNdArray, ChunkedArray, DataType, Element as _, ErrorKind, Format, Storage};
use arraystow_tests::samples::{Sample, assert_same, every_type, sample};
use ndarray::{Array2, s};
use serde::{Deserialize, Serialize};

fn any<T: Sample>(shape: &[usize], chunk: &[usize]) -> AnyArray {
    ChunkedArray::from_ndarray(sample::<T>(shape), chunk).unwrap().into()
}

#[test]
fn arrays_of_every_type_are_computed_sliced_and_given_their_type_back() {
    let mut seen = Vec::new();
    every_type!(T => {
        let array = any::<T>(&[7, 5], &[3, 2]);
        let expected = sample::<T>(&[7, 5]);
        assert_eq!((array.data_type(), array.shape(), array.ndim(), array.len()), (T::DATA_TYPE, &[7, 5][..], 2, 35));
        assert_eq!(array.grid().chunk_shape(), Some(vec![3, 2]));

        let computed = array.compute().unwrap();
        assert_eq!((computed.data_type(), computed.shape()), (T::DATA_TYPE, &[7, 5][..]));
        assert_same(&computed.downcast::<T>().unwrap(), &expected, "computed");
        assert_same(&array.downcast::<T>().unwrap().compute().unwrap(), &expected, "typed");

        let part = array.slice(s![1..6;2, -1]).unwrap().compute().unwrap();
        assert_same(&part.downcast::<T>().unwrap(), &expected.slice(s![1..6;2, -1]).into_dyn(), "sliced");
        let chunk = array.chunk(&[2, 0]).unwrap();
        assert_same(&chunk.downcast::<T>().unwrap(), &expected.slice(s![6.., ..2]).into_dyn(), "chunk");
        seen.push(array.data_type());
    });
    let without_bfloat16 = DataType::NUMBERS.iter().filter(|number| **number != DataType::BFloat16);
    assert!(seen.iter().eq(without_bfloat16));
}

#[test]
fn bytes_are_little_endian_in_c_order() {
    every_type!(T => {
        let array = any::<T>(&[7, 5], &[3, 2]);
        let bytes = array.to_bytes().unwrap();
        let elements: Vec<T> = sample::<T>(&[7, 5]).into_raw_vec_and_offset().0;
        assert_eq!(bytes, bytes_of(&elements));
        // At every alignment.
        for offset in 0..3 {
            let mut memory = vec![0xff_u8; bytes.len() + offset];
            array.read_into(&mut memory[offset..]).unwrap();
            assert_eq!(memory[offset..], bytes);
        }
        assert_eq!(any::<T>(&[0, 3], &[1, 1]).to_bytes().unwrap(), Vec::<u8>::new());
        assert_eq!(any::<T>(&[], &[]).to_bytes().unwrap().len(), size_of::<T>());
    });
    let error = any::<u16>(&[4], &[2]).read_into(&mut [0; 7]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

/// As they are specified: a number's bytes from the lowest on, a complex number's parts one after the other.
fn bytes_of<T: Sample>(elements: &[T]) -> Vec<u8> {
    let parts = if matches!(T::DATA_TYPE, DataType::Complex64 | DataType::Complex128) { 2 } else { 1 };
    let width = size_of::<T>() / parts;
    let bytes =
        |element: &T| element.bits()[..parts].iter().flat_map(|part| part.to_le_bytes()[..width].to_vec()).collect();
    elements.iter().flat_map(|element| -> Vec<u8> { bytes(element) }).collect()
}

#[test]
fn a_wrong_type_is_refused_with_both_names() {
    let array = any::<f32>(&[4], &[2]);
    let error = array.downcast::<f64>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
    assert!(error.to_string().contains("float32, not float64"), "{error}");
    let error = array.compute().unwrap().downcast::<i8>().unwrap_err();
    assert!(error.to_string().contains("float32, not int8"), "{error}");
    assert_eq!(format!("{array:?}"), "AnyArray of float32 [4] in chunks of [2]");
}

#[test]
fn arrays_can_be_sent_and_cloned() {
    fn check<T: Clone + Send + Sync + 'static>(_: &T) {}
    let array = any::<f32>(&[4], &[2]);
    check(&array);
    check(&array.compute().unwrap());
    let computed = futures::executor::block_on(array.compute_async()).unwrap();
    assert!(matches!(computed, AnyNdArray::Float32(_)));
}

#[derive(Serialize, Deserialize)]
struct Run {
    first: AnyArray,
    second: AnyArray,
    plain: AnyArray,
    small: AnyArray,
}

#[derive(Serialize, Deserialize)]
struct Typed {
    first: ChunkedArray<u8>,
    second: ChunkedArray<u8>,
    plain: Array2<f32>,
    small: Array2<bool>,
}

#[test]
fn a_field_takes_arrays_of_any_type_in_any_form() {
    for format in [Format::Cbor, Format::Json] {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).format(format).open().unwrap();
        let first = ChunkedArray::from_ndarray(ndarray::Array1::<u8>::ones(9000), &[1000]).unwrap();
        let plain = Array2::from_elem((80, 90), 2.5_f32);
        let typed = Typed { second: first.clone(), first, plain, small: Array2::from_elem((2, 2), true) };
        storage.save("typed", &typed).unwrap();

        let run: Run = storage.load("typed").unwrap();
        assert_eq!(run.first.data_type(), DataType::UInt8);
        assert_eq!(run.plain.data_type(), DataType::Float32);
        assert_eq!(run.small.data_type(), DataType::Bool);
        assert_eq!(run.first.downcast::<u8>().unwrap().sum().unwrap(), 9000);

        // Saved elsewhere, and read again as what it was. What was one array is one array.
        storage.save("any", &run).unwrap();
        let info = storage.info("any").unwrap();
        assert_eq!(info.arrays[0].paths, ["first", "second"]);
        let typed: Typed = storage.load("any").unwrap();
        assert_eq!(typed.first.sum().unwrap(), 9000);
        assert_eq!(typed.plain, Array2::from_elem((80, 90), 2.5_f32));
        assert_eq!(typed.small, Array2::from_elem((2, 2), true));
    }
}

#[test]
fn an_array_outside_a_save_says_how_to_save_it() {
    let array = any::<f32>(&[4], &[2]);
    let error = serde_json::to_string(&array).unwrap_err();
    assert!(error.to_string().contains("storage.save"), "{error}");
}
