//! `+ - * / %` between arrays and with scalars.

use super::ops::broadcast::{Input, common_grid, common_labels, mismatch, repeated};
use super::source::{Elements, Reading, Source, unshared};
use super::{ArrayMeta, ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Number, Region};
use crate::error::{Error, Result};
use half::{bf16, f16};
use ndarray::{ArrayViewMutD, Zip};
use num_complex::Complex;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::sync::Arc;

/// A number with `+ - * / %` and `-x`: every [`Number`] except `bool`. Integers wrap around on overflow, as in numpy.
/// Dividing an integer by zero is an error when the chunk is computed.
///
/// ```
/// use arraystow::{Arithmetic, ChunkedArray};
///
/// fn squared<T: Arithmetic>(array: &ChunkedArray<T>) -> ChunkedArray<T> {
///     array * array
/// }
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![1_i32, 2, 3], &[2])?;
/// assert_eq!(squared(&array).sum()?, 14);
/// # Ok::<(), arraystow::Error>(())
/// ```
pub trait Arithmetic: Number {
    #[doc(hidden)]
    fn plus(self, other: Self) -> Option<Self>;
    #[doc(hidden)]
    fn minus(self, other: Self) -> Option<Self>;
    #[doc(hidden)]
    fn times(self, other: Self) -> Option<Self>;
    #[doc(hidden)]
    fn over(self, other: Self) -> Option<Self>;
    #[doc(hidden)]
    fn modulo(self, other: Self) -> Option<Self>;
    #[doc(hidden)]
    fn negative(self) -> Self;
}

macro_rules! integers {
    ($($rust:ty)*) => {
        $(impl Arithmetic for $rust {
            #[inline]
            fn plus(self, other: Self) -> Option<Self> {
                Some(self.wrapping_add(other))
            }
            #[inline]
            fn minus(self, other: Self) -> Option<Self> {
                Some(self.wrapping_sub(other))
            }
            #[inline]
            fn times(self, other: Self) -> Option<Self> {
                Some(self.wrapping_mul(other))
            }
            #[inline]
            fn over(self, other: Self) -> Option<Self> {
                (other != 0).then(|| self.wrapping_div(other))
            }
            #[inline]
            fn modulo(self, other: Self) -> Option<Self> {
                (other != 0).then(|| self.wrapping_rem(other))
            }
            #[inline]
            fn negative(self) -> Self {
                self.wrapping_neg()
            }
        })*
    };
}

macro_rules! floats {
    ($($rust:ty)*) => {
        $(impl Arithmetic for $rust {
            #[inline]
            fn plus(self, other: Self) -> Option<Self> {
                Some(self + other)
            }
            #[inline]
            fn minus(self, other: Self) -> Option<Self> {
                Some(self - other)
            }
            #[inline]
            fn times(self, other: Self) -> Option<Self> {
                Some(self * other)
            }
            #[inline]
            fn over(self, other: Self) -> Option<Self> {
                Some(self / other)
            }
            #[inline]
            fn modulo(self, other: Self) -> Option<Self> {
                Some(self % other)
            }
            #[inline]
            fn negative(self) -> Self {
                -self
            }
        })*
    };
}

integers!(i8 i16 i32 i64 u8 u16 u32 u64);
floats!(f16 bf16 f32 f64 Complex<f32> Complex<f64>);

/// Combines two arrays element by element, with numpy's broadcasting. Operators cannot return an error, so the error
/// about shapes that differ is kept in the array: saving or computing it fails with that error.
fn combine<T, F>(left: &ChunkedArray<T>, right: &ChunkedArray<T>, sign: &'static str, operator: F) -> ChunkedArray<T>
where
    T: Arithmetic,
    F: Fn(T, T) -> Option<T> + Send + Sync + 'static,
{
    let Some(grid) = common_grid(&[left.grid(), right.grid()]) else {
        return ChunkedArray::failed(left.grid().clone(), mismatch(left.shape(), sign, right.shape()));
    };
    let labels = match common_labels((left.labels(), left.ndim()), (right.labels(), right.ndim())) {
        Ok(labels) => labels,
        Err(error) => return ChunkedArray::failed(grid, error),
    };
    let depth = left.depth().max(right.depth());
    let source = Combined { left: Input(left.clone()), right: Input(right.clone()), operator, grid: grid.clone() };
    ChunkedArray::operation(grid, depth, Arc::new(source)).chosen(ArrayMeta::of_labels(labels))
}

fn with_scalar<T, F>(array: &ChunkedArray<T>, function: F) -> ChunkedArray<T>
where
    T: Arithmetic,
    F: Fn(T) -> Option<T> + Send + Sync + 'static,
{
    let source = WithScalar { input: array.clone(), function };
    array.mapped(Arc::new(source))
}

/// Returns the value, or sets `failed` and returns 0.
#[inline]
fn note<T: Arithmetic>(value: Option<T>, failed: &mut bool) -> T {
    value.unwrap_or_else(|| {
        *failed = true;
        T::default()
    })
}

fn division_by_zero(region: &Region) -> Error {
    Error::invalid(format!(
        "integer division by zero in the chunk from {:?} of shape {:?}",
        region.start(),
        region.shape()
    ))
}

struct Combined<T: Element, F> {
    left: Input<T>,
    right: Input<T>,
    grid: ChunkGrid,
    /// A separate type for each operator: a call through a pointer would cost more than the arithmetic.
    operator: F,
}

impl<T: Arithmetic, F: Fn(T, T) -> Option<T> + Send + Sync> Source<T> for Combined<T, F> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let left = self.left.produce(evaluation, region)?;
        let right = self.right.produce(evaluation, region)?;
        let mut failed = false;
        // Into the memory of an operand that nothing else uses, so that a chain of operators takes no memory of its
        // own.
        let reused = if left.shape() == region.shape() { unshared(left) } else { Err(left) };
        let elements = match reused {
            Ok(mut own) => {
                let right = repeated(&right, region.shape())?;
                Zip::from(&mut own).and(right).for_each(|x, y| *x = note((self.operator)(*x, *y), &mut failed));
                own
            }
            Err(left) => {
                let left = repeated(&left, region.shape())?;
                let reused = if right.shape() == region.shape() { unshared(right) } else { Err(right) };
                match reused {
                    Ok(mut own) => {
                        Zip::from(&mut own).and(left).for_each(|y, x| *y = note((self.operator)(*x, *y), &mut failed));
                        own
                    }
                    Err(right) => {
                        let right = repeated(&right, region.shape())?;
                        Zip::from(left).and(right).map_collect(|x, y| note((self.operator)(*x, *y), &mut failed))
                    }
                }
            }
        };
        if failed { Err(division_by_zero(region)) } else { Ok(elements.into_shared()) }
    }

    fn read_into(&self, evaluation: &Evaluation, region: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        self.left.read_into(evaluation, region, out)?;
        let right = self.right.produce(evaluation, region)?;
        let mut failed = false;
        Zip::from(out)
            .and(repeated(&right, region.shape())?)
            .for_each(|x, y| *x = note((self.operator)(*x, *y), &mut failed));
        if failed { Err(division_by_zero(region)) } else { Ok(()) }
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        self.left.visit(&self.grid, visit);
        self.right.visit(&self.grid, visit);
    }
}

struct WithScalar<T: Element, F> {
    input: ChunkedArray<T>,
    function: F,
}

impl<T: Arithmetic, F: Fn(T) -> Option<T> + Send + Sync> Source<T> for WithScalar<T, F> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let mut failed = false;
        let elements = match unshared(self.input.produce(evaluation, region)?) {
            Ok(mut own) => {
                own.map_inplace(|x| *x = note((self.function)(*x), &mut failed));
                own
            }
            Err(shared) => shared.map(|x| note((self.function)(*x), &mut failed)),
        };
        if failed { Err(division_by_zero(region)) } else { Ok(elements.into_shared()) }
    }

    fn read_into(&self, evaluation: &Evaluation, region: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        self.input.read_into(evaluation, region, out)?;
        let mut failed = false;
        out.map_inplace(|x| *x = note((self.function)(*x), &mut failed));
        if failed { Err(division_by_zero(region)) } else { Ok(()) }
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, Reading::OncePerChunk);
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $function:ident $sign:literal;)*) => {
        $(
            impl<T: Arithmetic> $trait<&ChunkedArray<T>> for &ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, other: &ChunkedArray<T>) -> ChunkedArray<T> {
                    combine(self, other, $sign, T::$function)
                }
            }
            impl<T: Arithmetic> $trait<ChunkedArray<T>> for &ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, other: ChunkedArray<T>) -> ChunkedArray<T> {
                    combine(self, &other, $sign, T::$function)
                }
            }
            impl<T: Arithmetic> $trait<&ChunkedArray<T>> for ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, other: &ChunkedArray<T>) -> ChunkedArray<T> {
                    combine(&self, other, $sign, T::$function)
                }
            }
            impl<T: Arithmetic> $trait<ChunkedArray<T>> for ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, other: ChunkedArray<T>) -> ChunkedArray<T> {
                    combine(&self, &other, $sign, T::$function)
                }
            }
            impl<T: Arithmetic> $trait<T> for &ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, scalar: T) -> ChunkedArray<T> {
                    with_scalar(self, move |x| x.$function(scalar))
                }
            }
            impl<T: Arithmetic> $trait<T> for ChunkedArray<T> {
                type Output = ChunkedArray<T>;
                fn $method(self, scalar: T) -> ChunkedArray<T> {
                    with_scalar(&self, move |x| x.$function(scalar))
                }
            }
        )*
    };
}

operators! {
    Add add plus "+";
    Sub sub minus "-";
    Mul mul times "*";
    Div div over "/";
    Rem rem modulo "%";
}

macro_rules! scalar_first {
    ($($rust:ty)*) => { $(scalar_first!(@ $rust: Add add plus, Sub sub minus, Mul mul times, Div div over, Rem rem modulo);)* };
    (@ $rust:ty: $($trait:ident $method:ident $function:ident),*) => {
        $(
            impl $trait<&ChunkedArray<$rust>> for $rust {
                type Output = ChunkedArray<$rust>;
                fn $method(self, array: &ChunkedArray<$rust>) -> ChunkedArray<$rust> {
                    with_scalar(array, move |x| self.$function(x))
                }
            }
            impl $trait<ChunkedArray<$rust>> for $rust {
                type Output = ChunkedArray<$rust>;
                fn $method(self, array: ChunkedArray<$rust>) -> ChunkedArray<$rust> {
                    with_scalar(&array, move |x| self.$function(x))
                }
            }
        )*
    };
}

scalar_first!(i8 i16 i32 i64 u8 u16 u32 u64 f16 bf16 f32 f64 Complex<f32> Complex<f64>);

impl<T: Arithmetic> Neg for &ChunkedArray<T> {
    type Output = ChunkedArray<T>;
    fn neg(self) -> ChunkedArray<T> {
        with_scalar(self, |x| Some(x.negative()))
    }
}

impl<T: Arithmetic> Neg for ChunkedArray<T> {
    type Output = Self;
    fn neg(self) -> Self {
        -&self
    }
}
