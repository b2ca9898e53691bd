//! Arrays far larger than memory, expressions far deeper than a stack: errors, never an abort.

#[cfg(target_os = "linux")]
use super::support::is_alone;
use super::support::{counted, lazy, within};
use arraystow::{ChunkGrid, ChunkedArray, ErrorKind, Padding, Region, Task};
use arraystow_tests::memory;
use ndarray::{ArrayD, s};
use num_complex::Complex;

/// Each element is its position on the first axis.
fn ramp(shape: &[usize], chunk: &[usize]) -> ChunkedArray<i64> {
    let fill = |region: &Region| {
        let first = region.start()[0];
        ArrayD::from_shape_fn(region.shape(), |at| (first + at[0]) as i64)
    };
    ChunkedArray::from_fn(shape, chunk, fill).unwrap()
}

const HUGE: usize = 1 << 60;

#[test]
fn a_bit_of_a_huge_array_is_read_as_any_other() {
    within(60, "slices of huge arrays", || {
        for chunk in [1, 1000, 1 << 20] {
            let array = ramp(&[HUGE], &[chunk]);
            let near_end = array.slice(s![-10..;3]).unwrap().compute().unwrap();
            assert_eq!(near_end.as_slice().unwrap(), [10, 7, 4, 1].map(|x| (HUGE - x) as i64));
            assert_eq!(array.slice(s![1_usize << 59]).unwrap().compute().unwrap()[[]], 1 << 59);
            // All but a bit of it, and then a bit of that.
            let most = array.slice(s![3..;-1]).unwrap();
            assert_eq!(most.len(), HUGE - 3);
            assert_eq!(most.slice(s![-2..]).unwrap().compute().unwrap().as_slice().unwrap(), [4, 3]);
            let pairs = array.slice(s![..;2]).unwrap().map(|x| x + 1).rechunk(&[777]).unwrap();
            assert_eq!(pairs.slice(s![1000..1002]).unwrap().compute().unwrap().as_slice().unwrap(), [2001, 2003]);
            let chunk = array.chunk(&[0]).unwrap();
            assert_eq!(chunk.len(), array.grid().chunk_shape().unwrap()[0]);
            assert_eq!(array.chunks().unwrap().next().unwrap().unwrap().0.start(), [0]);
        }
    });
}

#[test]
fn a_huge_step_reads_a_chunk_per_element_and_not_what_lies_between() {
    within(60, "a huge step", || {
        let array = ramp(&[HUGE], &[64]).slice(s![..;1_isize << 40]).unwrap();
        assert_eq!(array.len(), 1 << 20);
        assert_eq!(array.slice(s![-3..]).unwrap().compute().unwrap()[[2]], (HUGE - (1 << 40)) as i64);
        // So many that they are not followed one by one.
        let more = ramp(&[HUGE], &[64]).slice(s![1_usize << 40..;-(1_isize << 30)]).unwrap();
        assert_eq!(more.slice(s![..2]).unwrap().compute().unwrap()[[1]], (HUGE - 1 - (1 << 30)) as i64);
    });
}

#[test]
fn operations_on_huge_arrays_cost_what_is_read() {
    within(60, "operations on huge arrays", || {
        let array = ramp(&[HUGE], &[1 << 20]);
        let square = array.reshape(&[1 << 20, 1 << 40]).unwrap();
        assert_eq!(square.slice(s![3, 5..7]).unwrap().sum().unwrap(), (3 << 41) + 11);
        let padded = ramp(&[1 << 50], &[1000]).pad(&[(1 << 49, 7)], Padding::Reflect).unwrap();
        assert_eq!(padded.slice(s![-9..]).unwrap().compute().unwrap()[[8]], (1 << 50) - 8);
        assert_eq!(padded.slice(s![0]).unwrap().compute().unwrap()[[]], 1 << 49);
        let differences =
            array.map_overlap(&[1], Padding::Edge, |_, x| &x.slice(s![2..]) - &x.slice(s![..-2])).unwrap();
        assert_eq!(differences.slice(s![1_usize << 59]).unwrap().compute().unwrap()[[]], 2);
        let wide = array.map_overlap(&[1 << 58], Padding::Constant(0), |_, x| x.to_owned()).unwrap();
        assert_eq!(wide.slice(s![..1]).unwrap().compute().unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(array.cumsum(0).unwrap().slice(s![..4]).unwrap().compute().unwrap()[[3]], 6);
    });
}

#[test]
fn work_without_end_is_cancelled() {
    let array = ramp(&[HUGE], &[1000]);
    let last = |array: ChunkedArray<i64>| array.slice(s![-1..]).and_then(|last| last.compute()).map(drop);
    let all: [&(dyn Fn() -> arraystow::Result<()> + Sync); 6] = [
        &|| array.along(&[0])?.sum().compute().map(drop),
        &|| last(array.cumsum(0)?),
        &|| array.histogram(&[0.0, 1.0]).map(drop),
        &|| array.quantile(&[0.5]).map(drop),
        &|| array.skip_nan().mean().map(drop),
        &|| array.argmax().map(drop),
    ];
    for (number, work) in all.into_iter().enumerate() {
        within(60, "work that is cancelled", || {
            let task = Task::new();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(std::time::Duration::from_millis(30));
                    task.cancel();
                });
                assert!(task.run(work).unwrap_err().is_cancelled(), "{number}");
            });
        });
    }
}

/// The peak of memory is that of a process, so the test has its own.
#[cfg(target_os = "linux")]
#[test]
fn operations_on_arrays_larger_than_their_memory() {
    if !is_alone("limits::operations_on_arrays_larger_than_their_memory") {
        return;
    }
    // 512 MiB in chunks of 1 MiB.
    let ones = |region: &Region| ArrayD::from_elem(region.shape(), Complex::new(1.0, 2.0));
    let array = ChunkedArray::from_fn(&[1024, 32_768], &[16, 4096], ones).unwrap();
    let largest = Complex::new(1024.0, 2048.0);
    assert_eq!(array.cumsum(0).unwrap().slice(s![-1, ..]).unwrap().chunk(&[7]).unwrap()[[0]], largest);
    let read =
        |array: ChunkedArray<Complex<f64>>| array.chunks().unwrap().map(|chunk| chunk.unwrap().1.len()).sum::<usize>();
    assert_eq!(read(array.cumsum(0).unwrap()), 1 << 25);
    let padded = array.pad(&[(16, 0), (0, 0)], Padding::Reflect).unwrap();
    assert_eq!(read(padded), (1 << 25) + 16 * 32_768);
    let inner = array.map_overlap(&[1, 2], Padding::Edge, |_, x| x.slice(s![1..-1, 2..-2]).to_owned()).unwrap();
    assert_eq!(read(inner), 1 << 25);
    let line = array.rechunk(&[1, 32_768]).unwrap().reshape(&[1 << 25]).unwrap();
    assert_eq!(read(line), 1 << 25);
    assert_eq!(array.along(&[0, 1]).unwrap().mean().compute().unwrap()[[]], Complex::new(1.0, 2.0));
    let ramp = ChunkedArray::from_fn(&[1 << 24], &[1 << 17], |region: &Region| {
        ndarray::Array1::from_shape_fn(region.shape()[0], |at| (region.start()[0] + at) as f64)
    });
    assert_eq!(ramp.unwrap().quantile(&[0.5]).unwrap()[0], f64::from(1 << 23) - 0.5);
    let mib = memory::peak() >> 20;
    assert!(mib < 150, "a peak of {mib} MiB");
}

#[test]
fn the_axes_of_a_huge_array_that_a_slice_leaves_alone_cost_nothing() {
    within(60, "slices of huge matrices", || {
        let array = ramp(&[4, 1 << 58], &[1, 1]);
        assert_eq!(array.slice(s![2.., 1_usize << 57]).unwrap().compute().unwrap().as_slice().unwrap(), [2, 3]);
        let column = array.slice(s![2.., ..;-1]).unwrap();
        assert_eq!(column.slice(s![.., 5..7]).unwrap().sum().unwrap(), 10);
    });
}

#[test]
fn computing_a_huge_array_is_an_error() {
    within(60, "computing huge arrays", || {
        let array = ramp(&[HUGE], &[1]);
        let whole = array.rechunk(&[HUGE]).unwrap();
        for error in [
            array.compute().unwrap_err(),
            (&array + 1).slice(s![1..]).unwrap().compute().unwrap_err(),
            ramp(&[1 << 30, 1 << 30], &[1, 1]).compute().unwrap_err(),
            // One chunk that no memory holds.
            whole.compute().unwrap_err(),
            whole.chunk(&[0]).unwrap_err(),
            whole.chunks().unwrap().next().unwrap().unwrap_err(),
            whole.sum().unwrap_err(),
            whole.rechunk(&[HUGE / 2]).unwrap().max().unwrap_err(),
            (&whole * &whole).min().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            assert!(error.to_string().contains("does not fit into memory"), "{error}");
        }
    });
}

#[test]
fn arrays_without_elements_may_have_any_number_of_chunks() {
    within(60, "huge empty arrays", || {
        let array = ramp(&[HUGE, 0], &[1, 1]);
        assert_eq!(array.compute().unwrap().shape(), [HUGE, 0]);
        assert_eq!((&array * &array).sum().unwrap(), 0);
        // A chunk without elements for each row.
        let chunk = vec![0];
        let rows = ChunkGrid::irregular(&[vec![1; 1000], chunk]).unwrap();
        let array = array.slice(s![..1000, ..]).unwrap().rechunk(rows).unwrap();
        assert_eq!((array.grid().chunk_count(), array.compute().unwrap().len()), (1000, 0));
        assert!(array.max().is_err());
    });
}

#[test]
fn shapes_that_cannot_be_counted_are_refused() {
    let never = |_: &Region| -> ArrayD<f64> { unreachable!() };
    for shape in [[usize::MAX, 2], [1 << 40, 1 << 40], [isize::MAX as usize + 1, 1]] {
        assert_eq!(ChunkedArray::from_fn(&shape, &[1, 1], never).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

/// On a thread with the stack that Rust gives its threads, in a debug build.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(test).unwrap();
    thread.join().unwrap();
}

fn chained(operations: usize, step: impl Fn(usize, ChunkedArray<i64>) -> ChunkedArray<i64>) -> ChunkedArray<i64> {
    let start = lazy(&counted(&[12]), &ChunkGrid::regular(&[12], &[12]).unwrap());
    (0..operations).fold(start, |array, number| step(number, array))
}

type Step = fn(usize, ChunkedArray<i64>) -> ChunkedArray<i64>;

const STEPS: [(&str, Step); 9] = [
    ("map", |_, x| x.map(|x| x)),
    ("scalar", |_, x| x + 0),
    ("shared", |_, x| (&x + &x) % 1000),
    ("zip_with", |_, x| x.zip_with(&x, |a, b| a + b - b).unwrap()),
    ("slice", |_, x| x.slice(s![..;-1]).unwrap()),
    ("rechunk", |number, x| x.rechunk(&[number % 5 + 1]).unwrap()),
    ("zip_with another grid", |number, x| x.zip_with(&x.rechunk(&[number % 5 + 1]).unwrap(), |a, _| a).unwrap()),
    ("astype", |_, x| x.astype().unwrap()),
    ("all", |number, x| STEPS[number % 8].1(number, x)),
];

#[test]
fn two_hundred_operations_compute_on_a_small_stack() {
    for (name, step) in STEPS {
        on_a_small_stack(move || {
            // Some steps are two or three operations.
            let depth = match name {
                "shared" | "zip_with another grid" => 100,
                "all" => 150,
                _ => 200,
            };
            for depth in [depth, depth - 1] {
                let array = chained(depth, step);
                assert_eq!(array.compute().map(|elements| elements.len()).unwrap(), 12, "{name}");
                assert!(array.sum().is_ok() && array.chunk(&[0]).is_ok() && array.chunks().unwrap().all(|c| c.is_ok()));
            }
        });
    }
}

#[test]
fn ten_thousand_operations_are_an_error() {
    for (name, step) in STEPS {
        on_a_small_stack(move || {
            let array = chained(10_000, step);
            for error in [array.compute().unwrap_err(), array.sum().unwrap_err(), array.chunk(&[0]).unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::Limit, "{name}");
                let text = error.to_string();
                assert!(text.contains("more than 200 nested lazy operations") && text.contains("compute()"), "{text}");
            }
        });
    }
}

#[test]
fn the_limit_is_on_depth_and_not_on_number() {
    let array = lazy(&counted(&[12]), &ChunkGrid::regular(&[12], &[5]).unwrap());
    let mut terms: Vec<_> = (0..1024).map(|i| &array * i).collect();
    while terms.len() > 1 {
        terms = terms.chunks(2).map(|pair| &pair[0] + &pair[1]).collect();
    }
    assert_eq!(terms[0].sum().unwrap(), 66 * (1023 * 1024 / 2));
    // The 201st is one too many; starting from what was computed there is room again.
    let deep = chained(200, |_, x| x + 1);
    assert!((&deep + 1).compute().is_err());
    let shallow = ChunkedArray::from_ndarray(deep.compute().unwrap(), &[4]).unwrap();
    assert_eq!((shallow + 1).sum().unwrap(), 66 + 12 * 201);
}

#[test]
fn views_that_use_an_array_twice_take_no_time_of_their_own() {
    for start in [
        ChunkedArray::from(ndarray::Array1::from_iter(0..10_i64)),
        lazy(&counted(&[10]), &ChunkGrid::regular(&[10], &[5]).unwrap()),
    ] {
        // As numpy's roll does.
        let roll = |x: ChunkedArray<i64>| {
            ChunkedArray::concatenate(0, [x.slice(s![1..]).unwrap(), x.slice(s![..1]).unwrap()]).unwrap()
        };
        let rolled = (0..60).fold(start.clone(), |x, _| roll(x));
        assert_eq!(rolled.compute().unwrap(), start.compute().unwrap());
        // As a periodic boundary is set.
        let set = |x: ChunkedArray<i64>| x.updated(s![0..1], &x.slice(s![-2..-1]).unwrap()).unwrap();
        let bounded = (0..60).fold(start, |x, _| set(x));
        assert_eq!(bounded.compute().unwrap()[[0]], 8);
        let folder = tempfile::tempdir().unwrap();
        let storage = arraystow::Storage::open(folder.path()).unwrap();
        storage.save("both", &(&rolled, &bounded)).unwrap();
    }
}

#[test]
fn large_chunks_of_which_little_is_left_are_counted_as_they_are() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let len = 16 << 20;
    let large = ChunkedArray::from_fn(&[4, len], &[1, len], |region| {
        MOST.fetch_max(NOW.fetch_add(1, SeqCst) + 1, SeqCst);
        let chunk = ArrayD::<f64>::zeros(region.shape());
        std::thread::sleep(std::time::Duration::from_millis(50));
        NOW.fetch_sub(1, SeqCst);
        chunk
    })
    .unwrap();
    assert_eq!(large.along(&[1]).unwrap().count().compute().unwrap().len(), 4);
    // Two of 128 MiB are more than the 192 MiB of a run.
    assert_eq!(MOST.load(SeqCst), 1);
}
