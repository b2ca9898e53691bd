//! Operations on chunked arrays, one family a file. Each makes its result with `ChunkedArray::operation`.

pub(super) mod broadcast;
mod chunks;
mod compare;
mod concatenate;
mod fallible;
mod logic;
mod operand;
mod permute;
mod reduced;
mod reducers;
mod reduction;
mod select;
mod take;

pub(crate) use reducers::{Count, Reducer, Spread, Truth};

pub use operand::Operand;
pub use reduction::Reduction;
