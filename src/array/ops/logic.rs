//! `& | ^ !` on arrays of `bool` and of integers.

use crate::array::{ChunkedArray, Element};
use std::ops::{BitAnd, BitOr, BitXor, Not};

macro_rules! operators {
    ($($trait:ident $method:ident $sign:literal;)*) => {
        $(
            impl<T: Element + $trait<Output = T>> $trait<&ChunkedArray<T>> for &ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, other: &ChunkedArray<T>) -> ChunkedArray<T> {
                    self.zipped(other, $sign, T::$method)
                        .unwrap_or_else(|error| ChunkedArray::failed(self.grid().clone(), error))
                }
            }
            impl<T: Element + $trait<Output = T>> $trait<ChunkedArray<T>> for &ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, other: ChunkedArray<T>) -> ChunkedArray<T> {
                    self.$method(&other)
                }
            }
            impl<T: Element + $trait<Output = T>> $trait<&ChunkedArray<T>> for ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, other: &ChunkedArray<T>) -> ChunkedArray<T> {
                    (&self).$method(other)
                }
            }
            impl<T: Element + $trait<Output = T>> $trait<ChunkedArray<T>> for ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, other: ChunkedArray<T>) -> ChunkedArray<T> {
                    (&self).$method(&other)
                }
            }
        )*
    };
}

operators! {
    BitAnd bitand "&";
    BitOr bitor "|";
    BitXor bitxor "^";
}

impl<T: Element + Not<Output = T>> Not for &ChunkedArray<T> {
    type Output = ChunkedArray<T>;
    fn not(self) -> ChunkedArray<T> {
        self.map(T::not)
    }
}

impl<T: Element + Not<Output = T>> Not for ChunkedArray<T> {
    type Output = Self;
    fn not(self) -> Self {
        !&self
    }
}
