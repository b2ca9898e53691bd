//! Whatever shape, chunks, type and codec: what is saved comes back, whole and in parts.

use arraystow::{ChunkGrid, ChunkedArray, Codec, Element, LocalFiles, Protocols};
use arraystow_tests::MemoryFiles;
use half::f16;
use ndarray::{ArrayD, Slice, SliceInfoElem};
use num_complex::Complex;
use proptest::prelude::*;

/// Chunk lengths of one axis: equal but for the last, or any.
fn axis() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        (0..40usize, 1..17usize)
            .prop_map(|(len, chunk)| (0..len).step_by(chunk).map(|start| chunk.min(len - start)).collect()),
        prop::collection::vec(0..9usize, 0..6),
    ]
}

fn grid() -> impl Strategy<Value = ChunkGrid> {
    prop::collection::vec(axis(), 0..4).prop_map(|axes| ChunkGrid::irregular(&axes).unwrap())
}

fn codec() -> impl Strategy<Value = Codec> {
    prop_oneof![
        Just(Codec::NONE),
        (1..=12u8).prop_map(|level| Codec::gzip(level).unwrap()),
        (1..=5u8).prop_map(|level| Codec::zstd(level).unwrap())
    ]
}

/// Elements of any bits, some of them in long runs, so that some chunks shrink and others do not.
fn elements<T>(grid: &ChunkGrid, seed: u64, from_bits: impl Fn(u64) -> T) -> ArrayD<T> {
    let mut state = seed | 1;
    let mut index = 0_u64;
    ArrayD::from_shape_simple_fn(grid.shape(), || {
        index += 1;
        if index % 64 < 32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        }
        from_bits(state >> 7)
    })
}

fn same<T: Element>(a: &ArrayD<T>, b: &ArrayD<T>) -> bool {
    let bytes = |array: &ArrayD<T>| array.iter().flat_map(|x| bytes_of(x).to_vec()).collect::<Vec<u8>>();
    a.shape() == b.shape() && bytes(a) == bytes(b)
}

/// Bit by bit, since NaN differs from itself.
fn bytes_of<T: Element>(x: &T) -> Vec<u8> {
    format!("{x:?}").into_bytes()
}

fn comes_back<T: Element>(grid: &ChunkGrid, elements: &ArrayD<T>, codec: Codec, part: &[(usize, usize)]) {
    let folder = tempfile::tempdir().unwrap();
    let files = MemoryFiles::default();
    for protocols in
        [Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap()), Protocols::new().with_file(files.clone())]
    {
        let protocols = protocols.with_codec(codec);
        let array = ChunkedArray::from_ndarray(elements.clone(), grid.clone()).unwrap();
        let document = arraystow::to_vec(&array, &protocols).unwrap();
        let loaded: ChunkedArray<T> = arraystow::from_slice(&document, &protocols).unwrap();
        assert_eq!(loaded.grid(), grid);
        assert!(same(&loaded.compute().unwrap(), elements), "{grid:?}, {codec:?}");

        let ranges = grid.shape().iter().zip(part).map(|(len, (start, count))| {
            let start = start % (len + 1);
            Slice::from(start..(start + count).min(*len)).into()
        });
        let ranges: Vec<SliceInfoElem> = ranges.collect();
        let loaded = loaded.slice(&ranges).unwrap().compute().unwrap();
        assert!(same(&loaded, &elements.slice(ranges.as_slice()).to_owned()), "{ranges:?} of {grid:?}, {codec:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_array_comes_back(
        grid in grid(),
        codec in codec(),
        seed in any::<u64>(),
        kind in 0..14,
        part in prop::collection::vec((0..40usize, 1..20usize), 4),
    ) {
        macro_rules! check {
            (|$bits:ident| $value:expr) => { comes_back(&grid, &elements(&grid, seed, |$bits| $value), codec, &part) };
        }
        match kind {
            0 => check!(|bits| bits & 1 == 1),
            1 => check!(|bits| bits as i8),
            2 => check!(|bits| bits as i16),
            3 => check!(|bits| bits as i32),
            4 => check!(|bits| bits as i64),
            5 => check!(|bits| bits as u8),
            6 => check!(|bits| bits as u16),
            7 => check!(|bits| bits as u32),
            8 => check!(|bits| bits),
            9 => check!(|bits| f16::from_bits(bits as u16)),
            10 => check!(|bits| f32::from_bits(bits as u32)),
            11 => check!(|bits| f64::from_bits(bits)),
            12 => check!(|bits| Complex::new(bits as f32, -(bits as f32))),
            _ => check!(|bits| Complex::new(bits as f64, 1.0)),
        }
    }
}
