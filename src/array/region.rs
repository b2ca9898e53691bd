//! A rectangular part of an array.

use crate::error::{Error, Result};
use ndarray::{Slice, SliceInfoElem};
use serde::{Deserialize, Serialize};

/// A rectangular part of an array: the position of its first element, and its shape.
///
/// A chunk function gets the region of the chunk to compute. A region can also slice a chunked array or an ndarray:
///
/// ```
/// use arraystow::{ChunkedArray, Region};
///
/// let rows = ChunkedArray::from_fn(&[4, 6], &[2, 3], |region| {
///     ndarray::ArrayD::from_elem(region.shape(), region.start()[0] as i64)
/// })?;
/// let corner = Region::new([2, 4], [2, 2])?;
/// assert_eq!(rows.slice(corner.to_slice_info())?.sum()?, 8);
/// assert_eq!(rows.compute()?.slice(corner.to_slice_info().as_slice()).sum(), 8);
/// # Ok::<(), arraystow::Error>(())
/// ```
///
/// ```
/// # use arraystow::Region;
/// let region = Region::new([2, 4], [2, 2])?;
/// assert_eq!((region.start(), region.shape()), (&[2, 4][..], &[2, 2][..]));
/// assert_eq!(region.end().collect::<Vec<_>>(), [4, 6]);
/// assert_eq!((region.ndim(), region.len(), region.is_empty()), (2, 4, false));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SerializedRegion")]
pub struct Region {
    start: Vec<usize>,
    shape: Vec<usize>,
}

/// The serialized form of a region, before it is checked.
#[derive(Deserialize)]
struct SerializedRegion {
    start: Vec<usize>,
    shape: Vec<usize>,
}

impl TryFrom<SerializedRegion> for Region {
    type Error = Error;

    fn try_from(form: SerializedRegion) -> Result<Self> {
        Self::new(form.start, form.shape)
    }
}

impl Region {
    /// Returns the region of this shape that starts at this element.
    ///
    /// ```
    /// # use arraystow::Region;
    /// let region = Region::new([0, 128], [64, 32])?;
    /// assert_eq!(region.end().collect::<Vec<_>>(), [64, 160]);
    /// assert!(Region::new([0, 128], [64]).is_err());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the two have different numbers of axes, or the region ends beyond `isize::MAX`.
    pub fn new(start: impl Into<Vec<usize>>, shape: impl Into<Vec<usize>>) -> Result<Self> {
        let (start, shape) = (start.into(), shape.into());
        if start.len() != shape.len() {
            let (axes, others) = (start.len(), shape.len());
            return Err(Error::invalid(format!(
                "the start {start:?} of a region has {axes} axes, its shape {shape:?} has {others}"
            )));
        }
        let ends =
            |(start, len): (&usize, &usize)| start.checked_add(*len).is_some_and(|end| isize::try_from(end).is_ok());
        if !start.iter().zip(&shape).all(ends) {
            return Err(Error::invalid(format!("a region at {start:?} of shape {shape:?} ends beyond isize::MAX")));
        }
        Ok(Self::of(start, shape))
    }

    /// Returns a region without the checks of [`new`](Self::new), for a part of an array.
    pub(crate) fn of(start: Vec<usize>, shape: Vec<usize>) -> Self {
        debug_assert_eq!(start.len(), shape.len());
        Self { start, shape }
    }

    /// Returns the position of the first element along each axis.
    #[must_use]
    pub fn start(&self) -> &[usize] {
        &self.start
    }

    /// Returns the number of elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The place in the array of one of the region's elements, by its number in C order.
    pub(crate) fn coordinates(&self, mut number: usize) -> Vec<usize> {
        let mut place = self.start.clone();
        for (at, len) in place.iter_mut().zip(&self.shape).rev() {
            *at += number % (*len).max(1);
            number /= (*len).max(1);
        }
        place
    }

    /// Returns the position after the last element along each axis.
    pub fn end(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.start.iter().zip(&self.shape).map(|(start, len)| start + len)
    }

    /// Returns the number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Returns the number of elements; `usize::MAX` if there are more.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.is_empty() { 0 } else { self.shape.iter().fold(1, |len, axis| len.saturating_mul(*axis)) }
    }

    /// Returns whether the region has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The region of the elements that both contain; empty if there are none.
    /// The same region with one more axis, the last, of which it has everything.
    pub(crate) fn with_last_axis(&self, len: usize) -> Self {
        let with = |lengths: &[usize], last| lengths.iter().copied().chain([last]).collect();
        Self::of(with(self.start(), 0), with(self.shape(), len))
    }

    /// The same region without its last axis.
    pub(super) fn without_last_axis(&self) -> Self {
        let without = |lengths: &[usize]| lengths.split_last().map_or_else(Vec::new, |(_, before)| before.to_vec());
        Self::of(without(self.start()), without(self.shape()))
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let mut start = Vec::with_capacity(self.ndim());
        let mut shape = Vec::with_capacity(self.ndim());
        for ((low, a), (b, c)) in self.start.iter().zip(self.end()).zip(other.start.iter().zip(other.end())) {
            let first = *low.max(b);
            start.push(first);
            shape.push(a.min(c).saturating_sub(first));
        }
        Self::of(start, shape)
    }

    /// The region moved by this offset.
    pub(crate) fn moved_by(mut self, offset: &[usize]) -> Self {
        for (start, offset) in self.start.iter_mut().zip(offset) {
            *start += offset;
        }
        self
    }

    /// The region relative to the start of `origin`, which contains it.
    pub(crate) fn relative_to(&self, origin: &Self) -> Self {
        let start = self.start.iter().zip(&origin.start).map(|(a, b)| a - b).collect();
        Self::of(start, self.shape.clone())
    }

    /// Returns the region as a slicing argument, for [`ChunkedArray::slice`](crate::ChunkedArray::slice()) and for
    /// ndarray's `slice`.
    #[must_use]
    pub fn to_slice_info(&self) -> Vec<SliceInfoElem> {
        self.start.iter().zip(&self.shape).map(|(start, len)| Slice::from(*start..start + len).into()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(start: &[usize], shape: &[usize]) -> Region {
        Region::of(start.to_vec(), shape.to_vec())
    }

    #[test]
    fn an_intersection_has_the_elements_of_both() {
        let a = region(&[0, 10], &[5, 5]);
        assert_eq!(a.intersection(&region(&[3, 8], &[9, 4])), region(&[3, 10], &[2, 2]));
        assert_eq!(a.intersection(&a), a);
        // They touch on one axis, or are apart.
        assert!(a.intersection(&region(&[5, 10], &[1, 5])).is_empty());
        assert!(a.intersection(&region(&[0, 30], &[5, 5])).is_empty());
        assert!(region(&[], &[]).intersection(&region(&[], &[])).len() == 1);
        for (low, len, other_low, other_len) in (0..6usize)
            .flat_map(|a| (0..4).flat_map(move |b| (0..6).flat_map(move |c| (0..4).map(move |d| (a, b, c, d)))))
        {
            let both = region(&[low], &[len]).intersection(&region(&[other_low], &[other_len]));
            let expected = (low..low + len).filter(|at| (other_low..other_low + other_len).contains(at)).count();
            assert_eq!(both.len(), expected, "{low} {len} {other_low} {other_len}");
        }
    }

    #[test]
    fn a_region_moves_there_and_back() {
        let (inner, outer) = (region(&[7, 9], &[2, 1]), region(&[5, 9], &[6, 6]));
        let relative = inner.relative_to(&outer);
        assert_eq!(relative, region(&[2, 0], &[2, 1]));
        assert_eq!(relative.moved_by(outer.start()), inner);
    }

    #[test]
    fn regions_that_cannot_be_are_refused() {
        assert!(Region::new([1, 2], [3]).is_err());
        assert!(Region::new([usize::MAX], [1]).is_err());
        assert!(Region::new([1], [isize::MAX as usize]).is_err());
        assert!(Region::new([0], [isize::MAX as usize]).is_ok());
        assert!(serde_json::from_str::<Region>(r#"{"start":[1],"shape":[2,3]}"#).is_err());
        let json = r#"{"start":[1,2],"shape":[3,4]}"#;
        let region = serde_json::from_str::<Region>(json).ok();
        assert_eq!(region.as_ref().and_then(|region| serde_json::to_string(region).ok()).as_deref(), Some(json));
        assert_eq!(region, Region::new([1, 2], [3, 4]).ok());
    }
}
