//! The labels of an array that takes elements of others: one fill value marks the missing elements of all, and all have
//! one unit.

use crate::array::{ChunkedArray, Element};
use crate::error::{Error, Result};

impl<T: Element> ChunkedArray<T> {
    /// Fails for an array whose elements cannot become some of this one's: its axes or units are others, or a missing
    /// element of it would be none here.
    pub(super) fn check_labels_of(&self, other: &Self) -> Result<()> {
        self.labels().common_dims(other.labels())?;
        if let (Some(own), Some(others)) = (self.attr("units"), other.attr("units"))
            && own != others
        {
            return Err(Error::invalid(format!(
                "elements in {others} cannot be put into an array in {own}: convert them with map(), or set their \
                 attribute `units` with with_attr()"
            )));
        }
        let Some(another) = other.labels().fill().filter(|another| self.labels().fill() != Some(another)) else {
            return Ok(());
        };
        // Elements that can be missing are not in the array as the fill value.
        if T::default_fill().is_some() {
            return Ok(());
        }
        Err(match self.fill() {
            Some(_) => differing_fills(self, other),
            None => Error::invalid(format!(
                "an array without a fill value cannot take elements of one with the fill value {:?}: give it the same with \
                 with_fill(), or replace the missing elements with map()",
                T::get(&T::DATA_TYPE, another).ok()
            )),
        })
    }
}

/// The fill value of the arrays that have one.
pub(super) fn common_fill<T: Element>(arrays: &[ChunkedArray<T>]) -> Result<Option<Vec<u8>>> {
    let mut filled = arrays.iter().filter(|array| array.labels().fill().is_some());
    let Some(first) = filled.next() else { return Ok(None) };
    // Elements that can be missing are not in the arrays as the fill value.
    match filled.find(|array| array.labels().fill() != first.labels().fill()) {
        Some(other) if T::default_fill().is_none() => Err(differing_fills(first, other)),
        _ => Ok(first.labels().fill().map(<[u8]>::to_vec)),
    }
}

/// The error for arrays that cannot be one.
fn differing_fills<T: Element>(one: &ChunkedArray<T>, other: &ChunkedArray<T>) -> Error {
    Error::invalid(format!(
        "the fill values {:?} and {:?} differ, and an array has only one: replace the missing elements of one array with \
         map(), and give it the same fill value with with_fill()",
        one.fill(),
        other.fill()
    ))
}
