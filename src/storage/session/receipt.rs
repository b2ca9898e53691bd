//! What a writer returns: the checksums of the chunks that it has written.

use super::rows::{Attempt, ChunkRows, Rows, Written};
use crate::backend::Sums;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

const VERSION: u32 = 1;

/// A record that chunks of a pending array are written: their numbers, lengths and checksums.
///
/// [`Slot::write`](crate::Slot::write) returns one when its chunks are durable. Receipts are plain data for serde. They
/// can be merged in any order and any number of times, for example by a tree of workers: merging is associative,
/// commutative and idempotent. A commit takes one or many.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::{ChunkedArray, Receipt, Slot};
///
/// let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100, 80], &[50, 50])?)?;
/// let slot: Slot<f32> = storage.slot(&session.ticket("")?)?;
/// let mut receipts = Vec::new();
/// for region in slot.regions(2) {
///     receipts.push(slot.write(&region, ndarray::ArrayD::<f32>::zeros(region.shape()).view())?);
/// }
///
/// let text = serde_json::to_string(&receipts[0])?; // from a worker, by any way
/// let mut receipt: Receipt = serde_json::from_str(&text)?;
/// assert_eq!((receipt.session(), receipt.chunk_count()), (session.id(), 2));
/// receipt.merge(receipts[1].clone())?;
/// receipt.merge(receipts[1].clone())?; // once more changes nothing
/// assert_eq!(receipt.chunk_count(), 4);
/// session.commit([receipt])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ReceiptForm", into = "ReceiptForm")]
pub struct Receipt {
    session: String,
    chunks: ChunkRows,
}

/// A receipt as plain data.
#[derive(Serialize, Deserialize)]
struct ReceiptForm {
    version: u32,
    session: String,
    chunks: ChunkRows,
}

impl From<Receipt> for ReceiptForm {
    fn from(Receipt { session, chunks }: Receipt) -> Self {
        Self { version: VERSION, session, chunks }
    }
}

impl TryFrom<ReceiptForm> for Receipt {
    type Error = Error;

    fn try_from(ReceiptForm { version, session, chunks }: ReceiptForm) -> Result<Self> {
        if version == VERSION {
            return Ok(Self { session, chunks });
        }
        Err(Error::unsupported(format!(
            "a receipt of version {version}; this version of arraystow reads version {VERSION}: use the same version in all \
             programs of a session"
        )))
    }
}

impl Receipt {
    pub(super) fn new(session: &str) -> Self {
        Self { session: session.to_owned(), chunks: ChunkRows::default() }
    }

    /// The receipt of chunks of one array that one attempt has written.
    pub(super) fn of(session: &str, array: &str, attempt: &Arc<str>, chunks: Vec<(u64, Sums)>) -> Self {
        let row = |(number, sums)| (number, Rows::of(Written { sums, attempt: Attempt(attempt.clone()) }));
        let chunks = BTreeMap::from([(array.to_owned(), chunks.into_iter().map(row).collect())]);
        Self { session: session.to_owned(), chunks: ChunkRows(chunks) }
    }

    /// Returns the id of the session. See [`Receipt`] for an example.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Returns the number of chunks in it. See [`Receipt`] for an example.
    #[must_use]
    pub fn chunk_count(&self) -> usize {
        self.chunks.0.values().map(BTreeMap::len).sum()
    }

    /// Adds the chunks of another receipt of the same session. See [`Receipt`] for an example.
    ///
    /// If both have the same chunk with different checksums, the receipt keeps both, and a commit fails.
    ///
    /// # Errors
    /// `InvalidInput` if the other receipt belongs to another session.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        self.check_session(&other.session)?;
        for (array, chunks) in other.chunks.0 {
            let own = self.chunks.0.entry(array).or_default();
            for (number, rows) in chunks {
                own.entry(number).or_default().extend(rows);
            }
        }
        Ok(())
    }

    /// As `merge`, of a receipt that stays.
    pub(super) fn merge_ref(&mut self, other: &Self) -> Result<()> {
        self.check_session(&other.session)?;
        for (array, chunks) in &other.chunks.0 {
            let own = self.chunks.0.entry(array.clone()).or_default();
            for (number, rows) in chunks {
                own.entry(*number).or_default().extend(rows.clone());
            }
        }
        Ok(())
    }

    fn check_session(&self, other: &str) -> Result<()> {
        if other == self.session {
            return Ok(());
        }
        let own = &self.session;
        Err(Error::invalid(format!("a receipt belongs to the session {other:?}, not to {own:?}: leave it out")))
    }

    /// The ids of the arrays, and the largest number of a chunk of each.
    pub(super) fn arrays(&self) -> impl Iterator<Item = (&str, Option<u64>)> {
        self.chunks.0.iter().map(|(array, chunks)| (array.as_str(), chunks.keys().next_back().copied()))
    }

    /// What is known of a chunk.
    pub(super) fn rows(&self, array: &str, number: usize) -> Option<&Rows> {
        self.chunks.0.get(array)?.get(&(number as u64))
    }
}
