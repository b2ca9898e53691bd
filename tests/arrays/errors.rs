//! Errors of the user's code and of wrong arguments: typed and clear, and nothing is broken afterwards.

use super::support::{counted, lazy, within};
use arraystow::{ChunkGrid, ChunkSource, ChunkedArray, ErrorKind, Region};
use ndarray::{Array1, Array2, ArrayD, arr0, array, s};
use std::fmt;

#[test]
fn a_chunk_of_another_shape_is_an_error_and_no_broadcast() {
    let wrong: [fn(&Region) -> ArrayD<i32>; 7] = [
        |region| ArrayD::ones(vec![region.shape()[0] + 1, region.shape()[1]]),
        |region| ArrayD::ones(vec![region.shape()[0], region.shape()[1] - 1]),
        |region| ArrayD::ones(vec![region.shape()[1], region.shape()[0]]),
        |region| ArrayD::ones(vec![region.len()]),
        |region| ArrayD::ones(vec![1, region.shape()[1]]),
        |_| arr0(1).into_dyn(),
        |region| ArrayD::ones(vec![1, region.shape()[0], region.shape()[1]]),
    ];
    for (number, chunk) in wrong.into_iter().enumerate() {
        let array = ChunkedArray::from_fn(&[6, 9], &[2, 3], chunk).unwrap();
        let sliced = array.slice(s![0..1, 0..1]).unwrap();
        for error in [
            array.compute().unwrap_err(),
            array.sum().unwrap_err(),
            array.chunk(&[0, 0]).unwrap_err(),
            (&array + 1).compute().unwrap_err(),
            array.rechunk(&[6, 9]).unwrap().compute().unwrap_err(),
            sliced.compute().unwrap_err(),
            array.chunks().unwrap().next().unwrap().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{number}");
            assert!(error.to_string().contains("instead of [2, 3]"), "{number}: {error}");
        }
    }
}

#[test]
fn edge_chunks_that_are_not_cut_are_an_error_that_says_so() {
    let array = ChunkedArray::from_fn(&[5], &[2], |_| Array1::<f32>::zeros(2)).unwrap();
    assert!(array.chunk(&[1]).is_ok());
    let error = array.compute().unwrap_err().to_string();
    assert!(error.contains("chunk 2 (start [4])") && error.contains("at the far edges"), "{error}");
}

#[test]
fn operators_keep_the_error_of_shapes_that_differ_for_compute() {
    let (a, b) = (counted(&[4, 6]), counted(&[4]));
    let a = ChunkedArray::from_ndarray(a, &[2, 2]).unwrap();
    let b = ChunkedArray::from_ndarray(b, &[2]).unwrap();
    let never = ChunkedArray::from_fn(&[4, 6], &[2, 2], |_| -> Array2<i64> { unreachable!("refused before") }).unwrap();
    let sum = (&a + &b) * never;
    assert_eq!(sum.shape(), [4, 6]);
    let deeper = sum.map(|x| x + 1).slice(s![0, ..]).unwrap().rechunk(&[6]).unwrap();
    for error in [
        sum.compute().unwrap_err(),
        sum.chunk(&[0, 0]).unwrap_err(),
        sum.chunks().map(|_| ()).unwrap_err(),
        sum.sum().unwrap_err(),
        sum.min().unwrap_err(),
        deeper.compute().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("shapes [4, 6] + [4] do not match"), "{error}");
    }
}

#[derive(Debug)]
struct Broken(usize);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "detector {} is broken", self.0)
    }
}

impl std::error::Error for Broken {}

#[test]
fn the_error_of_a_chunk_function_is_the_cause_of_ours() {
    let array = ChunkedArray::from_fn(&[10], &[2], |region| match region.start()[0] {
        6 => Err(Broken(3)),
        _ => Ok(Array1::<f64>::zeros(region.len())),
    });
    let array = array.unwrap();
    for error in [array.compute().unwrap_err(), (&array * &array).sum().unwrap_err(), array.chunk(&[3]).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::UserCode);
        assert!(error.to_string().contains("chunk 3") && error.to_string().contains("detector 3 is broken"), "{error}");
        assert_eq!(error.get_ref().unwrap().downcast_ref::<Broken>().unwrap().0, 3);
    }
    assert_eq!(array.slice(s![..6]).unwrap().sum().unwrap(), 0.0);
    let ended: Vec<bool> = array.chunks().unwrap().map(|chunk| chunk.is_ok()).collect();
    assert_eq!(ended, [true, true, true, false, true]);
}

#[test]
fn a_chunk_source_may_fail_with_any_error() {
    struct Sensor;
    impl ChunkSource<u8> for Sensor {
        fn chunk(&self, _: &Region) -> Result<ArrayD<u8>, Box<dyn std::error::Error + Send + Sync>> {
            Err("no signal".into())
        }
    }
    let array = ChunkedArray::from_source(ChunkGrid::irregular(&[vec![3, 5, 2]]).unwrap(), Sensor);
    let error = array.rechunk(&[4]).unwrap().compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UserCode);
    assert!(error.to_string().contains("no signal"), "{error}");
}

fn panicking() -> ChunkedArray<i32> {
    let chunk = |region: &Region| {
        assert!(region.start()[0] != 40, "chunk {} is cursed", region.start()[0] / 10);
        ArrayD::<i32>::ones(region.shape())
    };
    ChunkedArray::from_fn(&[100], &[10], chunk).unwrap()
}

#[test]
fn a_panic_of_a_chunk_function_is_an_error() {
    within(60, "a panic in a chunk function", || {
        let array = panicking();
        for error in [
            array.compute().unwrap_err(),
            array.sum().unwrap_err(),
            array.chunk(&[4]).unwrap_err(),
            array.chunks().unwrap().nth(4).unwrap().unwrap_err(),
            // Kept chunks: threads may be waiting for the one that panics.
            (&array * &array).compute().unwrap_err(),
            array.rechunk(&[3]).unwrap().max().unwrap_err(),
            array.rechunk(&[100]).unwrap().compute().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::UserCode);
            assert!(error.to_string().contains("chunk 4 is cursed"), "{error}");
        }
        assert_eq!(array.slice(s![50..]).unwrap().sum().unwrap(), 50);
        assert_eq!(lazy(&counted(&[10]), &ChunkGrid::regular(&[10], &[3]).unwrap()).sum().unwrap(), 45);
    });
}

#[test]
fn a_panic_of_an_operation_is_an_error() {
    let array = lazy(&counted(&[10]), &ChunkGrid::regular(&[10], &[3]).unwrap());
    let mapped = array.map(|x| if x == 7 { std::panic::panic_any(x) } else { x });
    let error = mapped.compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UserCode);
    assert!(error.to_string().contains("no message"), "{error}");
    assert!(array.zip_with(&array, |_, y| 1 / y).unwrap().min().unwrap_err().to_string().contains("divide by zero"));
    assert_eq!(array.compute().unwrap(), counted(&[10]));
}

#[test]
fn after_the_first_error_no_new_chunk_is_begun() {
    let counter = super::support::Counter::new();
    let count = counter.clone();
    let array = ChunkedArray::from_fn(&[1_000_000], &[1], move |region| {
        count.note(region);
        if region.start()[0] == 3 { Err(Broken(0)) } else { Ok(array![0_u8]) }
    });
    assert!(array.unwrap().sum().is_err());
    let (chunks, _) = counter.chunks_and_most();
    assert!(chunks < 100_000, "{chunks} chunks were produced");
}
