//! Shared references: values that an object holds more than once, saved once, and one allocation again after loading.
//!
//! In the place of a shared value the object's tree has only a reference, plain nested data like a persistent id. The
//! values follow the root in the document's body, each a piece of its own. Around a serializer that the user brings,
//! the pieces lie in a file beside the arrays instead, and the references name it.

mod deep_drop;
mod strong;
mod weak;

pub use strong::Shared;
pub use weak::WeakShared;
