//! Matrices of the crate faer, which are in memory column by column, with gaps between columns.

use super::{BoxError, Element, FromPlainArray, PlainArray, PlainReader};
use crate::array::memory::check_memory;
use faer::Mat;
use faer_ext::IntoNdarray;
use ndarray::{CowArray, IxDyn};

impl<T: Element> PlainArray for Mat<T> {
    type Element = T;

    fn elements(&self) -> CowArray<'_, T, IxDyn> {
        self.as_ref().into_ndarray().into_dyn().into()
    }
}

impl<T: Element> FromPlainArray for Mat<T> {
    const AXES: Option<usize> = Some(2);

    fn read(reader: PlainReader<'_, T>) -> Result<Self, BoxError> {
        let &[rows, columns] = reader.shape() else { return Err("a matrix has two axes".into()) };
        check_memory::<T>(reader.shape())?;
        let mut matrix = Self::from_fn(rows, columns, |_, _| T::default());
        reader.fill(matrix.as_mut().into_ndarray().into_dyn())?;
        Ok(matrix)
    }
}
