//! ENGINE: runs arrays in parallel and in bounded memory.
//!
//! `write` writes the chunks of arrays, `stored` reads them, `compute` reads arrays into memory, and `reduce` reduces
//! them to a number. All of them run on one loop (`workers`), which does not depend on serde or documents. The async
//! forms run on a `pool`.

mod any;
mod async_forms;
mod beside;
mod carry;
mod changed;
mod compute;
mod confirm;
mod handles;
mod histogram;
mod link;
mod offload;
mod origin;
mod pages;
mod pool;
mod quantile;
mod reduce;
mod remove;
mod saved;
mod skip_nan;
mod stored;
mod summary;
mod verify;
mod workers;
mod write;
mod write_borrowed;

pub(crate) use beside::{Beside, Free};
pub(crate) use carry::kept;
pub use compute::Chunks;
pub(crate) use handles::ArrayHandle;
pub use offload::unblock;
pub(crate) use origin::Edition;
pub(crate) use origin::Origin;
pub(crate) use pool::{in_background, on_executor};
pub(crate) use remove::remove_arrays;
pub(crate) use saved::Saved;
pub use skip_nan::SkipNan;
pub(crate) use stored::{Expected, StoredArray};
pub(crate) use verify::{check_all, check_length};
pub(crate) use workers::{Job, run};
pub(crate) use write::{WriteJob, WrittenArrays, write_arrays};
pub(crate) use write_borrowed::write_borrowed;
