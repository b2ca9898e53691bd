//! Histograms and quantiles, against sorted elements.

use super::support::{Counter, any_grid, lazy};
use arraystow::{ChunkGrid, ChunkedArray, Element, ErrorKind, Number, RealElement, Task};
use futures::executor::block_on;
use half::f16;
use ndarray::{Array1, ArrayD, array};
use proptest::prelude::*;

/// numpy's linear interpolation between sorted numbers.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = (sorted.len() - 1) as f64 * q;
    let low = at.floor() as usize;
    let (a, b, part) = (sorted[low], sorted[(low + 1).min(sorted.len() - 1)], at - at.floor());
    if a == b {
        return a;
    }
    if part >= 0.5 { b - (b - a) * (1.0 - part) } else { a + (b - a) * part }
}

fn numbers(shape: &[usize], random: &[usize], nan: usize) -> ArrayD<f64> {
    let mut at = 0_usize;
    ArrayD::from_shape_simple_fn(shape, || {
        at += 1;
        let n = random[at % random.len()].wrapping_add(at * at);
        match n % 11 {
            0 if nan > 0 => f64::NAN,
            1 => f64::from(n as u32) * 1e-7,
            _ => (n % 9) as f64 - 3.0,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn histograms_and_quantiles_are_those_of_the_elements(
        grid in any_grid(), random in prop::collection::vec(any::<usize>(), 23), nan in 0..3_usize,
        cuts in prop::collection::vec(-5..9_i32, 2..9), q in prop::collection::vec(0.0..=1.0_f64, 0..4),
    ) {
        let elements = numbers(grid.shape(), &random, nan);
        let array = lazy(&elements, &grid);
        let mut edges: Vec<f64> = cuts.into_iter().map(|cut| f64::from(cut) / 2.0).collect();
        edges.sort_by(f64::total_cmp);
        let last = edges.len() - 2;
        let expected = Array1::from_iter((0..=last).map(|bin| {
            let inside = |x: &&f64| **x >= edges[bin] && (**x < edges[bin + 1] || (bin == last && **x == edges[bin + 1]));
            elements.iter().filter(inside).count() as i64
        }));
        prop_assert_eq!(array.histogram(&edges).unwrap(), expected);
        if grid.is_empty() {
            prop_assert_eq!(array.quantile(&q).unwrap_err().kind(), ErrorKind::InvalidInput);
            return Ok(());
        }
        let mut sorted: Vec<f64> = elements.iter().copied().filter(|x| !x.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let skipping = array.skip_nan().quantile(&q).unwrap();
        let found = array.quantile(&q).unwrap();
        for (at, q) in q.iter().enumerate() {
            if sorted.is_empty() {
                prop_assert!(skipping[at].is_nan());
            } else {
                prop_assert_eq!(skipping[at], quantile(&sorted, *q));
            }
            let as_it_is = if sorted.len() < elements.len() { found[at].is_nan() } else { found[at] == skipping[at] };
            prop_assert!(as_it_is);
        }
    }
}

/// Elements that do not all fit into what is sorted at once, read so often at most.
#[track_caller]
fn check<T: RealElement + Number>(what: &str, most: usize, q: &[f64], of: impl Fn(u64) -> T) {
    let mut state = 1_u64;
    let elements = ArrayD::from_shape_simple_fn(ndarray::IxDyn(&[1100, 1000]), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        of(state >> 11)
    });
    let counter = Counter::new();
    let array = counter.array(&elements, &ChunkGrid::regular(&[1100, 1000], &[100, 999]).unwrap());
    let mut sorted = elements.iter().copied().collect::<Vec<T>>();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let found = array.quantile(q).unwrap();
    let (chunks, reads) = counter.chunks_and_most();
    assert!(chunks == 22 && reads <= most, "{what}: {reads} reads");
    let sorted = ChunkedArray::from(Array1::from(sorted)).astype::<f64>().unwrap().compute().unwrap();
    for (q, found) in q.iter().zip(&found) {
        assert_eq!(*found, quantile(sorted.as_slice().unwrap(), *q), "{what}: {q}");
    }
}

#[test]
fn quantiles_of_many_elements_are_exact_in_a_few_passes() {
    let few = [0.0, 0.001, 0.25, 0.5, 0.9999, 1.0];
    check("f64", 3, &few, |n| (n as f64).sqrt().sin());
    check("f64 from everywhere", 4, &few, |n| f64::from_bits(n << 11).clamp(-1e300, 1e300).max(-1e299));
    check("f64 that differ in the last bits", 4, &few, |n| 1.0 + (n % 70_000) as f64 * f64::EPSILON);
    check("all equal", 4, &few, |_| -2.5);
    check("f32", 2, &few, |n| n as f32 / 7.0 - 1e13);
    check("f16", 1, &few, |n| f16::from_f64((n % 5000) as f64 - 2500.0));
    check("i64", 4, &few, |n| (n as i64 - (1 << 52)) * 1000);
    check("i32", 2, &few, |n| n as i32);
    check("i8", 1, &few, |n| (n as i8) / 2);
    check("u64", 4, &few, |n| n << 10);
    check("u16", 1, &few, |n| n as u16);
    check("bool", 1, &few, |n| n.is_multiple_of(3));
    let many: Vec<f64> = (0..=1000).map(|n| f64::from(n) / 1000.0).collect();
    check("a thousand quantiles", 5, &many, |n| (n as f64).ln());
}

#[test]
fn quantiles_of_bfloat16_are_in_its_range() {
    let of = |numbers: [f32; 3]| ChunkedArray::from(Array1::from_iter(numbers.map(half::bf16::from_f32)));
    for numbers in [[1e10, 2e10, 3e10], [1e-9, 2e-9, 3e-9]] {
        let middle = half::bf16::from_f32(numbers[1]).to_f64();
        assert_eq!(of(numbers).quantile(&[0.5]).unwrap().to_vec(), [middle]);
    }
}

#[test]
fn distances_of_integers_do_not_overflow() {
    let array = ChunkedArray::from(array![i64::MIN, i64::MAX]);
    assert_eq!(array.quantile(&[0.5]).unwrap()[0], 0.0);
    assert_eq!(ChunkedArray::from(array![-128_i8, 127]).quantile(&[0.5]).unwrap()[0], -0.5);
    let infinite = ChunkedArray::from(array![f64::NEG_INFINITY, 1.0, f64::INFINITY, f64::INFINITY]);
    assert_eq!(infinite.quantile(&[0.9, 0.0]).unwrap(), array![f64::INFINITY, f64::NEG_INFINITY]);
}

#[test]
fn what_cannot_be_is_refused() {
    let array = ChunkedArray::from(array![1.0, 2.0]);
    for error in [
        array.histogram(&[]).unwrap_err(),
        array.histogram(&[1.0]).unwrap_err(),
        array.histogram(&[0.0, 2.0, 1.0]).unwrap_err(),
        array.histogram(&[0.0, f64::NAN]).unwrap_err(),
        array.quantile(&[1.5]).unwrap_err(),
        array.quantile(&[f64::NAN]).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert!(array.histogram(&[0.0, 2.0, 1.0]).unwrap_err().to_string().contains("edge 1 is 2 and edge 2 is 1"));
    assert!(array.quantile(&[]).unwrap().is_empty());
    assert_eq!(ChunkedArray::<u8>::zeros(&[0], &[1]).unwrap().histogram(&[0.0, 1.0]).unwrap(), array![0]);
}

#[test]
fn a_source_that_changes_is_an_error_or_a_number() {
    let count = std::sync::atomic::AtomicU64::new(0);
    let array = ChunkedArray::from_fn(&[1_100_000], &[100_000], move |region| {
        let pass = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) / 11;
        ArrayD::from_shape_fn(region.shape(), |at| (at[0] as f64).sin() + pass as f64 * 100.0)
    });
    let error = array.unwrap().quantile(&[0.5]).unwrap_err();
    assert!(error.to_string().contains("the elements changed"), "{error}");
}

/// A slow array.
fn slow<T: Element + Copy>(value: T, task: &Task) -> ChunkedArray<T> {
    let cancel = task.clone();
    let array = ChunkedArray::from_fn(&[2000], &[1], move |region| {
        if region.start()[0] == 20 {
            cancel.cancel();
        }
        assert!(region.start()[0] < 100, "went on");
        std::thread::sleep(std::time::Duration::from_millis(1));
        ArrayD::from_elem(region.shape(), value)
    });
    array.unwrap()
}

#[test]
fn what_computes_is_cancelled_and_has_an_async_form() {
    type Work = fn(&ChunkedArray<f64>) -> arraystow::Result<()>;
    let all: [Work; 8] = [
        |array| array.histogram(&[0.0, 1.0]).map(drop),
        |array| array.quantile(&[0.5]).map(drop),
        |array| array.skip_nan().quantile(&[0.5]).map(drop),
        |array| array.skip_nan().mean().map(drop),
        |array| array.argmax().map(drop),
        |array| block_on(array.quantile_async(&[0.5])).map(drop),
        |array| array.cumsum(0)?.chunk(&[99]).map(drop),
        |array| {
            array
                .map_overlap(&[1], arraystow::Padding::Edge, |_, x| x.slice(ndarray::s![1..2]).to_owned())?
                .compute()
                .map(drop)
        },
    ];
    for (number, work) in all.into_iter().enumerate() {
        let task = Task::new();
        let array = slow(1.0, &task);
        assert!(task.run(|| work(&array)).unwrap_err().is_cancelled(), "{number}");
    }
    let array = ChunkedArray::from_ndarray(array![4.0, 1.0, 3.0, 2.0], &[3]).unwrap();
    assert_eq!(block_on(array.histogram_async(&[0.0, 2.5, 5.0])).unwrap(), array![2, 2]);
    assert_eq!(block_on(array.quantile_async(&[0.5])).unwrap(), array![2.5]);
    assert_eq!((block_on(array.argmin_async()).unwrap(), block_on(array.argmax_async()).unwrap()), (1, 0));
    assert_eq!((block_on(array.var_async(0)).unwrap(), block_on(array.std_async(0)).unwrap()), (1.25, 1.25_f64.sqrt()));
    assert_eq!(block_on(array.count_async()).unwrap(), 4);
    assert!(block_on(array.any_async()).unwrap() && block_on(array.all_async()).unwrap());
    // The passes of a quantile are counted.
    let task = Task::with_progress(|_| ());
    task.run(|| array.quantile(&[0.5])).unwrap();
    assert_eq!(task.progress().bytes_done, 32);
}
