//! Slices and rechunked arrays are what ndarray makes of the same elements.

use super::support::{any_grid, counted, grid_for, lazy, slice_for};
use arraystow::{ChunkGrid, ChunkedArray, ErrorKind};
use ndarray::{NewAxis, SliceInfoElem, s};
use proptest::prelude::*;

fn ten() -> ChunkedArray<i64> {
    lazy(&counted(&[10]), &ChunkGrid::irregular(&[vec![3, 5, 2]]).unwrap())
}

#[test]
fn slices_follow_the_chunks_that_they_touch() {
    let lengths = |slice: &[SliceInfoElem]| ten().slice(slice).unwrap().grid().chunks();
    assert_eq!(lengths(s![2..9].as_ref()), [[1, 5, 1]]);
    assert_eq!(lengths(s![..;-1].as_ref()), [[2, 5, 3]]);
    assert_eq!(lengths(s![..;4].as_ref()), [[1, 1, 1]]);
    assert_eq!(lengths(s![4..4].as_ref()), [Vec::<usize>::new()]);
    assert_eq!(lengths(s![NewAxis, 3..8].as_ref()), [vec![1], vec![5]]);
    assert!(lengths(s![3].as_ref()).is_empty());
}

#[test]
fn an_end_before_the_start_is_empty_as_in_ndarray() {
    assert_eq!(ten().slice(s![7..3]).unwrap().compute().unwrap().len(), 0);
    assert_eq!(ten().slice(s![-1..3;-2]).unwrap().shape(), [0]);
}

#[test]
fn slices_that_do_not_fit_are_refused_at_once() {
    let matrix = lazy(&counted(&[4, 6]), &ChunkGrid::regular(&[4, 6], &[2, 2]).unwrap());
    let refused = |slice: &[SliceInfoElem]| {
        let error = matrix.slice(slice).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    assert!(refused(s![0..5, ..].as_ref()).contains("out of range for axis 0"));
    assert!(refused(s![.., -7..].as_ref()).contains("out of range for axis 1"));
    assert!(refused(s![NewAxis, .., 6].as_ref()).contains("out of range for axis 1"));
    refused(s![5.., ..].as_ref());
    refused(s![-5, ..].as_ref());
    refused(s![..isize::MAX, ..].as_ref());
    refused(s![isize::MIN.., ..].as_ref());
    assert!(refused(s![..].as_ref()).contains("a slice of 1 axes of an array of 2 axes"));
    refused(s![.., .., ..].as_ref());
    refused(s![NewAxis].as_ref());
    let step_zero = SliceInfoElem::Slice { start: 0, end: None, step: 0 };
    assert!(refused(&[step_zero, step_zero]).contains("step 0"));
    assert!(lazy(&counted(&[0]), &ChunkGrid::regular(&[0], &[1]).unwrap()).slice(s![0]).is_err());
}

#[test]
fn rechunking_to_another_shape_is_refused() {
    assert_eq!(ten().rechunk(&[2, 5]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(ten().rechunk(&[0]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(ten().rechunk(ChunkGrid::regular(&[11], &[2]).unwrap()).unwrap_err().kind(), ErrorKind::InvalidInput);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn slices_agree_with_ndarray(grid in any_grid(), random in prop::collection::vec(any::<usize>(), 60)) {
        let original = counted(grid.shape());
        let slice = slice_for(grid.shape(), &random);
        let expected = original.slice(slice.as_slice()).to_owned();
        let in_memory = ChunkedArray::from_ndarray(original.clone(), grid.clone()).unwrap();
        for array in [in_memory, lazy(&original, &grid), lazy(&original, &grid).map(|x| x)] {
            let sliced = array.slice(&slice).unwrap();
            prop_assert_eq!(sliced.shape(), expected.shape());
            prop_assert_eq!(&sliced.compute().unwrap(), &expected);
            prop_assert_eq!(sliced.sum().unwrap(), expected.sum());
        }
    }

    #[test]
    fn slices_of_slices_agree_with_ndarray(
        grid in any_grid(),
        randoms in prop::collection::vec(prop::collection::vec(any::<usize>(), 41), 2..5),
    ) {
        let mut expected = counted(grid.shape());
        let mut array = lazy(&expected, &grid);
        for random in randoms {
            let slice = slice_for(expected.shape(), &random);
            // ndarray's own limit of axes is none, but the elements are few.
            expected = expected.slice(slice.as_slice()).to_owned();
            array = array.slice(&slice).unwrap();
        }
        prop_assert_eq!(array.compute().unwrap(), expected);
    }

    #[test]
    fn rechunked_arrays_have_the_same_elements(
        grid in any_grid(),
        randoms in prop::collection::vec(prop::collection::vec(any::<usize>(), 23), 1..4),
    ) {
        let original = counted(grid.shape());
        let mut array = lazy(&original, &grid);
        for random in randoms {
            let grid = grid_for(original.shape(), &random);
            array = array.rechunk(grid.clone()).unwrap();
            prop_assert_eq!(array.grid(), &grid);
            prop_assert_eq!(&array.compute().unwrap(), &original);
        }
    }
}
