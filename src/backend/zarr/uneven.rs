//! Chunks of different lengths: the grid `rectilinear` of version 3.

use super::json::{shown, unreadable};
use crate::array::ChunkGrid;
use crate::error::{Error, ErrorKind, Result};
use serde_json::Value;

/// The chunks of an array.
pub(super) enum FoundChunks {
    /// All of one shape.
    Equal(Vec<usize>),
    Uneven(UnevenChunks),
}

/// Chunks of different shapes.
pub(super) struct UnevenChunks {
    pub(super) grid: ChunkGrid,
    /// The longest edge of each axis.
    pub(super) largest: Vec<usize>,
    pub(super) last: LastEdges,
}

/// The length of the last chunk of each axis as it is stored, which may reach beyond the array.
pub(super) struct LastEdges(Vec<usize>);

impl FoundChunks {
    /// The chunks of a grid with these edges along each axis of an array of that shape.
    pub(super) fn of_edges(edges: &Value, shape: &[usize]) -> Result<Self> {
        let wrong =
            || unreadable(&format!("`chunk_shapes` is not a list of lengths for each axis, but {}", shown(edges)));
        let axes = edges.as_array().filter(|axes| axes.len() == shape.len()).ok_or_else(wrong)?;
        if let Some(equal) = axes.iter().map(length).collect::<Option<Vec<_>>>() {
            return Ok(Self::Equal(equal));
        }
        let (mut runs, mut largest, mut last) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, len) in axes.iter().zip(shape) {
            let edges = match (axis, length(axis)) {
                (_, Some(edge)) => vec![(edge, usize::MAX)],
                (Value::Array(list), _) => list.iter().map(run).collect::<Option<Vec<_>>>().ok_or_else(wrong)?,
                _ => return Err(wrong()),
            };
            let cut = cut(&edges, *len).ok_or_else(|| {
                Error::corrupt(format!("the chunks along an axis of length {len} add up to less: {}", shown(axis)))
            })?;
            largest.push(cut.runs.iter().map(|(edge, _)| *edge).max().unwrap_or(1).max(cut.last));
            last.push(cut.last);
            runs.push(cut.runs);
        }
        let grid = ChunkGrid::from_runs(&runs).map_err(|error| error.with_kind(ErrorKind::Corrupt))?;
        Ok(Self::Uneven(UnevenChunks { grid, largest, last: LastEdges(last) }))
    }
}

impl LastEdges {
    /// The shape in which the chunk of that number is stored.
    pub(super) fn chunk_shape(&self, grid: &ChunkGrid, number: usize) -> Result<Vec<usize>> {
        let mut shape = grid.chunk_region(number)?.shape().to_vec();
        let at = grid.chunk_coordinates(number)?;
        for (axis, count) in grid.chunks_per_axis().iter().enumerate() {
            if at[axis] + 1 == *count {
                shape[axis] = self.0[axis];
            }
        }
        Ok(shape)
    }
}

/// The length of an edge, which is not 0.
fn length(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|length| usize::try_from(length).ok()).filter(|length| *length > 0)
}

/// A length and how often it occurs.
fn run(value: &Value) -> Option<(usize, usize)> {
    match value.as_array().map(Vec::as_slice) {
        Some([edge, times]) => Some((length(edge)?, length(times)?)),
        Some(_) => None,
        None => Some((length(value)?, 1)),
    }
}

/// The chunks of an axis.
struct CutAxis {
    /// As runs of a length and how often it occurs, which end where the axis does.
    runs: Vec<(usize, usize)>,
    /// The length of the last one as it is stored.
    last: usize,
}

/// Cuts an axis; none if the edges do not reach its end. What is beyond it is no chunk of the array.
fn cut(edges: &[(usize, usize)], len: usize) -> Option<CutAxis> {
    let mut cut = CutAxis { runs: Vec::new(), last: 1 };
    let mut left = len;
    for (edge, times) in edges {
        if left == 0 {
            break;
        }
        let whole = (left / edge).min(*times);
        cut.runs.push((*edge, whole));
        left -= whole * edge;
        cut.last = *edge;
        if whole < *times && left > 0 {
            cut.runs.push((left, 1));
            left = 0;
        }
    }
    (left == 0).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn uneven(edges: Value, shape: &[usize]) -> Option<UnevenChunks> {
        match FoundChunks::of_edges(&edges, shape).ok()? {
            FoundChunks::Uneven(uneven) => Some(uneven),
            FoundChunks::Equal(_) => None,
        }
    }

    #[test]
    fn edges_are_lengths_lists_and_runs() {
        let lengths = |edges: Value| {
            let uneven = uneven(json!([edges, [6]]), &[6, 6])?;
            Some((uneven.grid.chunks().swap_remove(0), uneven.last.0[0]))
        };
        assert_eq!(lengths(json!(4)), Some((vec![4, 2], 4)));
        assert_eq!(lengths(json!([1, 2, 3])), Some((vec![1, 2, 3], 3)));
        assert_eq!(lengths(json!([[4, 2]])), Some((vec![4, 2], 4)));
        assert_eq!(lengths(json!([[1, 3], 3])), Some((vec![1, 1, 1, 3], 3)));
        assert_eq!(lengths(json!([4, 4, 4])), Some((vec![4, 2], 4)));
        assert_eq!(lengths(json!([6, 100])), Some((vec![6], 6)));
        assert_eq!(lengths(json!([[2, u64::MAX]])), Some((vec![2, 2, 2], 2)));
        for wrong in [json!([]), json!([1, 2]), json!([0, 6]), json!([[2, 0], 6]), json!([[6]]), json!("6"), json!(-6)]
        {
            assert_eq!(lengths(wrong.clone()), None, "{wrong}");
        }
        assert!(
            matches!(FoundChunks::of_edges(&json!([4, 3]), &[6, 6]), Ok(FoundChunks::Equal(chunk)) if chunk == [4, 3])
        );
        assert!(FoundChunks::of_edges(&json!([4]), &[6, 6]).is_err());
        assert!(uneven(json!([[5]]), &[0]).is_some_and(|uneven| uneven.grid.chunk_count() == 0));
    }

    #[test]
    fn the_last_chunk_is_stored_as_long_as_its_edge() {
        let uneven = uneven(json!([[4, 4], [2, 5]]), &[6, 7]);
        let shape = |number| uneven.as_ref()?.last.chunk_shape(&uneven.as_ref()?.grid, number).ok();
        assert_eq!(shape(0), Some(vec![4, 2]));
        assert_eq!(shape(3), Some(vec![4, 5]));
    }
}
