//! Provides stack for code that runs in the middle of a walk, however deep in a document the walk is.

/// Stack that the reading of one shared value may need: as deep as the formats allow, in a debug build.
const ONE_PIECE: usize = 2 << 20;

/// Whether one shared value can be read on what is left of the stack.
pub(in crate::plugin) fn is_enough_stack() -> bool {
    stacker::remaining_stack().is_some_and(|left| left >= ONE_PIECE)
}

/// Reads on a stack that is large enough for libhdf5, the codecs and a user's serializer.
pub(in crate::plugin) fn on_reading_stack<R>(read: impl FnOnce() -> R) -> R {
    const ENOUGH: usize = 1 << 20;
    const SEGMENT: usize = 8 << 20;
    stacker::maybe_grow(ENOUGH, SEGMENT, read)
}
