//! Elements of every type, the same in Rust and in Python (`samples.py`).

use arraystow::Element;
use half::f16;
use ndarray::ArrayD;
use num_complex::Complex;

/// The element at a position, counted in C order.
pub(crate) trait Sample: Element {
    fn at(index: usize) -> Self;
}

macro_rules! samples {
    ($($T:ty: |$i:ident| $value:expr;)*) => { $(impl Sample for $T { fn at($i: usize) -> Self { $value } })* };
}

samples! {
    bool: |i| usize::is_multiple_of(i, 3);
    i8: |i| (i % 120) as i8; i16: |i| (i % 120) as i16; i32: |i| (i % 120) as i32; i64: |i| (i % 120) as i64;
    u8: |i| (i % 120) as u8; u16: |i| (i % 120) as u16; u32: |i| (i % 120) as u32; u64: |i| (i % 120) as u64;
    f16: |i| f16::from_f32((i % 120) as f32); f32: |i| (i % 120) as f32; f64: |i| (i % 120) as f64;
    Complex<f32>: |i| Complex::new(i as f32, (i % 5) as f32);
    Complex<f64>: |i| Complex::new(i as f64, (i % 5) as f64);
}

/// An array of such elements.
pub(crate) fn sample<T: Sample>(shape: &[usize]) -> ArrayD<T> {
    let mut index = 0;
    ArrayD::from_shape_simple_fn(shape, || {
        index += 1;
        T::at(index - 1)
    })
}

/// Runs an expression for every element type.
macro_rules! every_type {
    ($T:ident => $run:expr) => {
        every_type!(@ $T, $run, bool i8 i16 i32 i64 u8 u16 u32 u64 half::f16 f32 f64
            num_complex::Complex<f32> num_complex::Complex<f64>)
    };
    (@ $T:ident, $run:expr, $($rust:ty)*) => { $({ type $T = $rust; $run })* };
}
pub(crate) use every_type;
