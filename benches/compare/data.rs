//! The data that all sides save.

use ndarray::Array2;

pub(crate) const SIDE: usize = 8192;
pub(crate) const CHUNK: usize = 512;
pub(crate) const CHUNKS: usize = SIDE / CHUNK;

/// Numbers that no codec makes smaller by much.
pub(crate) fn random() -> Array2<f32> {
    let mut state = 1_u64;
    Array2::from_shape_simple_fn((SIDE, SIDE), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32
    })
}

/// The same function as in `peers.py`.
pub(crate) fn smooth() -> Array2<f32> {
    Array2::from_shape_fn((SIDE, SIDE), |(row, column)| {
        let (y, x) = (row as f32 / SIDE as f32, column as f32 / SIDE as f32);
        (7.0 * x).sin() * (5.0 * y).cos() + 0.3 * (31.0 * x * y).sin()
    })
}

/// The chunks that are read out of order: the same as in `peers.py`.
pub(crate) fn scattered() -> impl Iterator<Item = (usize, usize)> {
    (0..100).map(|n| (n * 37 + 11) % (CHUNKS * CHUNKS)).map(|n| (n / CHUNKS, n % CHUNKS))
}

/// A tensor of the training state, of 6 MB.
pub(crate) fn tensor(number: usize) -> Array2<f32> {
    Array2::from_shape_fn((1500, 1000), |(i, j)| (number * 7 + i * 1000 + j) as f32)
}
