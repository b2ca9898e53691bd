//! Reductions along axes and of blocks, against what plain loops over the same elements give.

use super::support::{Counter, any_grid, lazy};
use arraystow::{ChunkGrid, ChunkedArray, Element, ErrorKind, Reduction, Task};
use ndarray::{Array2, ArrayD, Dimension, IxDyn, array};
use proptest::prelude::*;

fn computed<T: Element>(array: &ChunkedArray<T>) -> ArrayD<T> {
    array.compute().unwrap()
}

/// The elements that become one of the result, in C order.
fn groups(elements: &ArrayD<f64>, blocks: &[usize]) -> ArrayD<Vec<f64>> {
    let shape: Vec<usize> = elements.shape().iter().zip(blocks).map(|(len, block)| len / block).collect();
    let shape: Vec<usize> = shape.iter().zip(elements.shape()).map(|(n, len)| if *len == 0 { 1 } else { *n }).collect();
    let mut groups = ArrayD::from_elem(shape, Vec::new());
    for (at, x) in elements.indexed_iter() {
        let at: Vec<usize> = at.slice().iter().zip(blocks).map(|(at, block)| at / block).collect();
        groups[IxDyn(&at)].push(*x);
    }
    groups
}

fn close(found: f64, expected: f64) -> bool {
    found == expected
        || (found.is_nan() && expected.is_nan())
        || (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
}

#[track_caller]
fn same(found: &ChunkedArray<f64>, groups: &ArrayD<Vec<f64>>, of: impl Fn(&[f64]) -> f64, what: &str) {
    let (found, expected) = (computed(found), groups.mapv(|group| of(&group)));
    assert_eq!(found.shape(), expected.shape(), "{what}");
    assert!(found.iter().zip(&expected).all(|(a, b)| close(*a, *b)), "{what}: {found} for {expected}");
}

fn without_nan(group: &[f64]) -> Vec<f64> {
    group.iter().copied().filter(|x| !x.is_nan()).collect()
}

fn least(group: &[f64]) -> f64 {
    group.iter().copied().reduce(|a, b| if a.is_nan() || a <= b { a } else { b }).unwrap_or(f64::NAN)
}

fn greatest(group: &[f64]) -> f64 {
    -least(&group.iter().map(|x| -x).collect::<Vec<_>>())
}

fn place(group: &[f64], x: f64) -> i64 {
    group.iter().position(|y| *y == x || (x.is_nan() && y.is_nan())).unwrap() as i64
}

fn mean(group: &[f64]) -> f64 {
    group.iter().sum::<f64>() / group.len() as f64
}

fn var(group: &[f64], ddof: usize) -> f64 {
    if group.len() <= ddof {
        return f64::NAN;
    }
    let mean = mean(group);
    group.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (group.len() - ddof) as f64
}

/// Every reduction, with and without NaN.
fn check(reduction: &Reduction<f64>, groups: &ArrayD<Vec<f64>>) {
    let skipping = reduction.clone().skip_nan();
    same(&reduction.sum(), groups, |g| g.iter().sum(), "sum");
    same(&skipping.sum(), groups, |g| without_nan(g).iter().sum(), "sum without NaN");
    same(&reduction.mean(), groups, mean, "mean");
    same(&skipping.mean(), groups, |g| mean(&without_nan(g)), "mean without NaN");
    for ddof in [0, 1, 3] {
        same(&reduction.var(ddof), groups, |g| var(g, ddof), "var");
        same(&skipping.std(ddof), groups, |g| var(&without_nan(g), ddof).sqrt(), "std without NaN");
    }
    assert_eq!(computed(&reduction.any()), groups.mapv(|g| g.iter().any(|x| *x != 0.0)));
    assert_eq!(computed(&reduction.all()), groups.mapv(|g| g.iter().all(|x| *x != 0.0)));
    assert_eq!(computed(&reduction.count()), groups.mapv(|g| without_nan(&g).len() as i64));
    if groups.iter().any(Vec::is_empty) {
        assert_eq!(reduction.min().compute().unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(reduction.argmax().compute().is_err());
        return;
    }
    same(&reduction.min(), groups, least, "min");
    same(&reduction.max(), groups, greatest, "max");
    same(&skipping.min(), groups, |g| least(&without_nan(g)), "min without NaN");
    same(&skipping.max(), groups, |g| greatest(&without_nan(g)), "max without NaN");
    assert_eq!(computed(&reduction.argmin()), groups.mapv(|g| place(&g, least(&g))));
    assert_eq!(computed(&reduction.argmax()), groups.mapv(|g| place(&g, greatest(&g))));
    if groups.iter().any(|g| without_nan(g).is_empty()) {
        assert!(skipping.argmin().compute().is_err());
    } else {
        assert_eq!(computed(&skipping.argmin()), groups.mapv(|g| place(&g, least(&without_nan(&g)))));
        assert_eq!(computed(&skipping.argmax()), groups.mapv(|g| place(&g, greatest(&without_nan(&g)))));
    }
}

fn numbers(shape: &[usize], random: &[usize], nan: usize) -> ArrayD<f64> {
    let mut at = 0_usize;
    ArrayD::from_shape_simple_fn(shape, || {
        at += 1;
        let n = random[at % random.len()].wrapping_add(at / 3);
        if nan > 0 && n.is_multiple_of(nan) { f64::NAN } else { (n % 9) as f64 - 3.0 }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn every_reduction_along_any_axes_is_that_of_its_elements(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23), nan in 0..12_usize,
    ) {
        let elements = numbers(grid.shape(), &random, nan);
        let axes: Vec<usize> = (0..grid.ndim()).filter(|axis| random[*axis] % 2 == 0).collect();
        let block = |axis: usize| if axes.contains(&axis) { grid.shape()[axis].max(1) } else { 1 };
        let blocks: Vec<usize> = (0..grid.ndim()).map(block).collect();
        let kept = axes.iter().any(|axis| grid.shape()[*axis] == 0) && grid.shape().iter().enumerate()
            .any(|(axis, len)| *len == 0 && !axes.contains(&axis));
        prop_assume!(!kept && (0..grid.ndim()).all(|axis| axes.contains(&axis) || grid.shape()[axis] > 0));
        let mut groups = groups(&elements, &blocks);
        let array = lazy(&elements, &grid);
        check(&array.along(&axes).unwrap().keep_axes(), &groups);
        for axis in axes.iter().rev() {
            groups = groups.index_axis_move(ndarray::Axis(*axis), 0);
        }
        let reduction = array.along(&axes).unwrap();
        check(&reduction, &groups);
        let all = self::groups(&elements, &grid.shape().iter().map(|len| (*len).max(1)).collect::<Vec<_>>());
        let all = all.into_iter().next().unwrap();
        prop_assert!(close(array.var(1).unwrap(), var(&all, 1)) && close(array.std(0).unwrap(), var(&all, 0).sqrt()));
        prop_assert_eq!(array.count().unwrap(), without_nan(&all).len() as i64);
        prop_assert_eq!(array.any().unwrap(), all.iter().any(|x| *x != 0.0));
        prop_assert_eq!(array.all().unwrap(), all.iter().all(|x| *x != 0.0));
        // A part of the result is what the whole has there.
        let reversed = vec![ndarray::Slice::new(0, None, -1).into(); groups.ndim()];
        let sums = computed(&reduction.count());
        prop_assert_eq!(computed(&reduction.count().slice(&reversed).unwrap()), sums.slice(reversed.as_slice()));
    }

    #[test]
    fn every_reduction_of_blocks_is_that_of_its_elements(
        axes in prop::collection::vec((1..4_usize, 1..4_usize, 1..7_usize), 0..4),
        random in prop::collection::vec(any::<usize>(), 23), nan in 0..12_usize,
    ) {
        let shape: Vec<usize> = axes.iter().map(|(block, count, _)| block * count).collect();
        let blocks: Vec<usize> = axes.iter().map(|(block, _, _)| *block).collect();
        let chunks: Vec<usize> = axes.iter().map(|(_, _, chunk)| *chunk).collect();
        let elements = numbers(&shape, &random, nan);
        let array = lazy(&elements, &ChunkGrid::regular(&shape, &chunks).unwrap());
        check(&array.coarsen(&blocks).unwrap(), &groups(&elements, &blocks));
    }
}

#[test]
fn each_chunk_is_read_once() {
    let counter = Counter::new();
    let elements = Array2::from_shape_fn((20, 30), |(i, j)| (i * j) as f64).into_dyn();
    let array = counter.array(&elements, &ChunkGrid::regular(&[20, 30], &[4, 7]).unwrap());
    let centred = &array - array.along(&[0]).unwrap().mean();
    let results = [
        array.along(&[0]).unwrap().sum(),
        array.along(&[1]).unwrap().std(1),
        array.along(&[0, 1]).unwrap().max(),
        array.coarsen(&[2, 1]).unwrap().mean(),
        array.coarsen(&[5, 3]).unwrap().min(),
        centred,
    ];
    for (number, result) in results.iter().enumerate() {
        counter.reset();
        result.compute().unwrap();
        assert_eq!(counter.chunks_and_most(), (25, 1), "result {number}");
    }
}

#[test]
fn types_are_those_of_the_reductions_of_whole_arrays() {
    let small = ChunkedArray::from_ndarray(array![[250_u8, 250], [1, 2]], &[1, 1]).unwrap();
    let sums: ArrayD<u64> = computed(&small.along(&[1]).unwrap().sum());
    assert_eq!(sums, array![500, 3].into_dyn());
    let bools = small.gt(1);
    assert_eq!(computed(&bools.along(&[0]).unwrap().mean()), array![0.5, 1.0].into_dyn());
    assert_eq!(computed(&bools.along(&[0]).unwrap().max()), array![true, true].into_dyn());
    let large = ChunkedArray::from_ndarray(array![[i64::MAX, 1], [1, 2]], &[1, 2]).unwrap().along(&[1]).unwrap();
    assert_eq!(large.sum().compute().unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(large.sum().chunk(&[1]).unwrap(), array![3].into_dyn());
    // Far from zero the differences are what counts.
    let far = ChunkedArray::from_ndarray(ndarray::Array1::from_iter((0..1000).map(|n| 1e9 + f64::from(n % 2))), &[7])
        .unwrap();
    assert!((far.along(&[0]).unwrap().var(0).compute().unwrap()[[]] - 0.25).abs() < 1e-9);
}

#[test]
fn axes_and_blocks_that_are_not_there_are_refused() {
    let array = ChunkedArray::from(array![[1, 2, 3], [4, 5, 6]]);
    for error in [
        array.along(&[2]).unwrap_err(),
        array.along(&[0, 0]).unwrap_err(),
        array.coarsen(&[2]).unwrap_err(),
        array.coarsen(&[2, 2]).unwrap_err(),
        array.coarsen(&[0, 1]).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
}

#[test]
fn a_reduction_stops_between_two_chunks_when_it_is_cancelled() {
    let task = Task::new();
    let cancel = task.clone();
    let array = ChunkedArray::from_fn(&[1000], &[1], move |region| {
        if region.start()[0] == 3 {
            cancel.cancel();
        }
        assert!(region.start()[0] < 10, "went on");
        ArrayD::<f64>::ones(region.shape())
    });
    let mean = array.unwrap().along(&[0]).unwrap().mean();
    assert!(task.run(|| mean.compute()).unwrap_err().is_cancelled());
}
