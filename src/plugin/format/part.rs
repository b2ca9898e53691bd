//! The parts of a body: the value itself, and the shared values that follow it.

/// Where a shared value was met first.
pub(in crate::plugin) type MetAt<'a> = (usize, &'a str);

/// What a part of a body begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::plugin) enum Begin {
    Value,
    /// Where the value was met, before the value.
    Met,
}

/// The message of the error about a part that has more than one value.
pub(in crate::plugin) const TRAILING: &str =
    "there is data after the value in the document's body: the type asked for is not the one that was saved";
