//! Lazy element-wise operations, and rechunking.

use super::guard::guarded;
use super::ops::broadcast::{Input, common_grid, common_labels, mismatch, repeated};
use super::optional::{bytes_of, default_fill_of, is_missing, numbers};
use super::source::{Elements, Reading, Source, unshared};
use super::{
    ArrayMeta, ChunkGrid, ChunkedArray, Chunking, DataType, Element, ErasedArray, Evaluation, Number, Region,
    StoredBytes,
};
use crate::error::{Error, Result};
use ndarray::Zip;
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns the array of `function` applied to every element. Lazy. The names of the axes are kept, but no
    /// attributes, because the new elements may have other units.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let celsius = ChunkedArray::from_ndarray(ndarray::array![10.0_f32, 20.0], &[1])?;
    /// let kelvin = celsius.map(|t| f64::from(t) + 273.15);
    /// assert_eq!(kelvin.compute()?[[1]], 293.15);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn map<U, F>(&self, function: F) -> ChunkedArray<U>
    where
        U: Element,
        F: Fn(T) -> U + Send + Sync + 'static,
    {
        let source = Map { input: self.clone(), function };
        self.mapped(Arc::new(source))
    }

    /// Returns the array of `function` applied to every pair of elements, in the chunks of `self`. Lazy. Shapes are
    /// broadcast, as in arithmetic.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let height = ChunkedArray::from_ndarray(ndarray::array![10.0_f32, -3.0], &[1])?;
    /// let land = ChunkedArray::from_ndarray(ndarray::array![true, false], &[2])?;
    /// let above = height.zip_with(&land, |height, land| if land { height } else { 0.0 })?;
    /// assert_eq!(above.sum()?, 10.0);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the shapes do not match, or if both arrays have names of axes and these do not match.
    pub fn zip_with<U, V, F>(&self, other: &ChunkedArray<U>, function: F) -> Result<ChunkedArray<V>>
    where
        U: Element,
        V: Element,
        F: Fn(T, U) -> V + Send + Sync + 'static,
    {
        self.zipped(other, "and", function)
    }

    /// The same; `sign` is what is between the shapes in the error.
    pub(super) fn zipped<U, V, F>(&self, other: &ChunkedArray<U>, sign: &str, function: F) -> Result<ChunkedArray<V>>
    where
        U: Element,
        V: Element,
        F: Fn(T, U) -> V + Send + Sync + 'static,
    {
        let grid = common_grid(&[self.grid(), other.grid()]);
        let grid = grid.ok_or_else(|| mismatch(self.shape(), sign, other.shape()))?;
        let labels = common_labels((self.labels(), self.ndim()), (other.labels(), other.ndim()))?;
        let depth = self.depth().max(other.depth());
        let source = ZipWith { left: Input(self.clone()), right: Input(other.clone()), function, grid: grid.clone() };
        Ok(ChunkedArray::operation(grid, depth, Arc::new(source)).chosen(ArrayMeta::of_labels(labels)))
    }

    /// Returns an array of the same elements in other chunks, given by a shape, such as `&[64, 64]`, or by a
    /// [`Chunking`]. Lazy.
    ///
    /// ```
    /// # use arraystow::{ChunkedArray, Chunking};
    /// let array = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[5])?;
    /// assert_eq!(array.rechunk(&[4])?.grid().chunks(), [[4, 4, 2]]);
    /// assert_eq!(array.rechunk(Chunking::Whole)?.grid().chunk_count(), 1);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunks do not fit the array.
    pub fn rechunk(&self, chunks: impl Into<Chunking>) -> Result<Self> {
        let grid = chunks.into().grid(self.shape(), size_of::<T>())?;
        if grid == *self.grid() {
            return Ok(self.clone());
        }
        let meta = ArrayMeta::of_labels(self.labels().clone());
        if self.source().is_pending() {
            return Ok(Self::pending(self.shape(), Chunking::Grid(grid))?.chosen(meta));
        }
        // Undoes a rechunking.
        if let Some(input) = self.source().recut().filter(|input| *input.grid() == grid && *input.meta() == meta) {
            return Ok(input);
        }
        Ok(Self::operation(grid, self.depth(), Arc::new(Rechunk { input: self.clone() }))
            .of_elements(self)
            .chosen(meta))
    }

    /// Makes the array read from stored bytes, and also the array that it is a rechunking of.
    pub(super) fn read_from(&self, stored: Arc<dyn StoredBytes>) {
        let input = self.source().recut();
        self.replace_source(stored);
        if let Some(input) = input {
            input.replace_source_by(Arc::new(Rechunk { input: self.clone() }), 1);
        }
    }
}

impl<T: Number> ChunkedArray<T> {
    /// Returns the elements converted to another type. Lazy. Floats are truncated to integers, values out of range
    /// become the nearest value in range, and NaN becomes 0; integers that do not fit a smaller integer wrap; all
    /// numbers except 0 are `true`. Names of axes, attributes and the fill value are kept. Where the other type does
    /// not have the fill value, missing elements become the fill value that [`Option`](crate::Element) elements of this
    /// type have by default.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![1.9, -300.0, f64::NAN], &[3])?;
    /// assert_eq!(array.astype::<i8>()?.compute()?.as_slice(), Some(&[1, -128, 0][..]));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a conversion from complex to real numbers: choose a part with [`map`](Self::map). Also for a
    /// conversion to `bool` of an array whose fill value is neither 0 nor 1.
    pub fn astype<U: Number>(&self) -> Result<ChunkedArray<U>> {
        check_astype(&T::DATA_TYPE, &U::DATA_TYPE)?;
        self.converted_by(|x| U::from_value(x.to_value())).ok_or_else(|| {
            Error::unsupported(
                "missing elements cannot be converted to bool: replace them with map, or compare the array",
            )
        })
    }

    /// [`astype`](Self::astype) to any element type. Returns `None` if it is not a number, or there is no such
    /// conversion.
    pub(crate) fn converted<U: Element>(&self) -> Option<ChunkedArray<U>> {
        check_astype(&T::DATA_TYPE, &U::DATA_TYPE).ok()?;
        U::FROM_NUMBER?;
        // In the closure, where the compiler knows the function.
        let convert = |x: T| U::FROM_NUMBER.map_or_else(U::default, |from| from(x.to_value()));
        self.converted_by(convert)
    }

    /// The elements converted, where missing ones stay missing. `None` if the type has no value for them.
    fn converted_by<U: Element>(
        &self,
        convert: impl Fn(T) -> U + Copy + Send + Sync + 'static,
    ) -> Option<ChunkedArray<U>> {
        let kept = |number: &T| bytes_of(&U::DATA_TYPE, number.to_value());
        let labels = self.labels().with_fill(self.fill().as_ref().and_then(kept));
        let mut lost = numbers::<T>(&self.labels().missing(&T::DATA_TYPE)).unwrap_or_default();
        lost.retain(|number| kept(number).is_none());
        if lost.is_empty() {
            return Some(self.map(convert).with_labels(labels));
        }
        let fill = labels.fill().map(<[u8]>::to_vec).or_else(|| default_fill_of(&U::DATA_TYPE))?;
        let new = U::get(&U::DATA_TYPE, &fill).ok()?;
        let convert = move |x: T| if is_missing(&x, &lost) { new.clone() } else { convert(x) };
        Some(self.map(convert).with_labels(labels.with_fill(Some(fill))))
    }
}

/// Fails for conversions that [`ChunkedArray::astype`] does not support.
pub(crate) fn check_astype(from: &DataType, to: &DataType) -> Result<()> {
    if from.number_name().is_none() || to.number_name().is_none() {
        return Err(Error::unsupported(format!("{from} as {to} is not a conversion of numbers: convert it with map")));
    }
    let complex = |data_type: &DataType| matches!(data_type, DataType::Complex64 | DataType::Complex128);
    if complex(from) && !complex(to) {
        return Err(Error::unsupported(format!(
            "{from} as {to} would lose the imaginary part: choose a part, as in map(|z| z.re)"
        )));
    }
    Ok(())
}

struct Map<T: Element, F> {
    input: ChunkedArray<T>,
    function: F,
}

impl<T: Element, U: Element, F: Fn(T) -> U + Send + Sync> Source<U> for Map<T, F> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<U>> {
        let input = unshared(self.input.produce(evaluation, region)?);
        guarded("the function of a map", self.input.grid(), region, || match input {
            // In the same memory, if the type stays.
            Ok(own) => own.mapv_into_any(&self.function).into_shared(),
            Err(shared) => shared.map(|x| (self.function)(x.clone())).into_shared(),
        })
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, Reading::OncePerChunk);
    }
}

struct ZipWith<T: Element, U: Element, F> {
    left: Input<T>,
    right: Input<U>,
    function: F,
    grid: ChunkGrid,
}

impl<T, U, V, F> Source<V> for ZipWith<T, U, F>
where
    T: Element,
    U: Element,
    V: Element,
    F: Fn(T, U) -> V + Send + Sync,
{
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<V>> {
        let left = self.left.produce(evaluation, region)?;
        let right = self.right.produce(evaluation, region)?;
        let (left, right) = (repeated(&left, region.shape())?, repeated(&right, region.shape())?);
        guarded("the function of a zip_with", &self.grid, region, || {
            Zip::from(left).and(right).map_collect(|x, y| (self.function)(x.clone(), y.clone())).into_shared()
        })
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        self.left.visit(&self.grid, visit);
        self.right.visit(&self.grid, visit);
    }
}

struct Rechunk<T: Element> {
    input: ChunkedArray<T>,
}

impl<T: Element> Source<T> for Rechunk<T> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        self.input.produce(evaluation, region)
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, Reading::Across);
    }

    fn is_cheap(&self) -> bool {
        self.input.is_cheap()
    }

    fn is_view(&self) -> bool {
        true
    }

    fn passed_on(&self, region: &Region) -> Option<(ChunkedArray<T>, Region)> {
        Some((self.input.clone(), region.clone()))
    }

    fn recut(&self) -> Option<ChunkedArray<T>> {
        Some(self.input.clone())
    }
}
