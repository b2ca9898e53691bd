//! Arrays that grow and change, against ndarray.

use super::support::{Counter, any_grid, counted, grid_for, lazy, part};
use arraystow::{ChunkGrid, ChunkedArray, Codec, ErrorKind, Region};
use ndarray::{Array1, ArrayD, Axis, array, concatenate, s};
use proptest::prelude::*;

/// Some region of an array of this shape, out of random numbers.
fn region_for(shape: &[usize], random: &[usize]) -> Region {
    let mut random = random.iter().copied().cycle();
    let mut next = move |limit: usize| random.next().unwrap_or(0) % limit;
    let start: Vec<usize> = shape.iter().map(|len| next(len + 1)).collect();
    let lengths: Vec<usize> = start.iter().zip(shape).map(|(start, len)| next(len - start + 1)).collect();
    Region::new(start, lengths).unwrap()
}

/// The chunks of an array that got more elements on an axis: a regular axis goes on.
fn continued(grid: &ChunkGrid, axis: usize, appended: &ChunkGrid) -> Vec<Vec<usize>> {
    let (mut chunks, behind) = (grid.chunks(), &appended.chunks()[axis]);
    let lengths = &mut chunks[axis];
    let is_regular = match lengths.split_last() {
        None => false,
        Some((last, before)) => {
            before.iter().all(|len| *len == before[0])
                && before.first().is_none_or(|len| last <= len)
                && lengths[0] > 0
                && *last > 0
        }
    };
    if !is_regular {
        lengths.extend(behind);
        return chunks;
    }
    let (chunk, mut left) = (lengths[0], behind.iter().sum::<usize>());
    while left > 0 {
        if lengths.last().is_none_or(|last| *last == chunk) {
            lengths.push(0);
        }
        let last = lengths.last_mut().unwrap();
        let more = left.min(chunk - *last);
        *last += more;
        left -= more;
    }
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn elements_are_appended_as_ndarray_concatenates(
        grid in any_grid(), len in 0..6usize, random in prop::collection::vec(any::<usize>(), 23),
    ) {
        prop_assume!(grid.ndim() > 0);
        let axis = random[0] % grid.ndim();
        let mut shape = grid.shape().to_vec();
        let before = counted(&shape);
        shape[axis] = len;
        let behind = counted(&shape).mapv(|x| -x - 1);
        let behind_grid = grid_for(&shape, &random);
        let grown = lazy(&before, &grid).appended(axis, &lazy(&behind, &behind_grid)).unwrap();
        let expected = concatenate(Axis(axis), &[before.view(), behind.view()]).unwrap();
        prop_assert_eq!(grown.compute().unwrap(), expected.clone());
        if len > 0 {
            prop_assert_eq!(grown.grid().chunks(), continued(&grid, axis, &behind_grid));
        }
        let region = region_for(expected.shape(), &random[1..]);
        let slice = grown.slice(region.to_slice_info()).unwrap().rechunk(&*vec![3; grid.ndim()]).unwrap();
        prop_assert_eq!(slice.compute().unwrap(), part(&expected, &region));
    }

    #[test]
    fn a_region_is_updated_as_ndarray_assigns(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23),
    ) {
        let before = counted(grid.shape());
        let region = region_for(grid.shape(), &random);
        let block = counted(region.shape()).mapv(|x| -x - 1);
        let updated = lazy(&before, &grid).updated(region.to_slice_info(), &lazy(&block, &grid_for(region.shape(), &random[7..])));
        let updated = updated.unwrap();
        let mut expected = before.clone();
        expected.slice_mut(region.to_slice_info().as_slice()).assign(&block);
        prop_assert_eq!(updated.compute().unwrap(), expected.clone());
        prop_assert_eq!(updated.grid(), &grid);
        let other = region_for(grid.shape(), &random[3..]);
        let slice = updated.slice(other.to_slice_info()).unwrap().rechunk(&*vec![2; grid.ndim()]).unwrap();
        prop_assert_eq!(slice.compute().unwrap(), part(&expected, &other));
    }
}

#[test]
fn an_index_updates_a_block_without_the_axis() {
    let array = ChunkedArray::from_ndarray(counted(&[3, 4, 5]), &[2, 2, 2]).unwrap();
    let block = ChunkedArray::from_ndarray(counted(&[4, 2]).mapv(|x| -x), &[4, 1]).unwrap();
    let updated = array.updated(s![-1, .., 1..3], &block).unwrap();
    let mut expected = counted(&[3, 4, 5]);
    expected.slice_mut(s![2, .., 1..3]).assign(&block.compute().unwrap());
    assert_eq!(updated.compute().unwrap(), expected);

    let element = ChunkedArray::from_ndarray(ndarray::arr0(7_i64), &[]).unwrap();
    assert_eq!(array.updated(s![0, 0, 0], &element).unwrap().compute().unwrap()[[0, 0, 0]], 7);
    assert_eq!(element.updated(s![], &(&element + 1)).unwrap().compute().unwrap()[[]], 8);
}

#[test]
fn only_what_is_needed_is_computed() {
    let grid = |shape: &[usize], chunk: &[usize]| ChunkGrid::regular(shape, chunk).unwrap();
    let (old, new) = (Counter::new(), Counter::new());
    let before = old.array(&counted(&[10, 6]), &grid(&[10, 6], &[4, 3]));
    let behind = new.array(&counted(&[5, 6]), &grid(&[5, 6], &[1, 6]));
    let grown = before.appended(0, &behind).unwrap();
    assert_eq!(grown.grid().chunks(), [vec![4, 4, 4, 3], vec![3, 3]]);
    grown.compute().unwrap();
    assert_eq!((old.chunks_and_most(), new.chunks_and_most()), ((6, 1), (5, 1)), "each chunk once");

    old.reset();
    new.reset();
    let updated = before.updated(s![3..8, ..], &behind).unwrap();
    updated.compute().unwrap();
    assert_eq!((old.chunks_and_most(), new.chunks_and_most()), ((4, 1), (5, 1)), "not what is replaced as a whole");
    old.reset();
    updated.slice(s![5..7, 2..4]).unwrap().compute().unwrap();
    assert_eq!(old.chunks_and_most(), (0, 0));
}

#[test]
fn names_attributes_fill_and_codec_are_those_of_the_array() {
    let codec = Codec::gzip(3).unwrap();
    let air = ChunkedArray::from_ndarray(counted(&[2, 3]), &[1, 3]).unwrap();
    let air = air.with_dims(["time", "lat"]).unwrap().with_attr("units", "K").unwrap().with_fill(-1).with_codec(codec);
    let step = ChunkedArray::from_ndarray(counted(&[1, 3]), &[1, 2]).unwrap().with_attr("units", "K").unwrap();
    let block = ChunkedArray::from(Array1::<i64>::zeros(3)).with_dims(["lat"]).unwrap();
    for version in [air.appended(0, &step).unwrap(), air.updated(s![0, ..], &block).unwrap()] {
        assert_eq!(version.dims().unwrap(), ["time", "lat"]);
        assert_eq!(version.attr("units"), Some(&"K".into()));
        assert_eq!((version.fill(), version.codec()), (Some(-1), Some(codec)));
    }
    assert_eq!(step.appended(1, &step).unwrap().codec(), None);
}

#[test]
fn what_does_not_fit_is_refused() {
    let array = |shape: &[usize]| ChunkedArray::<i64>::zeros(shape, vec![2; shape.len()]).unwrap();
    let named = array(&[4, 6]).with_dims(["time", "lat"]).unwrap();
    let kelvin = array(&[4, 6]).with_attr("units", "K").unwrap();
    let refused: Vec<(&str, arraystow::Result<ChunkedArray<i64>>)> = vec![
        ("no axis 2", array(&[4, 6]).appended(2, &array(&[4, 6]))),
        ("no axis 0", array(&[]).appended(0, &array(&[]))),
        ("the other axes must be equal", array(&[4, 6]).appended(0, &array(&[4, 5]))),
        ("the other axes must be equal", array(&[4, 6]).appended(0, &array(&[4]))),
        ("elements in degC", kelvin.updated(s![..1, ..], &array(&[1, 6]).with_attr("units", "degC").unwrap())),
        ("`units`", kelvin.appended(0, &array(&[1, 6]).with_attr("units", "degC").unwrap())),
        ("same names", named.appended(0, &array(&[1, 6]).with_dims(["lat", "time"]).unwrap())),
        ("fill values Some(0) and Some(7)", array(&[4]).with_fill(0).appended(0, &array(&[4]).with_fill(7))),
        ("must be equal", array(&[4, 6]).updated(s![1..3, ..], &array(&[3, 6]))),
        ("must be equal", array(&[4, 6]).updated(s![1, ..], &array(&[1, 6]))),
        ("out of range", array(&[4, 6]).updated(s![1..5, ..], &array(&[4, 6]))),
        ("one index or range per axis", array(&[4, 6]).updated(s![1..2], &array(&[1, 6]))),
        ("step", array(&[4, 6]).updated(s![..;2, ..], &array(&[2, 6]))),
        ("step", array(&[4, 6]).updated(s![..;-1, ..], &array(&[4, 6]))),
        ("new axis", array(&[4]).updated(s![ndarray::NewAxis, ..], &array(&[1, 4]))),
        ("same names", named.updated(s![0, ..], &array(&[6]).with_dims(["lon"]).unwrap())),
        ("fill values", named.with_fill(1).updated(s![0, ..], &array(&[6]).with_fill(2))),
    ];
    for (text, result) in refused {
        let error = result.expect_err(text);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains(text), "{error} should have {text:?}");
    }
    let long = ChunkedArray::from_fn(&[usize::MAX / 32], &[1 << 20], |region| Array1::<i64>::zeros(region.shape()[0]))
        .unwrap();
    let mut longer = long.appended(0, &long).unwrap();
    let error = loop {
        match longer.appended(0, &longer) {
            Ok(array) => longer = array,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
}

#[test]
fn nothing_new_is_the_same_array() {
    let array = ChunkedArray::from(array![1, 2, 3]);
    let nothing = ChunkedArray::<i32>::zeros(&[0], &[1]).unwrap();
    assert!(array.appended(0, &nothing).unwrap().ptr_eq(&array));
    assert!(array.updated(s![1..1], &nothing).unwrap().ptr_eq(&array));
    let grown = nothing.appended(0, &array.rechunk(&[2]).unwrap()).unwrap();
    assert_eq!(
        (grown.grid().chunks(), grown.compute().unwrap()),
        (vec![vec![2, 1]], ArrayD::from(array.compute().unwrap()))
    );
}
