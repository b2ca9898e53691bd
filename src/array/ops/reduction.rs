//! Reductions along axes and of blocks, as lazy arrays.

use super::reduced::Reduced;
use super::reducers::{Count, Extreme, Mean, Pick, Position, Reducer, Skip, Spread, Sum, Truth};
use crate::array::source::Reading;
use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, Element, Number, RealElement, Summable};
use crate::error::{Error, Result};
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns the reductions along these axes: `array.along(&[0])?.mean()`. See [`Reduction`].
    ///
    /// # Errors
    /// `InvalidInput` if there is no such axis, or if an axis occurs twice.
    pub fn along(&self, axes: &[usize]) -> Result<Reduction<T>> {
        let mut blocks = vec![1; self.ndim()];
        let mut reduced = vec![false; self.ndim()];
        for axis in axes {
            self.check_axis(*axis)?;
            if std::mem::replace(&mut reduced[*axis], true) {
                return Err(Error::invalid(format!("axis {axis} occurs twice in {axes:?}")));
            }
            blocks[*axis] = self.shape()[*axis].max(1);
        }
        Ok(Reduction { input: self.clone(), blocks, reduced, keep_axes: false, skip_nan: false })
    }

    /// Returns the reductions of blocks of this shape, which make the array smaller: `array.coarsen(&[2, 2])?.mean()`.
    /// See [`Reduction`].
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from(ndarray::array![[1, 2, 5, 6], [3, 4, 7, 8]]);
    /// assert_eq!(array.coarsen(&[2, 2])?.max().compute()?, ndarray::array![[4, 8]].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the blocks have another number of axes, or do not divide the array without a remainder.
    pub fn coarsen(&self, block: &[usize]) -> Result<Reduction<T>> {
        let divides = |(len, block): (&usize, &usize)| *block > 0 && len.is_multiple_of(*block);
        if block.len() != self.ndim() || !self.shape().iter().zip(block).all(divides) {
            return Err(Error::invalid(format!(
                "blocks of shape {block:?} do not divide an array of shape {:?} without a remainder: slice() the \
                    array first",
                self.shape()
            )));
        }
        let reduced = vec![false; self.ndim()];
        Ok(Reduction { input: self.clone(), blocks: block.to_vec(), reduced, keep_axes: true, skip_nan: false })
    }
}

/// The reductions of an array along axes, or of its blocks: what [`ChunkedArray::along`] and [`ChunkedArray::coarsen`]
/// return. Each method returns a lazy array, whose chunks are computed from the chunks of the input one after the
/// other. Only the result of a chunk stays in memory.
///
/// The axes of `along` are dropped, unless [`keep_axes`](Self::keep_axes) is called. NaN is propagated as in numpy,
/// unless [`skip_nan`](Self::skip_nan) is called.
///
/// ```
/// use arraystow::ChunkedArray;
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![[1.0, f64::NAN], [3.0, 5.0]], &[1, 2])?;
/// assert_eq!(array.along(&[1])?.skip_nan().mean().compute()?, ndarray::array![1.0, 4.0].into_dyn());
/// assert_eq!(array.along(&[0])?.argmax().compute()?, ndarray::array![1, 0].into_dyn());
/// let centred = &array - array.along(&[1])?.keep_axes().mean();
/// assert_eq!(centred.compute()?[[1, 0]], -1.0);
/// # Ok::<(), arraystow::Error>(())
/// ```
///
/// The other reductions, along the second axis:
///
/// ```
/// # use arraystow::ChunkedArray;
/// let array = ChunkedArray::from_ndarray(ndarray::array![[1.0, 2.0, 6.0], [0.0, 4.0, 8.0]], &[1, 2])?;
/// let rows = array.along(&[1])?;
/// assert_eq!(rows.sum().compute()?, ndarray::array![9.0, 12.0].into_dyn());
/// assert_eq!(rows.count().compute()?, ndarray::array![3, 3].into_dyn());
/// assert_eq!(rows.min().compute()?, ndarray::array![1.0, 0.0].into_dyn());
/// assert_eq!(rows.max().compute()?, ndarray::array![6.0, 8.0].into_dyn());
/// assert_eq!(rows.argmin().compute()?, ndarray::array![0, 0].into_dyn());
/// assert_eq!(rows.var(1).compute()?, ndarray::array![7.0, 16.0].into_dyn());
/// assert_eq!(rows.std(1).compute()?[[1]], 4.0);
/// assert_eq!(rows.any().compute()?, ndarray::array![true, true].into_dyn());
/// assert_eq!(rows.all().compute()?, ndarray::array![true, false].into_dyn());
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reduction<T: Element> {
    input: ChunkedArray<T>,
    /// How many elements of each axis become one.
    blocks: Vec<usize>,
    /// The axes of `along`.
    reduced: Vec<bool>,
    keep_axes: bool,
    skip_nan: bool,
}

impl<T: Element> Reduction<T> {
    /// Returns the reductions without the elements that are NaN or missing, that is, equal to the
    /// [fill value](ChunkedArray::with_fill).
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let depth = ChunkedArray::from(ndarray::array![[12_i16, -9999], [-9999, -9999]]).with_fill(-9999);
    /// let rows = depth.along(&[1])?.skip_nan();
    /// assert_eq!(rows.max().compute()?, ndarray::array![12, -9999].into_dyn());
    /// assert_eq!(rows.max().fill(), Some(-9999));
    /// assert!(rows.mean().compute()?[[1]].is_nan());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn skip_nan(self) -> Self {
        Self { skip_nan: true, ..self }
    }

    /// Returns the reductions with the reduced axes kept, which have length 1 in the result.
    #[must_use]
    pub fn keep_axes(self) -> Self {
        Self { keep_axes: true, ..self }
    }

    /// Returns whether any element is not 0 (`false`). NaN is not 0, and missing elements are left out. Without
    /// elements the result is `false`.
    #[must_use]
    pub fn any(&self) -> ChunkedArray<bool> {
        self.by(Truth { decides: true, skip: self.skip_of_truth() })
    }

    /// Returns whether no element is 0 (`false`). NaN is not 0, and missing elements are left out. Without elements
    /// the result is `true`.
    #[must_use]
    pub fn all(&self) -> ChunkedArray<bool> {
        self.by(Truth { decides: false, skip: self.skip_of_truth() })
    }

    /// Returns the number of elements that are neither NaN nor missing.
    #[must_use]
    pub fn count(&self) -> ChunkedArray<i64> {
        self.by(Count { skip: Skip::nan_and_missing(&self.input) })
    }

    fn skip(&self) -> Skip<T> {
        if self.skip_nan { Skip::nan_and_missing(&self.input) } else { Skip::NOTHING }
    }

    fn skip_of_truth(&self) -> Skip<T> {
        if self.skip_nan { Skip::nan_and_missing(&self.input) } else { Skip::missing(&self.input) }
    }

    fn by<R: Reducer<T>>(&self, reducer: R) -> ChunkedArray<R::Out> {
        let input = &self.input;
        let (grid, reading) = match self.grid() {
            Ok(parts) => parts,
            Err(error) => return ChunkedArray::failed(input.grid().clone(), error),
        };
        if let Some(what) = R::NEEDS_ELEMENTS
            && input.is_empty()
            && !grid.is_empty()
        {
            let shape = input.shape();
            return ChunkedArray::failed(
                grid,
                Error::invalid(format!("the {what} of no elements, in shape {shape:?}")),
            );
        }
        let dropped: Vec<bool> = self.reduced.iter().map(|is_reduced| *is_reduced && !self.keep_axes).collect();
        let blocks = self.blocks.clone();
        let kept = (0..dropped.len()).filter(|axis| !dropped[*axis]).map(Some);
        let labels = input.labels();
        let labels = if R::KEEPS_MEANING { labels.with_fill(None) } else { labels.dims_only() };
        let meta = ArrayMeta::of_labels(labels.with_axes(kept));
        let source = Reduced { input: input.clone(), blocks, dropped, reading, chunks: grid.chunk_count(), reducer };
        ChunkedArray::operation(grid, input.depth(), Arc::new(source)).chosen(meta)
    }

    /// The grid of the result: the chunks of the input where blocks do not cross their borders.
    fn grid(&self) -> Result<(ChunkGrid, Reading)> {
        let mut reading = Reading::OncePerChunk;
        let mut axes = Vec::with_capacity(self.blocks.len());
        for (axis, (runs, block)) in self.input.grid().runs().into_iter().zip(&self.blocks).enumerate() {
            let len = self.input.shape()[axis];
            if self.reduced[axis] {
                if self.keep_axes {
                    axes.push(vec![(1, 1)]);
                }
                continue;
            }
            axes.push(if runs.iter().all(|(size, _)| size.is_multiple_of(*block)) {
                runs.into_iter().map(|(size, times)| (size / block, times)).collect()
            } else {
                reading = Reading::Across;
                let chunk = (self.input.grid().largest_chunk()[axis] / block).max(1);
                let count = len / block;
                vec![(chunk, count / chunk), (count % chunk, usize::from(!count.is_multiple_of(chunk)))]
            });
        }
        Ok((ChunkGrid::from_runs(&axes)?, reading))
    }
}

impl<T: Summable> Reduction<T> {
    /// Returns the sums. Integers are summed exactly (as `i64` or `u64`), floats in `f64`, and the sum of `bool` is the
    /// number of `true`. A sum that does not fit is an error when the chunk is computed. The sum of no elements is 0.
    #[must_use]
    pub fn sum(&self) -> ChunkedArray<T::Sum> {
        self.by(Sum { skip: self.skip() })
    }

    /// Returns the means, in `f64` or `Complex<f64>`. The mean of no elements is NaN.
    #[must_use]
    pub fn mean(&self) -> ChunkedArray<T::Mean> {
        self.by(Mean { skip: self.skip() })
    }
}

impl<T: RealElement> Reduction<T> {
    /// Returns the smallest elements: NaN if there is one, or if NaN is skipped and there is nothing else. With
    /// [`skip_nan`](Self::skip_nan), the smallest of missing elements is missing. Computing a chunk fails if there are
    /// no elements.
    #[must_use]
    pub fn min(&self) -> ChunkedArray<T> {
        self.pick(Extreme::Least)
    }

    /// Returns the greatest elements. NaN is treated as in [`min`](Self::min).
    #[must_use]
    pub fn max(&self) -> ChunkedArray<T> {
        self.pick(Extreme::Greatest)
    }

    fn pick(&self, extreme: Extreme) -> ChunkedArray<T> {
        let picked = self.by(Pick { extreme, skip: self.skip() });
        match self.input.labels().fill().filter(|_| self.skip_nan) {
            Some(fill) => picked.with_fill_bytes(fill.to_vec()),
            None => picked,
        }
    }

    /// Returns the positions of the smallest elements, counted in C order over the reduced axes, or within the block.
    /// If there are several, it is the first one; if there is a NaN, it is the first NaN. Computing a chunk fails if
    /// there are no elements, or if all of them are skipped.
    #[must_use]
    pub fn argmin(&self) -> ChunkedArray<i64> {
        self.by(Position { extreme: Extreme::Least, skip: self.skip() })
    }

    /// Returns the positions of the greatest elements, as [`argmin`](Self::argmin) does for the smallest.
    #[must_use]
    pub fn argmax(&self) -> ChunkedArray<i64> {
        self.by(Position { extreme: Extreme::Greatest, skip: self.skip() })
    }
}

impl<T: RealElement + Number> Reduction<T> {
    /// Returns the variances, in `f64`: the sum of the squared distances from the mean, divided by the number of
    /// elements minus `ddof`. The result is NaN if there are at most `ddof` elements.
    #[must_use]
    pub fn var(&self, ddof: usize) -> ChunkedArray<f64> {
        self.by(Spread { ddof, is_root: false, skip: self.skip() })
    }

    /// Returns the standard deviations: the square roots of [`var`](Self::var).
    #[must_use]
    pub fn std(&self, ddof: usize) -> ChunkedArray<f64> {
        self.by(Spread { ddof, is_root: true, skip: self.skip() })
    }
}
