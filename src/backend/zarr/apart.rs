//! Which chunks of two arrays differ, by what their tables have of them.

use super::reader::Reader;
use crate::error::Result;

impl Reader {
    /// See [`ArrayReader::chunks_apart`](crate::backend::ArrayReader::chunks_apart).
    pub(super) fn apart(&self, other: &Self) -> Result<Option<Vec<usize>>> {
        let (grid, others_grid) = (&self.facts.layout.grid, &other.facts.layout.grid);
        if grid != others_grid || !self.facts.are_encoded_as(&other.facts) {
            return Ok(None);
        }
        let mut apart = Vec::new();
        for number in 0..grid.chunk_count() {
            let (Some(one), Some(another)) = (self.entries(number)?, other.entries(number)?) else { return Ok(None) };
            let mut parts = one.iter().zip(&another);
            if one.len() != another.len() || !parts.all(|(part, other)| part.has_bytes_of(other)) {
                apart.push(number);
            }
        }
        Ok(Some(apart))
    }
}
