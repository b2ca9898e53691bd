//! A summary of an array: its description, and a corner of its elements.

use super::offload::unblock;
use super::workers::{Job, evaluation, run};
use crate::array::{
    AnyArray, AnyNdArray, ChunkGrid, ChunkedArray, Corner, Element, EncodedNdArray, ErasedArray, Region, texts,
    with_typed, zeroed,
};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use ndarray::{ArrayD, Dimension, IxDyn, Slice, SliceInfoElem};

impl<T: Element> ChunkedArray<T> {
    /// Returns a text for people: the line that `Display` writes, and a corner of the elements, as numpy prints it. The
    /// corner has the first and the last three elements of each axis; of the leading axes of an array with many axes
    /// fewer, so that it has at most 1,000 elements. Each chunk that has some of them is read or computed once.
    ///
    /// Missing elements, which are equal to the [fill value](Self::fill), are printed as `--`.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let products = ndarray::Array2::from_shape_fn((100, 200), |(i, j)| i * j).mapv(|product| product as i32);
    /// let array = ChunkedArray::from_ndarray(products, &[50, 50])?.with_attr("units", "m")?;
    /// assert_eq!(array.to_string(), "int32[100, 200] in chunks of [50, 50], units m");
    /// let corner = "\
    /// int32[100, 200] in chunks of [50, 50], units m
    /// [[    0     0     0 ...     0     0     0]
    ///  [    0     1     2 ...   197   198   199]
    ///  [    0     2     4 ...   394   396   398]
    ///  ...
    ///  [    0    97   194 ... 19109 19206 19303]
    ///  [    0    98   196 ... 19306 19404 19502]
    ///  [    0    99   198 ... 19503 19602 19701]]";
    /// assert_eq!(array.summary()?, corner);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// Any error of reading or computing a chunk of the corner.
    pub fn summary(&self) -> Result<String> {
        // The line is of this array: without its type, one of elements that can be missing is another.
        let elements = AnyArray::from(self).corner_text()?;
        Ok(format!("{self}\n{elements}"))
    }

    /// The async form of [`summary`](Self::summary).
    ///
    /// # Errors
    /// As for [`summary`](Self::summary).
    pub fn summary_async(&self) -> impl Future<Output = Result<String>> + Send + use<T> {
        let array = self.clone();
        unblock(move || array.summary())
    }

    /// The elements at these ascending positions of each axis. Each chunk is read once.
    fn read_positions(&self, positions: &[Vec<usize>]) -> Result<ArrayD<T>> {
        self.check()?;
        let shape: Vec<usize> = positions.iter().map(Vec::len).collect();
        let mut out = zeroed::<T>(&shape)?;
        if out.is_empty() {
            return Ok(out);
        }
        let grid = self.reading_grid()?;
        let axes: Vec<Vec<Picked>> = (0..grid.ndim()).map(|axis| Picked::of(&grid, axis, &positions[axis])).collect();
        let counts: Vec<usize> = axes.iter().map(Vec::len).collect();
        let evaluation = evaluation([self as &dyn ErasedArray]);
        let jobs = ndarray::indices(IxDyn(&counts)).into_iter().map(|at| {
            let of_chunk: Vec<&Picked> = axes.iter().zip(at.as_array_view()).map(|(axis, at)| &axis[*at]).collect();
            let bytes = of_chunk.iter().fold(size_of::<T>(), |bytes, axis| bytes.saturating_mul(axis.span()));
            Job { work: of_chunk, bytes }
        });
        let target = Mutex::new(out.view_mut());
        run(evaluation.concurrency(), jobs.collect::<Vec<_>>().into_iter(), |of_chunk| {
            let start = of_chunk.iter().filter_map(|axis| axis.positions.first().copied()).collect();
            let region = Region::of(start, of_chunk.iter().map(|axis| axis.span()).collect());
            let elements = self.produce(&evaluation, &region)?;
            let shape: Vec<usize> = of_chunk.iter().map(|axis| axis.positions.len()).collect();
            let picked = ArrayD::from_shape_fn(shape, |at| {
                let at: Vec<usize> = of_chunk.iter().enumerate().map(|(axis, of)| of.offset(at[axis])).collect();
                elements[at.as_slice()].clone()
            });
            let place: Vec<SliceInfoElem> =
                of_chunk.iter().map(|axis| Slice::from(axis.first..axis.first + axis.positions.len()).into()).collect();
            target.lock().slice_mut(place.as_slice()).assign(&picked);
            Ok(())
        })?;
        drop(target);
        Ok(out)
    }
}

impl AnyArray {
    /// Returns a text for people, as [`ChunkedArray::summary`] returns it.
    ///
    /// ```
    /// # use arraystow::{AnyArray, DataType};
    /// let array = AnyArray::from_bytes(DataType::UInt8, &[2, 2], &[2, 2], &[1, 2, 3, 4])?;
    /// assert_eq!(array.summary()?, "uint8[2, 2] in chunks of [2, 2]\n[[1 2]\n [3 4]]");
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`ChunkedArray::summary`].
    pub fn summary(&self) -> Result<String> {
        let elements = self.corner_text()?;
        Ok(format!("{self}\n{elements}"))
    }

    /// The async form of [`summary`](Self::summary).
    ///
    /// # Errors
    /// As for [`summary`](Self::summary).
    pub fn summary_async(&self) -> impl Future<Output = Result<String>> + Send + use<> {
        let array = self.clone();
        unblock(move || array.summary())
    }

    fn corner_text(&self) -> Result<String> {
        let data_type = self.data_type();
        let corner = Corner::of(self.shape(), data_type.size());
        let mut positions = corner.positions();
        let elements: AnyNdArray = with_typed!(data_type, T => self.typed::<T>()?.read_positions(&positions)?.into(),
            else => {
                // The bytes of each element are a last axis.
                positions.push((0..data_type.size()).collect());
                let bytes = self.encoded()?.bytes().read_positions(&positions)?;
                AnyNdArray::Encoded(EncodedNdArray::new(data_type.clone(), bytes)?)
            }
        );
        let labels = &self.erased().meta().labels;
        let located = |error: Error| match self.erased().stored() {
            Some(stored) => stored.locate(error),
            None => error,
        };
        Ok(corner.text(&texts(&elements, &labels.missing(&data_type)).map_err(located)?))
    }
}

/// The positions on one axis that lie in one chunk.
struct Picked {
    /// The place of the first of them among the positions of the axis.
    first: usize,
    positions: Vec<usize>,
}

impl Picked {
    fn of(grid: &ChunkGrid, axis: usize, positions: &[usize]) -> Vec<Self> {
        let (mut chunks, mut left) = (Vec::new(), positions);
        while let Some(at) = left.first() {
            let (start, len) = grid.axis_chunk_around(axis, *at);
            let (of_chunk, rest) = left.split_at(left.partition_point(|at| *at < start + len).max(1));
            chunks.push(Self { first: positions.len() - left.len(), positions: of_chunk.to_vec() });
            left = rest;
        }
        chunks
    }

    /// Elements from the first to the last of them.
    fn span(&self) -> usize {
        self.positions.last().zip(self.positions.first()).map_or(0, |(last, first)| last - first + 1)
    }

    fn offset(&self, index: usize) -> usize {
        self.positions[index] - self.positions[0]
    }
}
