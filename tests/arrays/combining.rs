//! Broadcasting, comparisons, logic, selections, concatenations, permutations and index lists, against ndarray.

#[cfg(target_os = "linux")]
use super::support::is_alone;
use super::support::{Counter, any_grid, counted, grid_for, lazy};
use arraystow::{ChunkGrid, ChunkedArray, Element, ErrorKind};
use arraystow_tests::memory;
use ndarray::{Array1, ArrayD, Axis, array, concatenate, stack};
use proptest::prelude::*;

fn computed<T: Element>(array: &ChunkedArray<T>) -> ArrayD<T> {
    array.compute().unwrap()
}

/// A shape that broadcasts with another, out of random numbers.
fn partner(shape: &[usize], random: &[usize]) -> Vec<usize> {
    let skip = random.first().map_or(0, |n| n % (shape.len() + 1));
    let ones = random.iter().cycle().map(|n| n % 3 == 0);
    shape[skip..].iter().zip(ones).map(|(len, one)| if one { 1 } else { *len }).collect()
}

fn floats(shape: &[usize], random: &[usize]) -> ArrayD<f64> {
    let mut numbers = random.iter().cycle().enumerate();
    ArrayD::from_shape_simple_fn(shape, || match numbers.next() {
        Some((_, n)) if n % 7 == 0 => f64::NAN,
        Some((at, n)) => (n.wrapping_add(at) % 5) as f64,
        None => 0.0,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn pairs_of_shapes_are_broadcast_as_ndarray_does(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23),
    ) {
        let (left, right) = (floats(grid.shape(), &random), floats(&partner(grid.shape(), &random), &random[5..]));
        let shape = grid.shape().to_vec();
        let (x, y) = (left.view(), right.broadcast(shape.as_slice()).unwrap());
        let a = lazy(&left, &grid);
        let b = lazy(&right, &grid_for(right.shape(), &random));
        let same = |found: ArrayD<f64>, expected: ArrayD<f64>| {
            found.shape() == expected.shape() && found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
        };
        prop_assert!(same(computed(&(&a - &b)), &x - &y));
        prop_assert!(same(computed(&(&b - &a)), &y - &x));
        prop_assert!(same(computed(&((&a * &b) + &b - (&b * 2.0))), &x * &y + &y - &y * 2.0));
        let holds = |is_true: fn(&f64, &f64) -> bool| ndarray::Zip::from(&x).and(&y).map_collect(is_true);
        prop_assert_eq!(computed(&a.eq(&b)), holds(|x, y| x == y));
        prop_assert_eq!(computed(&a.ne(&b)), holds(|x, y| x != y));
        prop_assert_eq!(computed(&a.lt(&b)), holds(|x, y| x < y));
        prop_assert_eq!(computed(&a.le(&b)), holds(|x, y| x <= y));
        prop_assert_eq!(computed(&a.gt(&b)), holds(|x, y| x > y));
        prop_assert_eq!(computed(&a.ge(&b)), holds(|x, y| x >= y));
        prop_assert_eq!(computed(&a.lt(2.0)), x.mapv(|x| x < 2.0));
        let (less, odd) = (b.lt(2.0), a.map(|x| x % 2.0 == 1.0));
        let logic = |f: fn(bool, bool) -> bool| ndarray::Zip::from(&x).and(&y).map_collect(|x, y| f(*x % 2.0 == 1.0, *y < 2.0));
        prop_assert_eq!(computed(&(&odd & &less)), logic(|a, b| a & b));
        prop_assert_eq!(computed(&(&odd | &less)), logic(|a, b| a | b));
        prop_assert_eq!(computed(&(&odd ^ !&less)), logic(|a, b| a ^ !b));
        let chosen = ndarray::Zip::from(&x).and(&y).map_collect(|x, y| if *y < 2.0 { *x } else { *y });
        prop_assert!(same(computed(&less.select(&a, &b).unwrap()), chosen));
        let chosen = ndarray::Zip::from(&x).and(&y).map_collect(|x, y| if *y < 2.0 { *x } else { -1.0 });
        prop_assert!(same(computed(&less.select(&a, -1.0).unwrap()), chosen));
        // Saved chunk by chunk it is the same as computed whole.
        let by_chunk: usize = (&a - &b).chunks().unwrap().map(|chunk| chunk.unwrap().1.len()).sum();
        prop_assert_eq!(by_chunk, x.len());
    }

    #[test]
    fn arrays_are_concatenated_permuted_and_taken_from_as_ndarray_does(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23),
    ) {
        prop_assume!(grid.ndim() > 0);
        let axis = random[0] % grid.ndim();
        let elements = counted(grid.shape());
        let a = lazy(&elements, &grid);
        let mut shape = grid.shape().to_vec();
        shape[axis] = random[1] % 5;
        let (other, third) = (-counted(&shape), counted(grid.shape()) * 2);
        let (b, c) = (lazy(&other, &grid_for(&shape, &random)), lazy(&third, &grid_for(grid.shape(), &random[3..])));
        let joined = ChunkedArray::concatenate(axis, [&a, &b, &c]).unwrap();
        let expected = concatenate(Axis(axis), &[elements.view(), other.view(), third.view()]).unwrap();
        prop_assert_eq!(computed(&joined), expected.clone());
        prop_assert_eq!(computed(&joined.rechunk(grid_for(expected.shape(), &random)).unwrap()), expected.clone());
        prop_assert_eq!(joined.sum().unwrap(), expected.sum());
        let place = random[2] % (grid.ndim() + 1);
        let stacked = stack(Axis(place), &[elements.view(), third.view()]).unwrap();
        prop_assert_eq!(computed(&ChunkedArray::stack(place, [&a, &c]).unwrap()), stacked);

        let mut axes: Vec<usize> = (0..grid.ndim()).collect();
        axes.rotate_left(axis);
        prop_assert_eq!(computed(&joined.permuted_axes(&axes).unwrap()), expected.clone().permuted_axes(axes));
        prop_assert_eq!(computed(&a.transpose()), elements.t());
        prop_assert_eq!(computed(&(a.transpose() + lazy(&elements.t().to_owned(), a.transpose().grid()))), &elements.t() * 2);

        let len = grid.shape()[axis];
        let list: Vec<usize> = if len == 0 { vec![] } else { random.iter().map(|n| n % len).collect() };
        prop_assert_eq!(computed(&a.take(axis, &list).unwrap()), elements.select(Axis(axis), &list));
        let mask: Vec<bool> = random.iter().cycle().take(len).map(|n| n % 2 == 0).collect();
        let kept: Vec<usize> = (0..len).filter(|at| mask[*at]).collect();
        prop_assert_eq!(computed(&a.compress(axis, &mask).unwrap()), elements.select(Axis(axis), &kept));
    }
}

#[test]
fn what_does_not_match_is_refused() {
    let a = ChunkedArray::from(array![[1, 2, 3], [4, 5, 6]]);
    let b = ChunkedArray::from(array![1, 2]);
    for error in [(&a + &b).compute().unwrap_err(), a.lt(&b).compute().unwrap_err(), (&a & &b).sum().unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("[2, 3]") && error.to_string().contains("[2]"), "{error}");
    }
    let refused = [
        b.gt(0).select(&a, 0).unwrap_err(),
        ChunkedArray::concatenate(0, [&a, &b]).unwrap_err(),
        ChunkedArray::concatenate(2, [&a, &a]).unwrap_err(),
        ChunkedArray::concatenate(0, Vec::<ChunkedArray<i32>>::new()).unwrap_err(),
        ChunkedArray::stack(3, [&a]).unwrap_err(),
        ChunkedArray::stack(0, [&a, &b]).unwrap_err(),
        a.permuted_axes(&[0, 0]).unwrap_err(),
        a.permuted_axes(&[1]).unwrap_err(),
        a.take(1, &[3]).unwrap_err(),
        a.take(2, &[0]).unwrap_err(),
        a.compress(0, &[true]).unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
}

#[test]
fn functions_of_chunks_and_functions_that_fail() {
    let a = ChunkedArray::from_ndarray(Array1::from_iter(0..10), &[4]).unwrap();
    let starts = a.map_chunks(|region, elements| elements.mapv(|_| region.start()[0] as u8));
    assert_eq!(computed(&starts).into_iter().collect::<Vec<_>>(), [0, 0, 0, 0, 4, 4, 4, 4, 8, 8]);
    assert_eq!(computed(&starts.slice(ndarray::s![3..9;2]).unwrap()).into_iter().collect::<Vec<_>>(), [0, 4, 4]);
    let wrong = a.map_chunks(|_, _| Array1::<f32>::zeros(4));
    assert!(wrong.compute().unwrap_err().to_string().contains("[4]"));
    let failing = a.map_chunks(
        |region, elements| {
            if region.start()[0] == 8 { Err("the third is bad") } else { Ok(elements.to_owned()) }
        },
    );
    assert!(failing.compute().unwrap_err().to_string().contains("the third is bad"));
    let panicking = a.map_chunks(|_, elements| -> ArrayD<i32> { panic!("on {}", elements[[0]]) });
    assert_eq!(panicking.sum().unwrap_err().kind(), ErrorKind::UserCode);

    let tried = a.try_map(|x| if x == 6 { Err(format!("{x} is bad")) } else { Ok(f64::from(x)) });
    let error = tried.compute().unwrap_err();
    assert!(error.to_string().contains("element [6]") && error.to_string().contains("6 is bad"), "{error}");
    assert_eq!(tried.slice(ndarray::s![..4]).unwrap().sum().unwrap(), 6.0);
    assert!(a.try_map(|x| -> Result<i32, String> { panic!("at {x}") }).sum().is_err());
}

#[test]
fn each_chunk_of_the_inputs_is_read_once() {
    let grid = ChunkGrid::regular(&[20, 30], &[4, 7]).unwrap();
    let elements = counted(&[20, 30]);
    let counters = [Counter::new(), Counter::new(), Counter::new()];
    let [a, b, c] = counters.each_ref().map(|counter| counter.array(&elements, &grid));
    let results = [
        &a * &b + &c,
        a.lt(&b).select(&c, 0).unwrap(),
        ChunkedArray::concatenate(1, [&a, &b, &c]).unwrap(),
        ChunkedArray::stack(0, [&a, &b, &c]).unwrap().permuted_axes(&[2, 0, 1]).unwrap(),
        (&a + &b + &c).compress(1, &[true, false, true].repeat(10)).unwrap(),
    ];
    for (number, result) in results.iter().enumerate() {
        counters.iter().for_each(Counter::reset);
        result.compute().unwrap();
        for counter in &counters {
            assert_eq!(counter.chunks_and_most(), (25, 1), "result {number}");
        }
        counters.iter().for_each(Counter::reset);
        assert!(result.chunks().unwrap().all(|chunk| chunk.is_ok()));
        for counter in &counters {
            assert_eq!(counter.chunks_and_most(), (25, 1), "chunks of result {number}");
        }
    }
}

/// The peak of memory is that of a process, so the test has its own.
#[cfg(target_os = "linux")]
#[test]
fn a_chain_of_operators_takes_the_memory_of_its_inputs_only() {
    if !is_alone("combining::a_chain_of_operators_takes_the_memory_of_its_inputs_only") {
        return;
    }
    // One chunk of 64 MiB each.
    let input = |value: f64| {
        ChunkedArray::from_fn(&[8 << 20], &[8 << 20], move |region| ArrayD::from_elem(region.shape(), value)).unwrap()
    };
    let result = input(2.0) * input(3.0) + input(4.0) - 1.0;
    let (_, chunk) = result.chunks().unwrap().next().unwrap().unwrap();
    assert_eq!(chunk[[7]], 9.0);
    let mib = memory::peak() >> 20;
    // The result and one input at a time.
    assert!(mib < 150, "a peak of {mib} MiB");
}

#[test]
fn names_of_axes_follow_the_operations() {
    let named = ChunkedArray::from(array![[1.0, 2.0], [3.0, 4.0]]).with_dims(["y", "x"]).unwrap();
    let row = ChunkedArray::from(array![1.0, 2.0]).with_dims(["x"]).unwrap();
    let plain = ChunkedArray::from(array![1.0, 2.0]);
    let names = |array: &ChunkedArray<f64>| array.dims().map(<[String]>::to_vec);
    let both = Some(vec!["y".to_owned(), "x".to_owned()]);
    assert_eq!(names(&(&named + &row)), both);
    assert_eq!(names(&(&plain + &named)), both);
    assert_eq!(names(&named.gt(&row).select(&named, 0.0).unwrap()), both);
    assert_eq!(names(&ChunkedArray::concatenate(0, [&named, &named]).unwrap()), both);
    assert_eq!(names(&named.take(0, &[1]).unwrap()), both);
    assert_eq!(names(&named.along(&[0]).unwrap().keep_axes().mean()), both);
    assert_eq!(names(&named.along(&[1]).unwrap().mean()), Some(vec!["y".to_owned()]));
    assert_eq!(names(&named.transpose()), Some(vec!["x".to_owned(), "y".to_owned()]));
    assert_eq!(names(&ChunkedArray::stack(0, [&named]).unwrap()), None);
    let column = plain.with_dims(["y"]).unwrap();
    assert!((&named * &column).compute().unwrap_err().to_string().contains("with_dims"));
}
