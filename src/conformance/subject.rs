//! The interface that the suite needs to the place under test.

use crate::Protocols;

/// A storage location to test. It is empty at first.
pub trait Subject: Sync {
    /// Protocols that store at this place.
    fn protocols(&self) -> Protocols;
    /// The names of everything that is stored: file names or keys.
    fn names(&self) -> Vec<String>;
    /// The bytes stored under a name.
    fn read(&self, name: &str) -> Vec<u8>;
    /// Stores bytes under a name and replaces what was there.
    fn write(&self, name: &str, bytes: &[u8]);
    /// Removes what is stored under a name.
    fn remove(&self, name: &str);
}
