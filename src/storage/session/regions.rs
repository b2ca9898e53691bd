//! Regions of whole chunks.

use crate::array::{ChunkGrid, Region};
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A box of chunks: for each axis the first one and how many.
#[derive(PartialEq, Eq)]
struct Block {
    first: Vec<usize>,
    count: Vec<usize>,
}

impl Block {
    fn chunks(&self) -> usize {
        self.count.iter().product()
    }

    /// Both halves along the longest axis; none of a single chunk.
    fn halves(&self) -> Option<[Self; 2]> {
        // The first of equal axes, so that parts are contiguous where they can be.
        let axis = (0..self.count.len()).rev().max_by_key(|axis| self.count[*axis])?;
        let (count, half) = (self.count[axis], self.count[axis] / 2);
        let part = |skipped: usize, len: usize| {
            let (mut first, mut lengths) = (self.first.clone(), self.count.clone());
            first[axis] += skipped;
            lengths[axis] = len;
            Self { first, count: lengths }
        };
        (half > 0).then(|| [part(0, half), part(half, count - half)])
    }
}

impl Ord for Block {
    /// By the number of chunks; of equal ones, the first in the array is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        self.chunks().cmp(&other.chunks()).then_with(|| other.first.cmp(&self.first))
    }
}

impl PartialOrd for Block {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Cuts an array into regions of whole chunks, at most this many, of about equal size.
pub(super) fn cut(grid: &ChunkGrid, most: usize) -> Vec<Region> {
    if grid.chunk_count() == 0 {
        return Vec::new();
    }
    let whole = Block { first: vec![0; grid.ndim()], count: grid.chunks_per_axis() };
    let mut blocks = BinaryHeap::from([whole]);
    while blocks.len() < most {
        // Once the largest is a single chunk, all are.
        match blocks.pop() {
            None => break,
            Some(largest) => match largest.halves() {
                Some(halves) => blocks.extend(halves),
                None => {
                    blocks.push(largest);
                    break;
                }
            },
        }
    }
    let mut blocks = blocks.into_vec();
    blocks.sort_by(|a, b| a.first.cmp(&b.first));
    blocks.iter().map(|block| region_of(grid, &block.first, &block.count)).collect()
}

/// The region of a box of chunks of which none is empty.
fn region_of(grid: &ChunkGrid, first: &[usize], count: &[usize]) -> Region {
    let (mut start, mut shape) = (Vec::with_capacity(first.len()), Vec::with_capacity(first.len()));
    for (axis, (first, count)) in first.iter().zip(count).enumerate() {
        let begin = grid.axis_chunk(axis, *first).map_or(0, |(start, _)| start);
        let end = grid.axis_chunk(axis, first + count - 1).map_or(begin, |(start, len)| start + len);
        start.push(begin);
        shape.push(end - begin);
    }
    Region::of(start, shape)
}

/// The chunks of these numbers, which ascend, as regions: those that follow each other along the last axis are one.
pub(super) fn together(grid: &ChunkGrid, numbers: impl Iterator<Item = usize>) -> Result<Vec<Region>> {
    let along = grid.chunks_per_axis().last().copied().unwrap_or(1);
    let mut regions = Vec::new();
    let mut run: Option<(usize, usize)> = None;
    let close = |run: Option<(usize, usize)>, regions: &mut Vec<Region>| -> Result<()> {
        let Some((first, len)) = run else { return Ok(()) };
        let mut count = vec![1; grid.ndim()];
        if let Some(last) = count.last_mut() {
            *last = len;
        }
        regions.push(region_of(grid, &grid.chunk_coordinates(first)?, &count));
        Ok(())
    };
    for number in numbers {
        run = match run {
            Some((first, len)) if first + len == number && number % along != 0 => Some((first, len + 1)),
            before => {
                close(before, &mut regions)?;
                Some((number, 1))
            }
        };
    }
    close(run, &mut regions)?;
    Ok(regions)
}

/// Fails for a region that is not of whole chunks of the grid. The error has the nearest one that is.
pub(super) fn check_aligned(grid: &ChunkGrid, region: &Region) -> Result<()> {
    let shape = grid.shape();
    if region.ndim() != shape.len() {
        let (axes, own) = (region.ndim(), shape.len());
        return Err(Error::invalid(format!("a region of {axes} axes, of an array of {own}")));
    }
    if region.end().zip(shape).any(|(end, len)| end > *len) || region.is_empty() {
        let (start, lengths) = (region.start(), region.shape());
        return Err(Error::invalid(format!(
            "the region (start {start:?}, shape {lengths:?}) is empty or not within the array of shape {shape:?}"
        )));
    }
    let nearest = nearest(grid, region);
    if nearest == *region {
        return Ok(());
    }
    let (start, lengths) = (region.start(), region.shape());
    let chunk = grid.largest_chunk();
    let (near_start, near_shape) = (nearest.start(), nearest.shape());
    Err(Error::invalid(format!(
        "the region (start {start:?}, shape {lengths:?}) cuts chunks of shape {chunk:?}, and only whole ones are written: the \
         nearest region of whole chunks is (start {near_start:?}, shape {near_shape:?}); Slot::regions returns such regions"
    )))
}

/// The region of whole chunks whose edges are nearest. The region is in the array and is not empty.
fn nearest(grid: &ChunkGrid, region: &Region) -> Region {
    let (mut start, mut shape) = (Vec::new(), Vec::new());
    for (axis, (first, end)) in region.start().iter().zip(region.end()).enumerate() {
        let (low, len) = grid.axis_chunk_around(axis, *first);
        let begin = if 2 * (first - low) > len && low + len < end { low + len } else { low };
        let (low, len) = grid.axis_chunk_around(axis, end - 1);
        let finish = if 2 * (end - low) < len && low > begin { low } else { low + len };
        start.push(begin);
        shape.push(finish - begin);
    }
    Region::of(start, shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(start: &[usize], shape: &[usize]) -> Region {
        Region::of(start.to_vec(), shape.to_vec())
    }

    #[test]
    fn cuts_have_every_chunk_once() {
        for (shape, chunk) in
            [(vec![100, 80], vec![30, 7]), (vec![5], vec![5]), (vec![], vec![]), (vec![7, 3, 9], vec![2, 1, 4])]
        {
            let grid = ChunkGrid::regular(&shape, &chunk).unwrap();
            for most in [0, 1, 2, 3, 7, 10_000] {
                let regions = cut(&grid, most);
                assert!(regions.len() <= most.max(1));
                let mut seen = vec![0; grid.chunk_count()];
                for region in &regions {
                    check_aligned(&grid, region).unwrap();
                    grid.overlapping(region).for_each(|number| seen[number] += 1);
                }
                assert!(seen.iter().all(|count| *count == 1), "{shape:?} {most} {seen:?}");
            }
            assert_eq!(cut(&grid, usize::MAX).len(), grid.chunk_count());
        }
        assert!(cut(&ChunkGrid::regular(&[0, 3], &[1, 1]).unwrap(), 3).is_empty());
    }

    #[test]
    fn a_region_that_cuts_a_chunk_is_refused_with_the_nearest() {
        let grid = ChunkGrid::regular(&[100, 80], &[30, 40]).unwrap();
        for (cut, near) in [
            (region(&[0, 0], &[29, 40]), region(&[0, 0], &[30, 40])),
            (region(&[31, 2], &[61, 76]), region(&[30, 0], &[60, 80])),
            (region(&[95, 50], &[5, 1]), region(&[90, 40], &[10, 40])),
            (region(&[29, 0], &[31, 80]), region(&[30, 0], &[30, 80])),
        ] {
            let error = check_aligned(&grid, &cut).unwrap_err();
            let text = format!("(start {:?}, shape {:?});", near.start(), near.shape());
            assert!(error.is_invalid_input() && error.to_string().contains(&text), "{error}");
            check_aligned(&grid, &near).unwrap();
        }
        for outside in [region(&[0], &[30]), region(&[90, 0], &[30, 40]), region(&[0, 0], &[0, 40])] {
            assert!(check_aligned(&grid, &outside).unwrap_err().is_invalid_input());
        }
    }

    #[test]
    fn chunks_that_follow_each_other_are_one_region() {
        let grid = ChunkGrid::regular(&[6, 6], &[2, 2]).unwrap();
        let regions = together(&grid, [1, 2, 3, 5].into_iter()).unwrap();
        assert_eq!(regions, [region(&[0, 2], &[2, 4]), region(&[2, 0], &[2, 2]), region(&[2, 4], &[2, 2])]);
        assert_eq!(together(&grid, 0..9).unwrap().len(), 3);
        assert_eq!(together(&ChunkGrid::regular(&[], &[]).unwrap(), 0..1).unwrap(), [region(&[], &[])]);
    }
}
