//! Shared references: values that occur more than once in a saved value are saved once, and are one allocation again
//! after loading.
//!
//! In the place of a shared value, the document has only a reference, which is plain nested data like a persistent id.
//! The values follow the root in the document's body, each a piece of its own. Around a serializer that the user
//! brings, the pieces are in a file beside the arrays instead, and the references name it.

mod deep_drop;
mod strong;
mod weak;

pub use strong::Shared;
pub use weak::WeakShared;
