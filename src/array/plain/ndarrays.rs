//! Arrays of the crate ndarray.

use super::{BoxError, Element, FromPlainArray, PlainArray, PlainReader};
use ndarray::{ArcArray, Array, ArrayBase, ArrayD, CowArray, Data, Dimension, IxDyn};

impl<T: Element, S: Data<Elem = T>, D: Dimension> PlainArray for ArrayBase<S, D> {
    type Element = T;

    fn elements(&self) -> CowArray<'_, T, IxDyn> {
        self.view().into_dyn().into()
    }
}

fn in_axes<T: Element, D: Dimension>(array: ArrayD<T>) -> Result<Array<T, D>, BoxError> {
    Ok(array.into_dimensionality::<D>()?)
}

impl<T: Element, D: Dimension> FromPlainArray for Array<T, D> {
    const AXES: Option<usize> = D::NDIM;

    fn read(reader: PlainReader<'_, T>) -> Result<Self, BoxError> {
        in_axes(reader.into_array()?)
    }
}

impl<T: Element, D: Dimension> FromPlainArray for ArcArray<T, D> {
    const AXES: Option<usize> = D::NDIM;

    fn read(reader: PlainReader<'_, T>) -> Result<Self, BoxError> {
        Ok(in_axes(reader.into_array()?)?.into_shared())
    }
}

impl<T: Element, D: Dimension> FromPlainArray for CowArray<'_, T, D> {
    const AXES: Option<usize> = D::NDIM;

    fn read(reader: PlainReader<'_, T>) -> Result<Self, BoxError> {
        Ok(in_axes(reader.into_array()?)?.into())
    }
}
