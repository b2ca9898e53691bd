//! A rectangular part of an array.

use ndarray::{Slice, SliceInfoElem};

/// A rectangular part of an array: where it starts and how far it reaches, in elements, per axis.
///
/// ```
/// # use arraystow::ChunkedArray;
/// let rows = ChunkedArray::from_fn(&[4, 6], &[2, 3], |region| {
///     ndarray::ArrayD::from_elem(region.shape(), region.start()[0] as i64)
/// })?;
/// assert_eq!(rows.compute()?[[3, 0]], 2);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    start: Vec<usize>,
    shape: Vec<usize>,
}

impl Region {
    pub(crate) fn new(start: Vec<usize>, shape: Vec<usize>) -> Self {
        debug_assert_eq!(start.len(), shape.len());
        Self { start, shape }
    }

    /// The first element per axis.
    #[must_use]
    pub fn start(&self) -> &[usize] {
        &self.start
    }

    /// The number of elements per axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// One past the last element per axis.
    pub fn end(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.start.iter().zip(&self.shape).map(|(start, len)| start + len)
    }

    /// The number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// What both have in common; empty where they do not meet.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let mut start = Vec::with_capacity(self.ndim());
        let mut shape = Vec::with_capacity(self.ndim());
        for ((low, a), (b, c)) in self.start.iter().zip(self.end()).zip(other.start.iter().zip(other.end())) {
            let first = *low.max(b);
            start.push(first);
            shape.push(a.min(c).saturating_sub(first));
        }
        Self::new(start, shape)
    }

    /// The same elements, counted from so much further back.
    pub(crate) fn moved_by(mut self, offset: &[usize]) -> Self {
        for (start, offset) in self.start.iter_mut().zip(offset) {
            *start += offset;
        }
        self
    }

    /// The same region, counted from the start of `origin`, which contains it.
    pub(crate) fn relative_to(&self, origin: &Self) -> Self {
        let start = self.start.iter().zip(&origin.start).map(|(a, b)| a - b).collect();
        Self::new(start, self.shape.clone())
    }

    /// The region as ndarray's slicing argument.
    pub(crate) fn to_slice(&self) -> Vec<SliceInfoElem> {
        self.start.iter().zip(&self.shape).map(|(start, len)| Slice::from(*start..start + len).into()).collect()
    }
}
