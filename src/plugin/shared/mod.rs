//! Shared references: values that an object holds more than once, written once and one allocation again after loading.
//!
//! Around a serializer of the user's there is no body of ours; there the pieces are in a file beside the arrays (`beside`), and a
//! reference names it.
//!
//! The object's tree has only a [`Reference`](id::Reference) in the place of a shared value, plain nested data like a
//! persistent id. The values themselves follow the root in the document's body, each a *piece* of its own (`pieces`). A save
//! takes them from a queue and does not recurse (`save`); a load reads a piece when it is first asked for (`load`).

mod beside;
mod chain;
mod circle;
mod id;
mod load;
mod pieces;
mod save;
mod strong;
mod weak;

pub(super) use beside::{SharedFiles, read as read_shared};
pub(super) use id::{STRONG, WEAK};
pub(super) use load::SharedLoad;
pub(crate) use load::read_document;
pub(super) use pieces::Pieces;
pub(crate) use pieces::SharedParts;
pub(crate) use save::SharedPlan;
pub(super) use save::{SharedPlace, SharedSave, walk};
pub use strong::Shared;
pub use weak::WeakShared;
