//! Chunk indices that are arrays. libhdf5 reads as many elements as they claim to have.

use super::cursor::Cursor;
use super::{View, Watch, damaged};
use crate::error::{Error, Result};

impl Watch {
    fn check_elements(&self, count: u64) -> Result<()> {
        if count <= self.most_chunks {
            return Ok(());
        }
        Err(Error::limit(format!(
            "the index claims to have {count} chunks, and the limit is {}; raise Limits::chunks if you trust the file",
            self.most_chunks
        )))
    }
}

/// The header of an extensible array.
pub(super) fn extensible(watch: &Watch, view: &View<'_>, block: &[u8]) -> Result<()> {
    let (mut cursor, format) = (Cursor::new(block, 6), view.format);
    let fields = (|| {
        let fields = (cursor.size(1)?, cursor.number(1)?, cursor.number(1)?, cursor.number(1)?, cursor.number(1)?);
        let page = cursor.number(1)?;
        cursor.skip(4 * format.length)?;
        Some((fields, page, cursor.number(format.length)?))
    })();
    let Some(((element, bits, first, smallest, pointers), page, count)) = fields else { return Ok(()) };
    let possible = element >= format.address
        && (1..=64).contains(&bits)
        && first > 0
        && [smallest, pointers].iter().all(|number| number.is_power_of_two())
        && pointers > 1
        && page < 64
        && u64::from(smallest.ilog2()) <= bits
        // The first of the blocks of blocks comes after those that the header leads to.
        && 2 * u64::from(pointers.ilog2()) <= 1 + bits - u64::from(smallest.ilog2())
        && (bits == 64 || count >> bits == 0);
    if !possible {
        return Err(damaged("its chunk index is invalid"));
    }
    watch.check_elements(count)
}

/// The header of a fixed array.
pub(super) fn fixed(watch: &Watch, view: &View<'_>, block: &[u8]) -> Result<()> {
    let (mut cursor, format) = (Cursor::new(block, 6), view.format);
    let fields = (cursor.number(1), cursor.number(1), cursor.number(format.length), cursor.number(format.address));
    let (Some(element), Some(page), Some(count), Some(elements)) = fields else { return Ok(()) };
    // It has room for all its elements, or for none.
    let fits = count.checked_mul(element).is_some_and(|len| (1..=view.len()).contains(&len));
    let has_room = view.is_nowhere(elements) || fits;
    if element < format.address as u64 || page >= 64 || !has_room {
        return Err(damaged("its chunk index is invalid"));
    }
    watch.check_elements(count)
}
