//! The chunk grid by itself.

use super::support::any_grid;
use arraystow::{ChunkGrid, Chunking, ErrorKind};
use ndarray::Dimension;
use proptest::prelude::*;

#[test]
fn irregular_chunks_come_back_as_they_were() {
    let grid = ChunkGrid::irregular(&[vec![3, 5, 2]]).unwrap();
    assert_eq!((grid.shape(), grid.chunks(), grid.chunk_shape()), (&[10][..], vec![vec![3, 5, 2]], None));
    assert_eq!((grid.chunk_count(), grid.largest_chunk()), (3, vec![5]));
    let mixed = ChunkGrid::irregular(&[vec![4, 4, 1], vec![1, 2]]).unwrap();
    assert_eq!(mixed.chunks(), [vec![4, 4, 1], vec![1, 2]]);
    assert_eq!((mixed.chunks_per_axis(), mixed.largest_chunk(), mixed.len()), (vec![3, 2], vec![4, 2], 27));
}

#[test]
fn equal_cuts_are_equal_grids() {
    let regular = ChunkGrid::regular(&[9, 6], &[4, 6]).unwrap();
    assert_eq!(regular, ChunkGrid::irregular(&[vec![4, 4, 1], vec![6]]).unwrap());
    assert_eq!(regular, ChunkGrid::regular(&[9, 6], &[4, usize::MAX]).unwrap());
    assert_eq!(ChunkGrid::regular(&[0], &[7]).unwrap(), ChunkGrid::irregular(&[vec![]]).unwrap());
    assert_ne!(regular, ChunkGrid::irregular(&[vec![4, 1, 4], vec![6]]).unwrap());
    assert_ne!(ChunkGrid::irregular(&[vec![4, 4, 0]]).unwrap(), ChunkGrid::regular(&[8], &[4]).unwrap());
    // One chunk without elements is another cut than no chunk.
    assert_ne!(ChunkGrid::irregular(&[vec![0]]).unwrap(), ChunkGrid::irregular(&[vec![]]).unwrap());
}

#[test]
fn shapes_that_cannot_be_counted_are_refused() {
    for (shape, chunk) in [
        (vec![usize::MAX], vec![1]),
        (vec![isize::MAX as usize + 1], vec![1 << 20]),
        (vec![1 << 40, 1 << 40], vec![1, 1]),
        (vec![usize::MAX, 2], vec![usize::MAX, 2]),
        // ndarray refuses it too, although it has no element.
        (vec![1 << 40, 1 << 40, 0], vec![1, 1, 1]),
    ] {
        assert_eq!(ChunkGrid::regular(&shape, &chunk).unwrap_err().kind(), ErrorKind::InvalidInput, "{shape:?}");
        assert!(Chunking::default().grid(&shape, 8).is_err());
    }
    assert!(ChunkGrid::irregular(&[vec![usize::MAX, 1]]).is_err());
    assert!(ChunkGrid::irregular(&[vec![1 << 40], vec![1 << 40]]).is_err());
    assert_eq!(ChunkGrid::regular(&[isize::MAX as usize], &[1]).unwrap().chunk_count(), isize::MAX as usize);
}

#[test]
fn chunk_shapes_that_make_no_sense_are_refused() {
    assert_eq!(ChunkGrid::regular(&[4, 4], &[2]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(ChunkGrid::regular(&[4], &[2, 2]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(ChunkGrid::regular(&[4], &[0]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(ChunkGrid::regular(&[4], &[2]).unwrap().chunk_region(2).unwrap_err().is_not_found());
}

#[test]
fn grids_of_lazy_arrays_far_beyond_memory_take_no_memory() {
    let grid = Chunking::default().grid(&[1 << 30, 1 << 30], 8).unwrap();
    assert_eq!(grid.chunk_shape().unwrap().iter().product::<usize>(), 1 << 17);
    let last = grid.chunk_region(grid.chunk_count() - 1).unwrap();
    assert_eq!(last.end().collect::<Vec<_>>(), [1 << 30, 1 << 30]);
    let single = ChunkGrid::regular(&[1 << 60], &[1]).unwrap();
    assert_eq!(single.chunk_region(1 << 59).unwrap().start(), [1 << 59]);
}

proptest! {
    #[test]
    fn chunks_cover_every_element_once(grid in any_grid()) {
        let mut covered = ndarray::ArrayD::<u8>::zeros(grid.shape());
        for number in 0..grid.chunk_count() {
            let region = grid.chunk_region(number).unwrap();
            for at in ndarray::indices(region.shape()) {
                let at: Vec<_> = at.slice().iter().zip(region.start()).map(|(a, b)| a + b).collect();
                covered[at.as_slice()] += 1;
            }
        }
        prop_assert!(covered.iter().all(|count| *count == 1));
        prop_assert_eq!(ChunkGrid::irregular(&grid.chunks()).unwrap(), grid);
    }
}
