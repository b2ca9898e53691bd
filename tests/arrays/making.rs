//! Making arrays, and reading them whole, by chunk and chunk after chunk.

use super::support::{any_grid, counted, lazy, part};
use arraystow::{ChunkGrid, ChunkedArray, Chunking, DataType, Element, ErrorKind, Region};
use half::f16;
use ndarray::{Array0, Array1, Array2, ArrayD, Dimension, IxDyn, ShapeBuilder, arr0, array, s};
use num_complex::Complex;
use proptest::prelude::*;

fn comes_back<T: Element>(data_type: DataType, elements: Vec<T>) {
    let original = Array1::from(elements);
    for chunk in 1..=original.len() {
        let chunked = ChunkedArray::from_ndarray(original.clone(), &[chunk]).unwrap();
        assert_eq!(chunked.data_type(), data_type);
        assert_eq!(data_type.size(), size_of::<T>());
        assert_eq!(data_type.name().parse::<DataType>().unwrap(), data_type);
        assert_eq!(chunked.compute().unwrap(), original.clone().into_dyn());
        let made = lazy(&original.clone().into_dyn(), chunked.grid());
        assert_eq!(made.compute().unwrap(), original.clone().into_dyn());
    }
}

#[test]
fn every_element_type_comes_back_as_it_was() {
    comes_back(DataType::Bool, vec![true, false, true]);
    comes_back(DataType::Int8, vec![i8::MIN, -1, i8::MAX]);
    comes_back(DataType::Int16, vec![i16::MIN, -1, i16::MAX]);
    comes_back(DataType::Int32, vec![i32::MIN, -1, i32::MAX]);
    comes_back(DataType::Int64, vec![i64::MIN, -1, i64::MAX]);
    comes_back(DataType::UInt8, vec![0, 1, u8::MAX]);
    comes_back(DataType::UInt16, vec![0, 1, u16::MAX]);
    comes_back(DataType::UInt32, vec![0, 1, u32::MAX]);
    comes_back(DataType::UInt64, vec![0, 1, u64::MAX]);
    comes_back(DataType::Float16, vec![f16::MIN, f16::NEG_ZERO, f16::INFINITY]);
    comes_back(DataType::Float32, vec![f32::MIN, f32::EPSILON, f32::INFINITY]);
    comes_back(DataType::Float64, vec![f64::MIN, f64::EPSILON, f64::INFINITY]);
    comes_back(DataType::Complex64, vec![Complex::new(1.5_f32, -2.0), Complex::new(f32::MAX, f32::MIN)]);
    comes_back(DataType::Complex128, vec![Complex::new(1.5, -2.0), Complex::new(f64::MAX, f64::MIN)]);
}

#[test]
fn nan_keeps_its_bits() {
    let bits = [0x7ff8_0000_0000_0001_u64, 0xfff0_0000_0000_0001];
    let array = ChunkedArray::from_ndarray(Array1::from_iter(bits.map(f64::from_bits)), &[1]).unwrap();
    assert_eq!(array.compute().unwrap().mapv(f64::to_bits).as_slice().unwrap(), bits);
}

#[test]
fn fortran_order_is_taken_as_it_is() {
    let fortran = Array2::from_shape_fn((5, 7).f(), |(i, j)| i * 10 + j).mapv(|x| x as u32);
    let fortran = {
        let mut out = Array2::zeros((5, 7).f());
        out.assign(&fortran);
        out
    };
    assert!(!fortran.is_standard_layout());
    let chunked = ChunkedArray::from_ndarray(fortran.clone(), &[2, 3]).unwrap();
    assert_eq!(chunked.compute().unwrap(), fortran.into_dyn());
    assert_eq!(chunked.chunk(&[1, 2]).unwrap(), array![[26_u32], [36]].into_dyn());
    assert!(chunked.compute().unwrap().is_standard_layout());
}

#[test]
fn a_chunk_function_may_return_fortran_order() {
    let array = ChunkedArray::from_fn(&[4, 6], &[3, 4], |region| {
        ArrayD::from_shape_fn(IxDyn(region.shape()).f(), |at| {
            (region.start()[0] + at[0]) as i64 * 6 + (region.start()[1] + at[1]) as i64
        })
    });
    assert_eq!(array.unwrap().compute().unwrap(), counted(&[4, 6]));
}

#[test]
fn owned_copies_of_views_are_taken() {
    let base = counted(&[6, 8]).into_dimensionality::<ndarray::Ix2>().unwrap();
    for view in [base.slice(s![1..5;2, ..;-3]), base.t().slice_move(s![2.., ..4]), base.slice(s![..;-1, 3..3])] {
        let shape = [2, 2];
        let copied = ChunkedArray::from_ndarray(view.to_owned(), &shape).unwrap();
        assert_eq!(copied.compute().unwrap(), view.into_dyn());
    }
    // Owned, but only a part of what it owns.
    let narrowed = base.clone().slice_move(s![1..4, 2..;3]);
    let expected = base.slice(s![1..4, 2..;3]).into_dyn();
    assert_eq!(ChunkedArray::from_ndarray(narrowed, &[2, 1]).unwrap().compute().unwrap(), expected);
}

#[test]
fn every_rank_of_ndarray_is_taken() {
    assert_eq!(ChunkedArray::from_ndarray(arr0(5_u8), &[]).unwrap().compute().unwrap(), arr0(5).into_dyn());
    assert_eq!(ChunkedArray::from_ndarray(array![[[[[[1_u8]]]]]], &[1; 6]).unwrap().ndim(), 6);
    let nine = ChunkedArray::from_ndarray(counted(&[2; 9]), &[1; 9]).unwrap();
    assert_eq!(nine.compute().unwrap(), counted(&[2; 9]));
}

#[test]
fn zero_dimensional_arrays_have_one_chunk() {
    let value = ChunkedArray::from_fn(&[], &[], |_| Array0::from_elem((), 7.5_f32)).unwrap();
    assert_eq!((value.ndim(), value.len(), value.grid().chunk_count()), (0, 1, 1));
    assert_eq!(value.compute().unwrap()[[]], 7.5);
    assert_eq!(value.chunk(&[]).unwrap()[[]], 7.5);
    assert_eq!(value.chunks().unwrap().count(), 1);
    assert_eq!(value.sum().unwrap(), 7.5);
    assert_eq!(value.rechunk(&[]).unwrap().compute().unwrap()[[]], 7.5);
    assert_eq!((&value + &value).compute().unwrap()[[]], 15.0);
    assert_eq!(value.slice(s![ndarray::NewAxis]).unwrap().compute().unwrap().as_slice(), Some(&[7.5][..]));
}

#[test]
fn empty_axes_need_no_chunk() {
    for shape in [vec![0], vec![0, 5], vec![5, 0], vec![3, 0, 4], vec![0, 0]] {
        let never = |_: &Region| -> ArrayD<f64> { unreachable!("an empty array has nothing to produce") };
        let array = ChunkedArray::from_fn(&shape, vec![2; shape.len()], never).unwrap();
        assert!(array.is_empty());
        assert_eq!(array.compute().unwrap().shape(), shape);
        assert_eq!((&array * 2.0).rechunk(vec![3; shape.len()]).unwrap().compute().unwrap().shape(), shape);
        assert_eq!(array.chunks().unwrap().count(), 0);
        assert_eq!(array.sum().unwrap(), 0.0);
    }
}

#[test]
fn chunks_without_elements_stay_in_the_grid() {
    let grid = ChunkGrid::irregular(&[vec![0, 2, 0, 3, 0]]).unwrap();
    let array = lazy(&counted(&[5]), &grid);
    assert_eq!(array.grid().chunks(), [[0, 2, 0, 3, 0]]);
    assert_eq!(array.compute().unwrap(), counted(&[5]));
    assert_eq!(array.chunk(&[2]).unwrap().len(), 0);
    let lengths = array.chunks().unwrap().map(|chunk| chunk.unwrap().1.len());
    assert_eq!(lengths.collect::<Vec<_>>(), [0, 2, 0, 3, 0]);
    assert_eq!(array.rechunk(&[5]).unwrap().compute().unwrap(), counted(&[5]));
    assert_eq!((&array + &array).sum().unwrap(), 20);
    assert_eq!(array.min().unwrap(), 0);
}

#[test]
fn the_chunk_shape_is_chosen_when_it_is_left_out() {
    let small = ChunkedArray::from(counted(&[10, 20]));
    assert_eq!(small.grid().chunk_count(), 1);
    let large = ChunkedArray::from(Array2::<f32>::zeros((3000, 1000)));
    let chunk = large.grid().chunk_shape().unwrap();
    let bytes = chunk.iter().product::<usize>() * 4;
    assert!((1 << 19..=1 << 20).contains(&bytes), "{chunk:?} is {bytes} bytes");
    assert_eq!(ChunkedArray::from(arr0(1_u8)).grid().chunk_count(), 1);
    assert!(ChunkedArray::from(Array2::<u8>::zeros((0, 5))).is_empty());
}

fn is_full<T: Element + Copy>(value: T) {
    for chunking in [Chunking::Whole, Chunking::Shape(vec![2, 3]), Chunking::Irregular(vec![vec![1, 4], vec![0, 7]])] {
        let full = ChunkedArray::full(&[5, 7], value, chunking.clone()).unwrap();
        assert_eq!(full.grid(), &chunking.grid(&[5, 7], size_of::<T>()).unwrap());
        assert_eq!(full.compute().unwrap(), ArrayD::from_elem(IxDyn(&[5, 7]), value));
        assert_eq!(full.slice(s![1..4, 6]).unwrap().compute().unwrap(), ArrayD::from_elem(IxDyn(&[3]), value));
        let zeros = ChunkedArray::<T>::zeros(&[5, 7], chunking).unwrap();
        assert_eq!(zeros.compute().unwrap(), ArrayD::from_elem(IxDyn(&[5, 7]), T::default()));
    }
}

#[test]
fn arrays_of_one_value_are_made_of_any_type_and_grid() {
    is_full(true);
    is_full(-7_i8);
    is_full(u64::MAX);
    is_full(f16::from_f32(0.5));
    is_full(-1.5_f32);
    is_full(Complex::new(1.0, -2.0));
    let negative = ChunkedArray::full(&[3], -0.0_f64, &[2]).unwrap();
    assert!(negative.compute().unwrap().iter().all(|x| x.is_sign_negative()), "-0 is not 0");
    assert_eq!(ChunkedArray::full(&[], 7_u8, &[]).unwrap().compute().unwrap()[[]], 7);
    assert_eq!(ChunkedArray::<u8>::zeros(&[3], &[2, 2]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(
        ChunkedArray::<u8>::zeros(&[usize::MAX, 2], Chunking::Whole).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    let large = ChunkedArray::<f64>::zeros(&[1 << 30, 1 << 30], Chunking::default()).unwrap();
    assert_eq!(large.slice(s![1 << 29, ..10]).unwrap().sum().unwrap(), 0.0);
}

#[test]
fn a_region_slices_chunked_arrays_and_ndarrays_alike() {
    let elements = counted(&[6, 8]);
    let array = ChunkedArray::from_ndarray(elements.clone(), &[4, 3]).unwrap();
    for region in [Region::new([1, 2], [4, 5]), Region::new([0, 0], [6, 8]), Region::new([6, 0], [0, 8])] {
        let region = region.unwrap();
        let expected = elements.slice(region.to_slice_info().as_slice());
        assert_eq!(array.slice(region.to_slice_info()).unwrap().compute().unwrap(), expected);
    }
    let outside = Region::new([1, 2], [6, 5]).unwrap();
    assert_eq!(array.slice(outside.to_slice_info()).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(Region::new([1], [6, 5]).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn the_grid_must_have_the_shape_of_the_array() {
    let grid = ChunkGrid::regular(&[3, 4], &[2, 2]).unwrap();
    let error = ChunkedArray::from_ndarray(counted(&[4, 3]), grid.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(ChunkedArray::from_ndarray(counted(&[4, 3]), &[2]).is_err());
    assert!(ChunkedArray::from_ndarray(counted(&[4, 3]), &[2, 0]).is_err());
    let array = ChunkedArray::from_ndarray(counted(&[3, 4]), grid).unwrap();
    assert_eq!(array.compute().unwrap(), counted(&[3, 4]));
}

#[test]
fn clones_are_the_same_array_and_equal_ones_are_not() {
    let array = ChunkedArray::from_ndarray(counted(&[4]), &[2]).unwrap();
    let equal = ChunkedArray::from_ndarray(counted(&[4]), &[2]).unwrap();
    assert!(array.ptr_eq(&array.clone()));
    assert!(!array.ptr_eq(&equal));
    assert!(!array.ptr_eq(&(&array + 0)));
    assert!(array.ptr_eq(&array.rechunk(&[2]).unwrap()), "nothing to do, nothing made");
}

#[test]
fn debug_shows_the_shape_and_computes_nothing() {
    let array = ChunkedArray::from_fn(&[1 << 40, 3], &[1024, 3], |_| -> ArrayD<f32> { unreachable!() }).unwrap();
    assert_eq!(format!("{array:?}"), "ChunkedArray<float32>[1099511627776, 3] in chunks of [1024, 3]");
    let text = format!("{:?} {:?}", array.map(|x| x + 1.0), array.chunks().unwrap());
    assert!(text.contains("chunk 0 of ChunkedArray<float32>"), "{text}");
    let in_memory = ChunkedArray::from_ndarray(array![123_456_789_i64], &[1]).unwrap();
    assert!(!format!("{in_memory:?} {in_memory:#?}").contains("123456789"));
    let irregular = lazy(&counted(&[10]), &ChunkGrid::irregular(&[vec![3, 5, 2]]).unwrap());
    assert_eq!(format!("{irregular:?}"), "ChunkedArray<int64>[10] in [3] irregular chunks");
}

#[test]
fn chunks_that_are_not_there_are_not_found() {
    let array = lazy(&counted(&[5, 4]), &ChunkGrid::regular(&[5, 4], &[2, 2]).unwrap());
    assert_eq!(array.chunk(&[2, 1]).unwrap(), array![[18_i64, 19]].into_dyn());
    for coordinates in [vec![3, 0], vec![0, 2], vec![0], vec![0, 0, 0], vec![usize::MAX, usize::MAX]] {
        assert!(array.chunk(&coordinates).unwrap_err().is_not_found(), "{coordinates:?}");
    }
}

proptest! {
    #[test]
    fn compute_chunk_and_chunks_agree(grid in any_grid()) {
        let original = counted(grid.shape());
        for array in [
            ChunkedArray::from_ndarray(original.clone(), grid.clone()).unwrap(),
            lazy(&original, &grid),
            lazy(&original, &grid).map(|x| x + 1).map(|x| x - 1),
        ] {
            prop_assert_eq!(&array.compute().unwrap(), &original);
            prop_assert_eq!(array.len(), original.len());
            prop_assert_eq!(array.is_empty(), original.is_empty());
            let chunks = array.chunks().unwrap();
            prop_assert_eq!(chunks.len(), grid.chunk_count());
            let mut together = ArrayD::from_elem(grid.shape(), -1);
            for (number, chunk) in chunks.enumerate() {
                let (region, elements) = chunk.unwrap();
                prop_assert_eq!(&region, &grid.chunk_region(number).unwrap());
                prop_assert_eq!(elements.shape(), region.shape());
                prop_assert_eq!(elements.view(), part(&original, &region));
                let ranges = region.start().iter().zip(region.end());
                let ranges: Vec<_> = ranges.map(|(a, b)| ndarray::Slice::from(*a..b).into()).collect();
                together.slice_mut(ranges.as_slice()).assign(&elements);
            }
            prop_assert_eq!(&together, &original);
            for (number, coordinates) in ndarray::indices(grid.chunks_per_axis()).into_iter().enumerate() {
                let elements = array.chunk(coordinates.slice()).unwrap();
                prop_assert_eq!(grid.chunk_number(coordinates.slice()).unwrap(), number);
                prop_assert_eq!(elements.view(), part(&original, &grid.chunk_region(number).unwrap()));
            }
        }
    }
}
