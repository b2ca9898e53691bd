//! The keys of an array's chunks, below its own key.

/// How the coordinates of a chunk become a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    /// A `c` before the coordinates, as version 3 has it by default.
    pub(super) with_prefix: bool,
    pub(super) separator: &'static str,
}

impl Keys {
    /// The key of the chunk at these coordinates.
    pub(super) fn key(self, coordinates: &[usize]) -> String {
        let mut key = String::new();
        if self.with_prefix {
            key.push('c');
        } else if coordinates.is_empty() {
            key.push('0');
        }
        for at in coordinates {
            if !key.is_empty() {
                key.push_str(self.separator);
            }
            key.push_str(&at.to_string());
        }
        key
    }
}
