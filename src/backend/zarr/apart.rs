//! Which chunks of two arrays differ, by what their tables have of them.

use super::reader::Reader;
use crate::array::Region;
use crate::error::Result;

impl Reader {
    /// See [`ArrayReader::regions_apart`](crate::backend::ArrayReader::regions_apart).
    pub(super) fn apart(&self, other: &Self) -> Result<Option<Vec<Region>>> {
        let (grid, others_grid) = (&self.facts.layout.grid, &other.facts.layout.grid);
        if grid != others_grid || !self.facts.are_encoded_as(&other.facts) {
            return Ok(None);
        }
        let mut apart = Vec::new();
        for number in 0..grid.chunk_count() {
            let (Some(one), Some(another)) = (self.entries(number)?, other.entries(number)?) else { return Ok(None) };
            let chunk = grid.chunk_region(number)?;
            for (part, (entry, others)) in one.iter().zip(&another).enumerate() {
                if !entry.has_bytes_of(others) {
                    apart.extend(self.part_region(&chunk, part)?);
                }
            }
        }
        Ok(Some(apart))
    }

    /// The region of a part of a chunk; none of a part that is outside of the array. A chunk without parts is its own.
    fn part_region(&self, chunk: &Region, part: usize) -> Result<Option<Region>> {
        let Some(shards) = &self.shards else { return Ok(Some(chunk.clone())) };
        let within = shards.parts.chunk_region(part)?;
        let mut starts = Vec::with_capacity(chunk.ndim());
        let mut shape = Vec::with_capacity(chunk.ndim());
        for (axis, end) in chunk.end().enumerate() {
            let start = chunk.start()[axis] + within.start()[axis];
            if start >= end {
                return Ok(None);
            }
            starts.push(start);
            shape.push(within.shape()[axis].min(end - start));
        }
        Ok(Some(Region::of(starts, shape)))
    }
}
