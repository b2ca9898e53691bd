//! The reserved names in documents, and those with a special meaning in a walk.

/// The keys of the two forms in which an ndarray is in a document. No key, field or variant of a user type may be one.
pub(in crate::plugin) const STORED: &str = "$arraystow::stored";
pub(in crate::plugin) const INLINE: &str = "$arraystow::inline";
/// How an ndarray presents itself to serde.
pub(in crate::plugin) const ARRAY: &str = "Array";
pub(in crate::plugin) const ARRAY_FIELDS: &[&str] = &["v", "dim", "data"];
/// The name of the serializer of arrays, as in FunctionFuse.
pub(in crate::plugin) const ARRAYS: &str = "HDFSerializer";
/// The tuple struct as which a persistent id presents itself to serializers; only a pickle looks at the name.
pub(in crate::plugin) const ID: &str = "ArraystowPersistentId";
/// What the version of the id of a plain array ends with in a pickle.
pub(in crate::plugin) const PLAIN: &str = "+plain";
/// The newtype by which a chunked array, an external object, or a shared value asks our
/// Serializer for its place in the object. It never reaches a format.
pub(in crate::plugin) const CHUNKED: &str = "$arraystow::chunked";
/// The beginning of the newtypes by which options of fields go through serde's buffers. They never reach a format.
pub(in crate::plugin) const STOW: &str = "$arraystow::stow";
/// The serializer of shared values, in the references to them.
pub(in crate::plugin) const SHARED: &str = "SharedSerializer";
/// The same in weak references: a name of its own, so that an untagged enum of both kinds finds the right one.
pub(in crate::plugin) const WEAK_SHARED: &str = "WeakSharedSerializer";
/// The layout version of shared values.
pub(in crate::plugin) const SHARED_VERSION: &str = "1.0.0";
