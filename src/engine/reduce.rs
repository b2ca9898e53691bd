//! Reduces arrays to a number, chunk by chunk, in parallel. The result does not depend on the number of threads.

use super::compute::{beside, no_elements};
use super::workers::{Job, evaluation, run};
use crate::array::{
    ChunkedArray, Count, Element, ErasedArray, Extreme, Number, Position, RealElement, Reducer, Region, Skip, Spread,
    Summable, Truth, largest_chunk_for, state_of,
};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use crate::task::counted;
use ndarray::ArrayViewD;
use std::collections::BTreeMap;

impl<T: Summable> ChunkedArray<T> {
    /// Returns the sum of all elements. Integers are summed exactly (as `i64` or `u64`), floats in `f64`; the sum of
    /// `bool` is the number of `true`.
    ///
    /// # Errors
    /// `Limit` if an integer sum does not fit; any error of reading or computing a chunk.
    pub fn sum(&self) -> Result<T::Sum> {
        T::sum(self.total()?).ok_or_else(|| Error::limit("the sum does not fit into 64 bits"))
    }

    /// Returns the mean of all elements, in `f64` or `Complex<f64>`.
    ///
    /// # Errors
    /// `InvalidInput` if the array has no elements; any error of reading or computing a chunk.
    pub fn mean(&self) -> Result<T::Mean> {
        if self.is_empty() {
            return Err(no_elements("mean"));
        }
        Ok(T::mean(self.total()?, self.len()))
    }

    fn total(&self) -> Result<T::Total> {
        self.reduce(|_, chunk| total_of(chunk), T::join).map(Option::unwrap_or_default)
    }
}

impl<T: RealElement> ChunkedArray<T> {
    /// Returns the smallest element, or NaN if an element is NaN, as in numpy.
    ///
    /// # Errors
    /// `InvalidInput` if the array has no elements; any error of reading or computing a chunk.
    pub fn min(&self) -> Result<T> {
        let pick = |least: T, x: T| if x.below(least) { x } else { least };
        self.extreme(pick)?.ok_or_else(|| no_elements("minimum"))
    }

    /// Returns the greatest element, or NaN if an element is NaN, as in numpy.
    ///
    /// # Errors
    /// `InvalidInput` if the array has no elements; any error of reading or computing a chunk.
    pub fn max(&self) -> Result<T> {
        let pick = |greatest: T, x: T| if x.above(greatest) { x } else { greatest };
        self.extreme(pick)?.ok_or_else(|| no_elements("maximum"))
    }

    fn extreme(&self, pick: impl Fn(T, T) -> T + Sync) -> Result<Option<T>> {
        let of_chunk = |_: &Region, chunk: ArrayViewD<'_, T>| chunk.iter().copied().reduce(&pick);
        let join = |a: Option<T>, b: Option<T>| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (a, b) => a.or(b),
        };
        self.reduce(of_chunk, join).map(Option::flatten)
    }
}

impl<T: Element> ChunkedArray<T> {
    /// Returns whether any element is not 0 (`false`). NaN is not 0, and missing elements are left out.
    ///
    /// # Errors
    /// Any error of reading or computing a chunk.
    pub fn any(&self) -> Result<bool> {
        self.reduce_by(Truth { decides: true, skip: Skip::missing(self) })
    }

    /// Returns whether no element is 0 (`false`). NaN is not 0, and missing elements are left out.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from(ndarray::array![1.0, 2.0, f64::NAN]);
    /// assert!(array.all()? && !array.gt(1.0).all()?);
    /// assert_eq!(array.count()?, 2);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// Any error of reading or computing a chunk.
    pub fn all(&self) -> Result<bool> {
        self.reduce_by(Truth { decides: false, skip: Skip::missing(self) })
    }

    /// Returns the number of elements that are neither NaN nor missing.
    ///
    /// # Errors
    /// Any error of reading or computing a chunk.
    pub fn count(&self) -> Result<i64> {
        self.reduce_by(Count { skip: Skip::nan_and_missing(self) })
    }

    pub(super) fn reduce_by<R: Reducer<T>>(&self, reducer: R) -> Result<R::Out> {
        let of_chunk = |region: &Region, chunk: ArrayViewD<'_, T>| state_of(&reducer, self.shape(), region, chunk);
        let join = |mut state, other| {
            reducer.join(&mut state, other);
            state
        };
        let state = self.reduce(of_chunk, join)?;
        reducer.finish(state.unwrap_or_else(|| reducer.start()))
    }
}

impl<T: RealElement> ChunkedArray<T> {
    /// Returns the position of the smallest element, counted in C order over the whole array, as in numpy. If there are
    /// several, it is the first one; if there is a NaN, it is the first NaN.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![[3, 2], [1, 1]], &[1, 1])?;
    /// assert_eq!((array.argmin()?, array.argmax()?), (2, 0));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the array has no elements; any error of reading or computing a chunk.
    pub fn argmin(&self) -> Result<usize> {
        self.position(Extreme::Least, Skip::NOTHING)
    }

    /// Returns the position of the greatest element, as [`argmin`](Self::argmin) does for the smallest.
    ///
    /// # Errors
    /// As for [`argmin`](Self::argmin).
    pub fn argmax(&self) -> Result<usize> {
        self.position(Extreme::Greatest, Skip::NOTHING)
    }

    pub(super) fn position(&self, extreme: Extreme, skip: Skip<T>) -> Result<usize> {
        if self.is_empty() {
            return Err(no_elements(match extreme {
                Extreme::Least => "position of the minimum",
                Extreme::Greatest => "position of the maximum",
            }));
        }
        let at = self.reduce_by(Position { extreme, skip })?;
        usize::try_from(at).map_err(|_| Error::limit("a position that is larger than this machine can count"))
    }
}

impl<T: RealElement + Number> ChunkedArray<T> {
    /// Returns the variance of all elements: the sum of the squared distances from the mean, divided by the number of
    /// elements minus `ddof`. The result is NaN if there are at most `ddof` elements, or if an element is NaN.
    ///
    /// # Errors
    /// Any error of reading or computing a chunk.
    pub fn var(&self, ddof: usize) -> Result<f64> {
        self.reduce_by(Spread { ddof, is_root: false, skip: Skip::NOTHING })
    }

    /// Returns the standard deviation of all elements: the square root of [`var`](Self::var).
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![1, 2, 3, 4], &[2])?;
    /// assert_eq!(array.std(0)?, 1.25_f64.sqrt());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// Any error of reading or computing a chunk.
    pub fn std(&self, ddof: usize) -> Result<f64> {
        self.reduce_by(Spread { ddof, is_root: true, skip: Skip::NOTHING })
    }
}

impl<T: Element> ChunkedArray<T> {
    /// One value for each chunk, joined in the order of the chunks.
    fn reduce<R: Send>(
        &self,
        of_chunk: impl Fn(&Region, ArrayViewD<'_, T>) -> R + Sync,
        join: impl Fn(R, R) -> R + Sync,
    ) -> Result<Option<R>> {
        let results = Mutex::new(InOrder { joined: None, next: 0, waiting: BTreeMap::new() });
        self.each_chunk(|number, region, elements| {
            let result = of_chunk(region, elements);
            results.lock().add(number, result, &join);
        })?;
        Ok(results.into_inner().joined)
    }

    /// Hands the elements of each chunk to `work`, with its number and its region, in parallel.
    pub(super) fn each_chunk(&self, work: impl Fn(usize, &Region, ArrayViewD<'_, T>) + Sync) -> Result<()> {
        self.check()?;
        let grid = self.reading_grid()?;
        if self.is_empty() {
            return Ok(());
        }
        let evaluation = evaluation([self as &dyn ErasedArray]);
        let largest: usize = grid.largest_chunk().iter().product();
        let bytes = largest.saturating_mul(size_of::<T>()).saturating_mul(1 + beside(&evaluation));
        let bytes = bytes.max(largest_chunk_for(self));
        let jobs = (0..grid.chunk_count()).map(|work| Job { work, bytes });
        counted(self.len().saturating_mul(size_of::<T>()), |done| {
            run(evaluation.concurrency(), jobs, |number| {
                let region = grid.chunk_region(number)?;
                let elements = self.produce(&evaluation, &region)?;
                work(number, &region, elements.view());
                done.add(elements.len().saturating_mul(size_of::<T>()));
                Ok(())
            })
        })
    }
}

/// Joins results in the order of the chunks, as soon as they are available: the results of all chunks may not fit into
/// memory, and the sum of floats depends on their order.
struct InOrder<R> {
    joined: Option<R>,
    next: usize,
    /// The results whose predecessors are missing.
    waiting: BTreeMap<usize, R>,
}

impl<R> InOrder<R> {
    fn add(&mut self, number: usize, result: R, join: impl Fn(R, R) -> R) {
        self.waiting.insert(number, result);
        while let Some(result) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.joined = Some(match self.joined.take() {
                Some(joined) => join(joined, result),
                None => result,
            });
        }
    }
}

/// Sums a chunk in several lanes, which the processor adds in parallel and which loses less precision.
fn total_of<T: Summable>(chunk: ArrayViewD<'_, T>) -> T::Total {
    const LANES: usize = 16;
    let Some(slice) = chunk.as_slice_memory_order() else {
        return chunk.iter().fold(T::Total::default(), |total, x| x.add_to(total));
    };
    let mut lanes = [T::Total::default(); LANES];
    let blocks = slice.chunks_exact(LANES);
    let rest = blocks.remainder().iter().fold(T::Total::default(), |total, x| x.add_to(total));
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane = x.add_to(*lane);
        }
    }
    lanes.into_iter().fold(rest, T::join)
}
