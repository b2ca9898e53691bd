//! Checks stored arrays without decoding them: whether they exist, and whether every byte is what was written.

use super::stored::StoredArray;
use super::workers::{Job, run};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use crate::task::counted;

/// The most damaged chunks of one array that are reported one by one.
const MOST_REPORTED: usize = 1000;

/// Checks that the array exists and has the right length.
pub(crate) fn check_length(array: &StoredArray, bytes: u64) -> Result<()> {
    let found = array.stored_bytes()?;
    // A repair changes the length of an array; its checksums still cover the chunks.
    let repaired = || array.reader().is_ok_and(|it| it.written_bytes() == bytes && it.stored_bytes() == found);
    if found == bytes || repaired() {
        return Ok(());
    }
    Err(array.in_file(Error::corrupt(format!(
        "the array has {found} bytes, but {bytes} were written: restore it from a copy"
    ))))
}

/// Reads and checks everything that is stored for the array, whose elements have this many bytes. Returns all faults.
pub(crate) fn check_all(array: &StoredArray, bytes: usize) -> Vec<Error> {
    let reader = match array.reader() {
        Ok(reader) => reader,
        Err(error) => {
            counted(bytes, |counter| counter.add(bytes));
            return vec![error];
        }
    };
    let mut faults = Vec::new();
    if let Some(rest) = array.expected().and_then(|expected| expected.rest.as_deref())
        && let Err(error) = reader.check_rest(rest)
    {
        faults.push(array.in_file(error));
    }
    let layout = reader.layout();
    let size = reader.data_type().size();
    let bytes = layout.chunk_bytes(size).unwrap_or(usize::MAX);
    let found = Mutex::new((Vec::new(), 0_usize));
    let jobs = (0..layout.grid.chunk_count()).map(|work| Job { work, bytes });
    let check = |number: usize| {
        if let Err(error) = reader.check_chunk(number) {
            let mut found = found.lock();
            found.1 += 1;
            if found.0.len() < MOST_REPORTED {
                found.0.push((number, array.in_file(error)));
            }
        }
        Ok(layout.grid.chunk_region(number)?.len().saturating_mul(size))
    };
    let run = counted(layout.grid.len().saturating_mul(size), |counter| {
        run(array.backend().concurrency(), jobs, |number| check(number).map(|elements| counter.add(elements)))
    });
    let (mut reported, count) = found.into_inner();
    reported.sort_unstable_by_key(|(number, _)| *number);
    let more = count - reported.len();
    faults.extend(reported.into_iter().map(|(_, error)| error));
    if more > 0 {
        faults.push(array.in_file(Error::corrupt(format!("{more} more chunks are damaged"))));
    }
    faults.extend(run.err());
    faults
}
