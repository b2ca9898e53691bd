//! Matrices and vectors of the crate nalgebra, which are in memory column by column.

use super::{BoxError, Element, FromPlainArray, PlainArray, PlainReader};
use crate::array::memory::check_memory;
use crate::error::Error;
use nalgebra::base::dimension::{Const, Dim, Dyn};
use nalgebra::base::storage::IsContiguous;
use nalgebra::{ArrayStorage, Matrix, RawStorage, VecStorage};
use ndarray::{ArrayView2, ArrayViewMut2, CowArray, IxDyn, ShapeBuilder};

impl<T, R, C, S> PlainArray for Matrix<T, R, C, S>
where
    T: Element,
    R: Dim,
    C: Dim,
    S: RawStorage<T, R, C> + IsContiguous,
{
    type Element = T;

    fn elements(&self) -> CowArray<'_, T, IxDyn> {
        let shape = self.shape();
        match ArrayView2::from_shape(shape.f(), self.as_slice()) {
            Ok(view) => view.into_dyn().into(),
            // Memory with gaps, which such a matrix does not have.
            Err(_) => ndarray::Array2::from_shape_fn(shape, |at| self[at].clone()).into_dyn().into(),
        }
    }
}

/// The length of each axis, if they are those that the type has.
fn shape<T: Element, R: Dim, C: Dim>(reader: &PlainReader<'_, T>) -> Result<(R, C), BoxError> {
    let &[rows, columns] = reader.shape() else { return Err("a matrix has two axes".into()) };
    let fits = |wanted: Option<usize>, found: usize| wanted.is_none_or(|wanted| wanted == found);
    if fits(R::try_to_usize(), rows) && fits(C::try_to_usize(), columns) {
        return Ok((R::from_usize(rows), C::from_usize(columns)));
    }
    let shown = |wanted: Option<usize>| wanted.map_or_else(|| "any number of".to_owned(), |wanted| wanted.to_string());
    let (r, c) = (shown(R::try_to_usize()), shown(C::try_to_usize()));
    Err(format!("the array was saved with shape [{rows}, {columns}], and the type asks for {r} rows and {c} columns")
        .into())
}

fn read<T: Element>(reader: PlainReader<'_, T>) -> Result<Vec<T>, BoxError> {
    let &[rows, columns] = reader.shape() else { return Err("a matrix has two axes".into()) };
    let memory = T::memory(check_memory::<T>(reader.shape())?);
    let mut memory = memory.ok_or_else(|| Error::limit("there is no memory for a matrix"))?;
    reader.fill(ArrayViewMut2::from_shape((rows, columns).f(), &mut memory)?.into_dyn())?;
    Ok(memory)
}

macro_rules! in_vectors {
    ($([$($generics:tt)*] $rows:ty, $columns:ty;)*) => {
        $(impl<T: Element, $($generics)*> FromPlainArray for Matrix<T, $rows, $columns, VecStorage<T, $rows, $columns>> {
            const AXES: Option<usize> = Some(2);

            fn read(reader: PlainReader<'_, T>) -> Result<Self, BoxError> {
                let (rows, columns) = shape::<T, $rows, $columns>(&reader)?;
                Ok(Self::from_data(VecStorage::new(rows, columns, read(reader)?)))
            }
        })*
    };
}

in_vectors! {
    [] Dyn, Dyn;
    [const R: usize] Const<R>, Dyn;
    [const C: usize] Dyn, Const<C>;
}

impl<T: Element, const R: usize, const C: usize> FromPlainArray
    for Matrix<T, Const<R>, Const<C>, ArrayStorage<T, R, C>>
{
    const AXES: Option<usize> = Some(2);

    fn read(reader: PlainReader<'_, T>) -> Result<Self, BoxError> {
        shape::<T, Const<R>, Const<C>>(&reader)?;
        let mut columns = std::array::from_fn::<_, C, _>(|_| std::array::from_fn::<_, R, _>(|_| T::default()));
        let memory = ArrayViewMut2::from_shape((R, C).f(), columns.as_flattened_mut())?;
        reader.fill(memory.into_dyn())?;
        Ok(Self::from_data(ArrayStorage(columns)))
    }
}
