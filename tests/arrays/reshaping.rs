//! Other shapes, padding, functions with neighbours and running sums, against ndarray and plain loops.

use super::support::{Counter, any_grid, counted, grid_for, lazy, slice_for};
use arraystow::{ChunkGrid, ChunkedArray, Chunking, Element, ErrorKind, Padding};
use ndarray::{Array1, Array2, ArrayD, Axis, Dimension, IxDyn, array, s};
use proptest::prelude::*;

fn computed<T: Element>(array: &ChunkedArray<T>) -> ArrayD<T> {
    array.compute().unwrap()
}

/// A shape of so many elements, out of random numbers.
fn shape_of(mut len: usize, random: &[usize]) -> Vec<usize> {
    let mut shape = Vec::new();
    for n in random.iter().take(5) {
        let factors: Vec<usize> = (1..=len).filter(|factor| len.is_multiple_of(*factor)).collect();
        let factor = factors[n % factors.len()];
        shape.push(factor);
        len /= factor;
    }
    shape.push(len);
    // Axes of length 1 come anywhere.
    if random[6].is_multiple_of(2) {
        shape.retain(|len| *len != 1);
    }
    shape
}

/// The position in an axis of the array that a position of the padded axis repeats.
fn repeated(at: usize, before: usize, len: usize, padding: Padding<i64>) -> Option<usize> {
    let at = at as isize - before as isize;
    let last = len as isize - 1;
    if (0..=last).contains(&at) {
        return Some(at as usize);
    }
    match padding {
        Padding::Constant(_) => None,
        Padding::Edge => Some(at.clamp(0, last) as usize),
        _ => Some(if at < 0 { -at } else { 2 * last - at } as usize),
    }
}

fn padded(elements: &ArrayD<i64>, widths: &[(usize, usize)], padding: Padding<i64>) -> ArrayD<i64> {
    let lens: Vec<usize> = elements.shape().iter().zip(widths).map(|(len, (a, b))| len + a + b).collect();
    let constant = if let Padding::Constant(value) = padding { value } else { 0 };
    ArrayD::from_shape_fn(lens, |at| {
        let place = at.slice().iter().zip(elements.shape()).zip(widths);
        let place: Option<Vec<usize>> = place.map(|((at, len), (a, _))| repeated(*at, *a, *len, padding)).collect();
        place.map_or(constant, |place| elements[IxDyn(&place)])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn arrays_are_reshaped_as_ndarray_does(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23),
    ) {
        let elements = counted(grid.shape());
        let shape = match grid.is_empty() {
            true => vec![random[0] % 4, 0, random[1] % 4],
            false => shape_of(grid.len(), &random),
        };
        let expected = elements.to_shape(shape.as_slice()).unwrap().to_owned();
        let array = lazy(&elements, &grid);
        let whole = array.rechunk(Chunking::Whole).unwrap().reshape(&shape).unwrap();
        prop_assert_eq!(computed(&whole), expected.clone());
        let reshaped = match array.reshape(&shape) {
            Ok(reshaped) => reshaped,
            Err(error) => {
                prop_assert!(error.to_string().contains("rechunk"), "{}", error);
                // The error names chunks with which it goes.
                let text = error.to_string();
                let chunk = text.rsplit("such as to [").next().unwrap().trim_end_matches(']');
                let chunk: Vec<usize> = chunk.split(", ").map(|len| len.parse().unwrap()).collect();
                let after = array.rechunk(chunk.as_slice()).unwrap().reshape(&shape);
                match after {
                    Ok(after) => after,
                    // Another group of axes may need it too.
                    Err(error) => { prop_assert!(error.to_string().contains("rechunk")); whole }
                }
            }
        };
        prop_assert_eq!(computed(&reshaped), expected.clone());
        prop_assert_eq!(reshaped.sum().unwrap(), expected.sum());
        let largest = |array: &ChunkedArray<i64>| array.grid().largest_chunk().iter().product::<usize>();
        prop_assert!(array.is_empty() || largest(&reshaped) <= grid.len());
        let by_chunk: i64 = reshaped.chunks().unwrap().map(|chunk| chunk.unwrap().1.sum()).sum();
        prop_assert_eq!(by_chunk, expected.sum());
        let slice = slice_for(&shape, &random);
        prop_assert_eq!(
            reshaped.slice(&slice).unwrap().compute().unwrap(),
            lazy(&expected, &ChunkGrid::regular(&shape, &vec![9; shape.len()]).unwrap()).slice(&slice).unwrap().compute().unwrap()
        );
        // Back again, as far as chunks allow.
        if let Ok(back) = reshaped.reshape(grid.shape()) {
            prop_assert_eq!(computed(&back), elements);
        }
    }

    #[test]
    fn arrays_are_padded_as_numpy_does(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23),
    ) {
        let elements = counted(grid.shape());
        let array = lazy(&elements, &grid);
        let widths: Vec<(usize, usize)> = (0..grid.ndim()).map(|axis| (random[axis] % 5, random[axis + 5] % 5)).collect();
        let too_short = |least: fn(usize, usize) -> bool| {
            grid.shape().iter().zip(&widths).any(|(len, (a, b))| [*a, *b].iter().any(|width| *width > 0 && !least(*len, *width)))
        };
        for (padding, refused) in [
            (Padding::Constant(-7), false),
            (Padding::Edge, too_short(|len, _| len > 0)),
            (Padding::Reflect, too_short(|len, width| len > width)),
        ] {
            let result = array.pad(&widths, padding);
            if refused {
                prop_assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
                continue;
            }
            let (result, expected) = (result.unwrap(), padded(&elements, &widths, padding));
            prop_assert_eq!(computed(&result), expected.clone(), "{:?}", padding);
            let other = result.rechunk(grid_for(expected.shape(), &random)).unwrap();
            prop_assert_eq!(computed(&other), expected, "{:?}", padding);
        }
    }

    #[test]
    fn functions_see_the_neighbours_of_a_chunk(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23),
    ) {
        let elements = counted(grid.shape());
        let array = lazy(&elements, &grid);
        let depth: Vec<usize> = (0..grid.ndim()).map(|axis| random[axis] % 3).collect();
        let window = IxDyn(&depth.iter().map(|depth| 2 * depth + 1).collect::<Vec<_>>());
        let widths: Vec<(usize, usize)> = depth.iter().map(|depth| (*depth, *depth)).collect();
        // Each element of a window counts otherwise.
        let weighted = |window: ndarray::ArrayViewD<'_, i64>| {
            window.iter().enumerate().map(|(at, x)| (at as i64 + 1) * x).sum::<i64>()
        };
        let weights = window.clone();
        for padding in [Padding::Constant(3), Padding::Edge, Padding::Reflect] {
            let window = weights.clone();
            let result = array.map_overlap(&depth, padding, move |region, elements| {
                let sums = elements.windows(window.clone()).into_iter().map(weighted).collect::<Vec<_>>();
                ArrayD::from_shape_vec(region.shape(), sums)
            });
            let fits = match padding {
                Padding::Constant(_) => true,
                Padding::Edge => grid.shape().iter().zip(&depth).all(|(len, depth)| *depth == 0 || *len > 0),
                _ => grid.shape().iter().zip(&depth).all(|(len, depth)| *depth == 0 || len > depth),
            };
            if !fits {
                prop_assert!(result.is_err());
                continue;
            }
            let whole = padded(&elements, &widths, padding);
            let expected = match grid.is_empty() {
                true => elements.clone(),
                false => ArrayD::from_shape_vec(grid.shape(), whole.windows(weights.clone()).into_iter().map(weighted).collect()).unwrap(),
            };
            prop_assert_eq!(computed(&result.unwrap()), expected, "{:?}", padding);
        }
    }

    #[test]
    fn running_sums_are_those_of_ndarray(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23),
    ) {
        prop_assume!(grid.ndim() > 0);
        let axis = random[0] % grid.ndim();
        let mut at = 0;
        let elements = ArrayD::from_shape_simple_fn(grid.shape(), || {
            at += 1;
            if random[at % 23] % 40 == 0 { f64::NAN } else { (random[at % 23] % 1000) as f64 / 7.0 + at as f64 }
        });
        let mut expected = elements.clone();
        expected.accumulate_axis_inplace(Axis(axis), |before, x| *x += before);
        let bits = |array: ArrayD<f64>| array.mapv(|x| if x.is_nan() { 1 } else { x.to_bits() });
        let sums = lazy(&elements, &grid).cumsum(axis).unwrap();
        // To the last bit: elements are added in the same order.
        prop_assert_eq!(bits(computed(&sums)), bits(expected.clone()));
        let slice = slice_for(grid.shape(), &random);
        let other = ChunkedArray::from_ndarray(expected, grid.shape().iter().map(|len| (*len).max(1)).collect::<Vec<_>>().as_slice());
        prop_assert_eq!(
            bits(computed(&sums.slice(&slice).unwrap())), bits(computed(&other.unwrap().slice(&slice).unwrap()))
        );
        let integers = counted(grid.shape());
        let mut expected = integers.clone();
        expected.accumulate_axis_inplace(Axis(axis), |before, x| *x += before);
        prop_assert_eq!(computed(&lazy(&integers, &grid).cumsum(axis).unwrap()), expected);
    }
}

#[test]
fn each_chunk_is_read_once() {
    let counter = Counter::new();
    let elements = counted(&[20, 30]);
    let array = counter.array(&elements, &ChunkGrid::regular(&[20, 30], &[4, 5]).unwrap());
    let rows = counter.array(&elements, &ChunkGrid::regular(&[20, 30], &[4, 30]).unwrap());
    let columns = counter.array(&elements, &ChunkGrid::regular(&[20, 30], &[20, 1]).unwrap());
    let sum = |_: &arraystow::Region, elements: ndarray::ArrayViewD<'_, i64>| {
        let windows = elements.windows(IxDyn(&[3, 5]));
        ArrayD::from_shape_vec(IxDyn(&[4, 5]), windows.into_iter().map(|window| window.sum()).collect())
    };
    let results = [
        (array.reshape(&[5, 4, 6, 5]).unwrap(), 30),
        (rows.reshape(&[600]).unwrap(), 5),
        (rows.reshape(&[10, 60]).unwrap(), 5),
        // Its chunks do not line up.
        (rows.reshape(&[3, 200]).unwrap(), 5),
        (columns.reshape(&[5, 2, 2, 30]).unwrap(), 30),
        (array.pad(&[(2, 3), (1, 0)], Padding::Constant(1)).unwrap(), 30),
        (array.pad(&[(2, 3), (1, 0)], Padding::Edge).unwrap(), 30),
        (array.pad(&[(2, 3), (1, 5)], Padding::Reflect).unwrap(), 30),
        (array.map_overlap(&[1, 2], Padding::Reflect, sum).unwrap(), 30),
        (array.map_overlap(&[1, 2], Padding::Constant(0), sum).unwrap() + &array, 30),
        (array.cumsum(0).unwrap(), 30),
        (array.cumsum(1).unwrap(), 30),
        (array.cumsum(1).unwrap().cumsum(0).unwrap(), 30),
        (rows.cumsum(1).unwrap(), 5),
        (array.cumsum(0).unwrap() + &array, 30),
        (array.map(|x| x + 1).slice(s![4.., ..;-1]).unwrap().cumsum(0).unwrap(), 24),
        (array.map_overlap(&[1, 2], Padding::Edge, sum).unwrap().along(&[0]).unwrap().sum(), 30),
    ];
    for (number, (result, chunks)) in results.iter().enumerate() {
        counter.reset();
        result.compute().unwrap();
        assert_eq!(counter.chunks_and_most(), (*chunks, 1), "result {number}");
        counter.reset();
        assert!(result.chunks().unwrap().all(|chunk| chunk.is_ok()));
        assert_eq!(counter.chunks_and_most(), (*chunks, 1), "chunks of result {number}");
    }
}

#[test]
fn chunks_stay_where_axes_are_split_and_joined() {
    let zeros = |shape: &[usize], chunk: &[usize]| ChunkedArray::<u8>::zeros(shape, chunk).unwrap();
    let reshaped = |array: ChunkedArray<u8>, shape: &[usize]| array.reshape(shape).unwrap().grid().chunks();
    assert_eq!(reshaped(zeros(&[12], &[4]), &[3, 4]), [vec![1; 3], vec![4]]);
    assert_eq!(reshaped(zeros(&[24], &[8]), &[2, 3, 4]), [vec![1, 1], vec![2, 1], vec![4]]);
    assert_eq!(reshaped(zeros(&[3, 8], &[1, 8]), &[6, 4]), [vec![2; 3], vec![4]]);
    assert_eq!(reshaped(zeros(&[6, 10, 5], &[3, 1, 5]), &[6, 50]), [vec![3, 3], vec![5; 10]]);
    assert_eq!(reshaped(zeros(&[7, 4], &[2, 4]), &[28]), [[8, 8, 8, 4]]);
    assert_eq!(reshaped(zeros(&[1, 12, 1], &[1, 5, 1]), &[12]), [[5, 5, 2]]);
    assert_eq!(reshaped(zeros(&[], &[]), &[1, 1]), [[1], [1]]);
    assert_eq!(reshaped(zeros(&[1, 1], &[1, 1]), &[]), Vec::<Vec<usize>>::new());
}

#[test]
fn what_cannot_be_is_refused() {
    let array = ChunkedArray::from_ndarray(Array2::<i32>::ones((4, 6)), &[2, 3]).unwrap();
    let error = array.reshape(&[24]).unwrap_err();
    assert!(error.to_string().contains("rechunk() the array first, such as to [1, 6]"), "{error}");
    let none = ChunkedArray::<i32>::zeros(&[0], &[1]).unwrap();
    let nothing = |_: &arraystow::Region, elements: ndarray::ArrayViewD<'_, i32>| elements.to_owned();
    for error in [
        error,
        array.reshape(&[5, 5]).unwrap_err(),
        array.reshape(&[usize::MAX, 2]).unwrap_err(),
        array.pad(&[(1, 1)], Padding::Edge).unwrap_err(),
        array.pad(&[(4, 0), (0, 0)], Padding::Reflect).unwrap_err(),
        array.pad(&[(usize::MAX, 0), (0, 0)], Padding::Edge).unwrap_err(),
        none.pad(&[(1, 0)], Padding::Edge).unwrap_err(),
        array.map_overlap(&[1], Padding::Constant(0), nothing).unwrap_err(),
        array.map_overlap(&[4, 1], Padding::Reflect, nothing).unwrap_err(),
        array.cumsum(2).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    // The elements around the chunk are not cut off.
    let error = array.map_overlap(&[1, 1], Padding::Edge, nothing).unwrap().compute().unwrap_err();
    assert!(error.to_string().contains("map_overlap") && error.to_string().contains("[4, 5]"), "{error}");
    let panicking = array.map_overlap(&[1, 1], Padding::Edge, |_, _| -> ArrayD<u8> { panic!("as wanted") });
    assert_eq!(panicking.unwrap().compute().unwrap_err().kind(), ErrorKind::UserCode);
    let large = ChunkedArray::from_ndarray(array![i64::MAX, 1, -1], &[1]).unwrap().cumsum(0).unwrap();
    assert_eq!(large.compute().unwrap_err().kind(), ErrorKind::Limit);
    // It fits again.
    assert_eq!(large.chunk(&[2]).unwrap(), array![i64::MAX].into_dyn());
}

#[test]
fn one_chunk_of_running_sums_reads_those_before_it() {
    let counter = Counter::new();
    let array = counter.array(&counted(&[1000]), &ChunkGrid::regular(&[1000], &[10]).unwrap());
    let sums = array.cumsum(0).unwrap();
    assert_eq!(sums.chunk(&[9]).unwrap()[[9]], 99 * 100 / 2);
    assert_eq!(counter.chunks_and_most(), (10, 1));
    counter.reset();
    assert_eq!(sums.slice(s![..;-1]).unwrap().compute().unwrap()[[0]], 999 * 1000 / 2);
    assert_eq!(counter.chunks_and_most().0, 100);
    // Types are those of sums.
    let bools = ChunkedArray::from(Array1::from_elem(3, true)).cumsum(0).unwrap();
    assert_eq!(computed(&bools), array![1_u64, 2, 3].into_dyn());
}

#[test]
fn labels_follow_the_operations() {
    let array = ChunkedArray::from_ndarray(Array2::<f32>::ones((4, 6)), &[2, 6]).unwrap();
    let array = array.with_dims(["y", "x"]).unwrap().with_attr("units", "K").unwrap().with_fill(-1.0);
    let names = Some(vec!["y".to_owned(), "x".to_owned()]);
    let padded = array.pad(&[(1, 1), (0, 2)], Padding::Edge).unwrap();
    assert_eq!((padded.dims(), padded.attrs(), padded.fill()), (array.dims(), array.attrs(), Some(-1.0)));
    let reshaped = array.reshape(&[24]).unwrap();
    assert_eq!((reshaped.dims(), reshaped.attrs(), reshaped.fill()), (None, array.attrs(), Some(-1.0)));
    let sums = array.cumsum(0).unwrap();
    assert_eq!((sums.dims().map(<[String]>::to_vec), sums.attrs().len(), sums.fill()), (names.clone(), 0, None));
    let mapped = array.map_overlap(&[0, 1], Padding::Edge, |_, elements| elements.slice(s![.., 1..-1]).to_owned());
    let mapped = mapped.unwrap();
    assert_eq!((mapped.dims().map(<[String]>::to_vec), mapped.attrs().len()), (names, 0));
    assert_eq!(computed(&mapped), Array2::<f32>::ones((4, 6)).into_dyn());
}
