//! Types that contain nothing that a walk looks for: their values need no path, and no rule except the one for NaN.
//!
//! serde has one way for all types. Checking the type lets the compiler leave out everything that a number or a string
//! does not need.

use crate::plugin::format::rules::Rules;
use std::any::TypeId;
use std::marker::PhantomData;

macro_rules! is_one_of {
    ($id:expr; $($type:ty)*) => {
        $($id == TypeId::of::<$type>())||*
    };
}

/// Whether values of `T` go to the inner serializer as they are: bools, numbers, strings, and references to these.
#[inline(always)]
pub(in crate::plugin) fn is_scalar<T: ?Sized>(rules: Rules) -> bool {
    let id = typeid::of::<T>();
    let is_plain = is_one_of!(id; bool u8 u16 u32 u64 i8 i16 i32 i64 str String);
    let is_reference = is_one_of!(id; &bool &u8 &u16 &u32 &u64 &i8 &i16 &i32 &i64 &str &String);
    is_plain || is_reference || (is_one_of!(id; f32 f64 &f32 &f64) && rules.quirks().has_nan)
}

/// Whether a seed reads a bool, a number or a string.
#[inline(always)]
pub(in crate::plugin) fn is_scalar_seed<T>() -> bool {
    let id = typeid::of::<T>();
    let is_integer = is_one_of!(id; PhantomData<u8> PhantomData<u16> PhantomData<u32> PhantomData<u64>
        PhantomData<i8> PhantomData<i16> PhantomData<i32> PhantomData<i64>);
    is_integer || is_one_of!(id; PhantomData<bool> PhantomData<f32> PhantomData<f64> PhantomData<String>)
}
