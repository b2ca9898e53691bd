//! Lists: arrays with one axis.

use super::{BoxError, Element, FromPlainArray, PlainArray, PlainReader};
use ndarray::{Array1, ArrayView1, CowArray, IxDyn};
use std::collections::VecDeque;
use std::sync::Arc;

fn of_slice<T: Element>(elements: &[T]) -> CowArray<'_, T, IxDyn> {
    ArrayView1::from(elements).into_dyn().into()
}

impl<T: Element> PlainArray for [T] {
    type Element = T;

    fn elements(&self) -> CowArray<'_, T, IxDyn> {
        of_slice(self)
    }
}

impl<A: PlainArray + ?Sized> PlainArray for &A {
    type Element = A::Element;

    fn elements(&self) -> CowArray<'_, A::Element, IxDyn> {
        (**self).elements()
    }
}

macro_rules! lists {
    ($($rust:ty;)*) => {
        $(
            impl<T: Element> PlainArray for $rust {
                type Element = T;

                fn elements(&self) -> CowArray<'_, T, IxDyn> {
                    of_slice(self)
                }
            }

            impl<T: Element> FromPlainArray for $rust {
                const AXES: Option<usize> = Some(1);

                fn read(reader: PlainReader<'_, T>) -> Result<Self, BoxError> {
                    Ok(reader.into_vec()?.into())
                }
            }
        )*
    };
}

lists! {
    Vec<T>;
    Box<[T]>;
    Arc<[T]>;
}

impl<T: Element> PlainArray for VecDeque<T> {
    type Element = T;

    /// A view, unless the elements wrap around the end of the memory: these are copied.
    fn elements(&self) -> CowArray<'_, T, IxDyn> {
        match self.as_slices() {
            (elements, []) => of_slice(elements),
            (first, second) => Array1::from_vec([first, second].concat()).into_dyn().into(),
        }
    }
}

impl<T: Element> FromPlainArray for VecDeque<T> {
    const AXES: Option<usize> = Some(1);

    fn read(reader: PlainReader<'_, T>) -> Result<Self, BoxError> {
        Ok(reader.into_vec()?.into())
    }
}
