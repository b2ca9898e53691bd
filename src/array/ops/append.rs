//! Arrays that grow.

use super::concatenate::Concatenated;
use crate::array::source::Reading;
use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, Element};
use crate::error::{Error, Result};
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns this array with the elements of another array appended along an axis, such as the next step of a time
    /// series. Lazy.
    ///
    /// The result is a later version of this array: it has the names of its axes, its attributes, fill value and codec.
    /// It also continues its chunks: a chunk at the end that is not full is filled first. The first chunk decides how
    /// long chunks are, and it is never longer than the array was when it was made.
    ///
    /// A save takes over the chunks of a stored array as they are stored. They are neither decoded nor computed nor
    /// encoded.
    ///
    /// ```
    /// # use arraystow::{ChunkedArray, Storage};
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = Storage::open(folder.path())?;
    /// let day = |day: usize| ChunkedArray::from_ndarray(ndarray::Array3::from_elem((1, 60, 80), day as f32), &[1, 60, 80]);
    /// storage.save("air", &day(0)?.with_dims(["time", "lat", "lon"])?)?;
    ///
    /// let air: ChunkedArray<f32> = storage.load("air")?;
    /// let report = storage.save("air", &air.appended(0, &day(1)?)?)?;
    /// assert_eq!(report.chunks_carried, 1);
    ///
    /// let air: ChunkedArray<f32> = storage.load("air")?;
    /// assert_eq!((air.shape(), air.axis("time")), (&[2, 60, 80][..], Some(0)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there is no such axis, or if the shapes differ on another axis; if both arrays have names of
    /// axes and these differ; if `other` has a fill value that this array does not have.
    pub fn appended(&self, axis: usize, other: &Self) -> Result<Self> {
        self.check_axis(axis)?;
        let (shape, others) = (self.shape(), other.shape());
        if shape.len() != others.len() || (0..shape.len()).any(|at| at != axis && shape[at] != others[at]) {
            return Err(Error::invalid(format!(
                "an array of shape {others:?} cannot be appended to one of shape {shape:?} on axis {axis}: the other axes must be \
                 equal"
            )));
        }
        self.check_labels_of(other)?;
        if others[axis] == 0 {
            return Ok(self.clone());
        }
        let mut runs = self.grid().runs();
        let mut appended = runs.clone();
        let mut behind = other.grid().runs().swap_remove(axis);
        appended[axis].append(&mut behind.clone());
        let len = shape[axis].checked_add(others[axis]).ok_or_else(|| Error::invalid("an axis that is too long"))?;
        match equal_length(&runs[axis]) {
            Some(chunk) => {
                runs[axis] = [(chunk, len / chunk), (len % chunk, 1)].into_iter().filter(|run| run.0 > 0).collect()
            }
            None => runs[axis].append(&mut behind),
        }
        let grid = ChunkGrid::from_runs(&runs)?;
        let lines_up = grid == ChunkGrid::from_runs(&appended)?;
        let source = Concatenated {
            arrays: vec![self.clone(), other.clone()],
            axis,
            starts: vec![0, shape[axis]],
            grown: Some(if lines_up { Reading::OncePerChunk } else { Reading::Across }),
        };
        let meta = ArrayMeta { codec: self.codec(), labels: self.labels().clone() };
        Ok(Self::operation(grid, self.depth().max(other.depth()), Arc::new(source)).chosen(meta))
    }
}

/// The length of the chunks on an axis, if they are equal and only the last may be shorter.
fn equal_length(runs: &[(usize, usize)]) -> Option<usize> {
    match runs {
        [(chunk, _)] if *chunk > 0 => Some(*chunk),
        [(chunk, _), (last, 1)] if (1..*chunk).contains(last) => Some(*chunk),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::equal_length;

    #[test]
    fn chunks_of_one_length_are_continued() {
        assert_eq!(equal_length(&[(5, 3)]), Some(5));
        assert_eq!(equal_length(&[(5, 3), (2, 1)]), Some(5));
        for irregular in
            [&[][..], &[(5, 1), (6, 1)], &[(5, 1), (2, 2)], &[(5, 1), (2, 1), (1, 1)], &[(0, 4)], &[(5, 1), (0, 1)]]
        {
            assert_eq!(equal_length(irregular), None, "{irregular:?}");
        }
    }
}
