//! The files of external objects, which are stored next to the arrays through either protocol. A
//! [`PersistentSerializer`](crate::PersistentSerializer) writes and reads them.
//!
//! A file is written from beginning to end, and read at any position. The manifest has a checksum for every MiB, which
//! every read verifies.

mod ledger;
mod place;
mod reader;
#[cfg(feature = "object-store")]
mod upload;
mod writer;

pub(crate) use ledger::{Ledger, is_file_of};
pub(crate) use place::Files;
pub use reader::FileReader;
pub use writer::FileWriter;

/// The bytes that one checksum covers.
pub(crate) const BLOCK: usize = 1 << 20;

/// The length and the checksums of a file, as written or as expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileSummary {
    pub(crate) bytes: u64,
    /// The CRC-32C of each block. The last block may be shorter.
    pub(crate) checksums: Vec<u32>,
}
