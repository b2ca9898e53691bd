//! Elements that are borrowed while they are written, without a copy.

use super::gather::hand_over;
use super::{DataType, Element, ErasedArray, Evaluation, Fork, Labels, Region};
use crate::error::Result;
use ndarray::ArrayViewD;

/// An array in memory that is lent.
pub(crate) trait BorrowedElements: Sync {
    fn data_type(&self) -> DataType;
    /// Elements for each axis.
    fn lengths(&self) -> &[usize];
    /// The labels that the elements have by themselves: the fill value, if elements can be missing.
    fn labels(&self) -> Labels;
    /// Hands the elements of a region to `sink`, in C order.
    fn region_bytes(&self, region: &Region, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;
}

impl<T: Element> BorrowedElements for ArrayViewD<'_, T> {
    fn data_type(&self) -> DataType {
        T::DATA_TYPE
    }

    fn lengths(&self) -> &[usize] {
        self.shape()
    }

    fn labels(&self) -> Labels {
        Labels::NONE.with_fill(T::default_fill())
    }

    fn region_bytes(&self, region: &Region, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        hand_over(self.slice(region.to_slice_info().as_slice()), &self.labels(), region, sink)
    }
}

/// Whether an array has the same type, shape and elements, bit by bit. What cannot be read is not the same.
pub(crate) fn is_same(lent: &dyn BorrowedElements, other: &dyn ErasedArray) -> bool {
    if lent.lengths() != other.grid().shape() || lent.data_type() != other.data_type() {
        return false;
    }
    let one_by_one: Fork = |_, _, count, work| (0..count).try_for_each(work);
    let evaluation = Evaluation::of([other], one_by_one);
    (0..other.grid().chunk_count()).all(|number| {
        let mut is_same = false;
        let compared = other.grid().chunk_region(number).and_then(|region| {
            other.region_bytes(&evaluation, &region, &mut |own| {
                lent.region_bytes(&region, &mut |bytes| {
                    is_same = bytes == own;
                    Ok(())
                })
            })
        });
        compared.is_ok() && is_same
    })
}
