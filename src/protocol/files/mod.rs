//! Files of any kind beside the arrays, through whichever protocol there is: what the objects of a
//! [`PersistentSerializer`](crate::PersistentSerializer) are kept in.
//!
//! They are written from beginning to end and read at any place. A checksum for every MiB stands in the manifest, so
//! whatever is read is what was written.

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

/// Bytes with one checksum.
pub(crate) const BLOCK: usize = 1 << 20;

/// What was written to a file, or must be found in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileSummary {
    pub(crate) bytes: u64,
    /// The CRC-32C of each block, the last one as long as it is.
    pub(crate) checksums: Vec<u32>,
}
