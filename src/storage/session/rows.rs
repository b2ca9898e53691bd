//! The rows of receipts: what is known of each chunk.

use crate::backend::{Stretch, Sums, is_id};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One opening of a slot, by its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Attempt(pub(super) Arc<str>);

/// What an attempt has written of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) sums: Sums,
    pub(super) attempt: Attempt,
}

/// How many entries of a chunk are kept.
const MOST_ROWS: usize = 2;

/// What is known of a chunk: one entry, or the least two of those that contradict each other. Of attempts that have
/// written the same, the least is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows(Vec<Written>);

impl Rows {
    pub(super) fn of(written: Written) -> Self {
        Self(vec![written])
    }

    /// Takes others in. The order does not depend on which came first.
    pub(super) fn extend(&mut self, others: Self) {
        for other in others.0 {
            match self.0.binary_search_by(|own| own.sums.cmp(&other.sums)) {
                Ok(same) => {
                    let own = &mut self.0[same];
                    if other.attempt < own.attempt {
                        own.attempt = other.attempt;
                    }
                }
                // Two contradict each other, and the least two are the same in whatever order they come.
                Err(place) if place < MOST_ROWS => {
                    self.0.insert(place, other);
                    self.0.truncate(MOST_ROWS);
                }
                Err(_) => {}
            }
        }
    }

    /// The checksums.
    ///
    /// # Errors
    /// The ids of two attempts that have written different bytes.
    pub(super) fn sums(&self) -> Result<Option<&Sums>, (&str, &str)> {
        match self.0.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(&only.sums)),
            [first, second, ..] => Err((&first.attempt.0, &second.attempt.0)),
        }
    }
}

/// The chunks of a receipt, by the ids of the arrays and the numbers of the chunks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Group>", into = "Vec<Group>")]
pub(super) struct ChunkRows(pub(super) BTreeMap<String, BTreeMap<u64, Rows>>);

/// Offset, length and CRC-32C.
type PartForm = (u64, u64, u32);

/// What one attempt has written of one array.
#[derive(Serialize, Deserialize)]
pub(super) struct Group {
    array: String,
    attempt: String,
    /// The number, length and CRC-32C of each chunk.
    whole: Vec<(u64, u64, u32)>,
    /// The number of each shard, and offset, length and CRC-32C of its parts.
    shards: Vec<(u64, Vec<PartForm>)>,
}

impl Group {
    fn new(array: String, attempt: String) -> Self {
        Self { array, attempt, whole: Vec::new(), shards: Vec::new() }
    }
}

impl From<ChunkRows> for Vec<Group> {
    fn from(chunks: ChunkRows) -> Self {
        let mut all = Self::new();
        for (array, rows) in chunks.0 {
            let mut groups: BTreeMap<Attempt, Group> = BTreeMap::new();
            for (number, rows) in rows {
                for Written { sums, attempt } in rows.0 {
                    let name = attempt.0.to_string();
                    let group = groups.entry(attempt).or_insert_with(|| Group::new(array.clone(), name));
                    match sums {
                        Sums::Whole { len, checksum } => group.whole.push((number, len, checksum)),
                        Sums::Parts(parts) => {
                            let parts = parts.iter().map(|part| (part.offset, part.len, part.checksum)).collect();
                            group.shards.push((number, parts));
                        }
                    }
                }
            }
            all.extend(groups.into_values());
        }
        all
    }
}

impl TryFrom<Vec<Group>> for ChunkRows {
    type Error = Error;

    fn try_from(groups: Vec<Group>) -> Result<Self> {
        let mut chunks = Self::default();
        for Group { array, attempt, whole, shards } in groups {
            if !is_id(&array) || !is_id(&attempt) {
                return Err(Error::invalid(format!("a receipt names the array {array:?} and the attempt {attempt:?}")));
            }
            let attempt: Arc<str> = attempt.into();
            let whole = whole.into_iter().map(|(number, len, checksum)| (number, Sums::Whole { len, checksum }));
            let shards = shards.into_iter().map(|(number, parts)| {
                let part = |(offset, len, checksum)| Stretch { offset, len, checksum };
                (number, Sums::Parts(parts.into_iter().map(part).collect()))
            });
            let own = chunks.0.entry(array).or_default();
            for (number, sums) in whole.chain(shards) {
                let written = Written { sums, attempt: Attempt(attempt.clone()) };
                own.entry(number).or_default().extend(Rows::of(written));
            }
        }
        Ok(chunks)
    }
}
