//! Operations on chunked arrays, one family in each file. Each makes its result with `ChunkedArray::operation`.

mod append;
pub(super) mod broadcast;
mod chunks;
mod compare;
mod concatenate;
mod cumulative;
mod fallible;
mod fills;
mod logic;
mod operand;
mod overlap;
mod pad;
mod permute;
mod reduced;
mod reducers;
mod reduction;
mod reshape;
mod select;
mod take;
mod update;

pub(crate) use reduced::state_of;
pub(crate) use reducers::{Count, Extreme, Mean, Pick, Position, Reducer, Skip, Spread, Sum, Truth};

pub use operand::Operand;
pub use pad::Padding;
pub use reduction::Reduction;
