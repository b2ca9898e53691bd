//! Heaps: of the names of a group, of links, of attributes.

use super::cursor::Cursor;
use super::records::{LARGE_OBJECTS, LARGE_OBJECTS_BY_PLACE};
use super::{BlockRole, View, Watch, damaged};
use crate::error::{Error, Result};

/// libhdf5 makes none larger; what is larger is stored by itself.
const LARGEST_MANAGED: u64 = 1 << 16;
const CHECKSUM: usize = 4;
/// The end of a list of free pieces.
const NO_PIECE: u64 = 1;

/// A heap of names. Its free pieces are a list.
pub(super) fn local(view: &View<'_>, block: &[u8]) -> Result<()> {
    let (mut cursor, length) = (Cursor::new(block, 8), view.format.length);
    let fields = (cursor.number(length), cursor.number(length), cursor.number(view.format.address));
    let (Some(len), Some(mut piece), Some(address)) = fields else { return Ok(()) };
    if piece == NO_PIECE {
        return Ok(());
    }
    let Some(data) = view.read(address, len)? else { return Ok(()) };
    // No piece has room for more pieces than itself.
    for _ in 0..=data.len() / (2 * length) {
        let Ok(at) = usize::try_from(piece) else { return Ok(()) };
        match Cursor::new(&data, at).number(length) {
            None | Some(NO_PIECE) => return Ok(()),
            Some(next) => piece = next,
        }
    }
    Err(damaged(format!("the list of free pieces at {address} forms a cycle")))
}

/// How a fractal heap is divided into blocks: rows of blocks that double in size, the first two rows aside.
#[derive(Clone, Copy)]
pub(super) struct Heap {
    /// Blocks in a row.
    width: u64,
    /// Bytes of a block in the first row.
    first: u64,
    /// How many rows have blocks of elements; the others lead to further blocks.
    direct_rows: u64,
    /// Bytes of an offset.
    offset: usize,
}

impl Heap {
    /// Bytes of a block in that row.
    fn block(self, row: u64) -> u64 {
        shifted(self.first, row.saturating_sub(1))
    }

    /// Where a row begins; as far as rows that many reach.
    fn row(self, row: u64) -> u64 {
        row.checked_sub(1).map_or(0, |bits| shifted(self.first * self.width, bits))
    }
}

fn shifted(number: u64, bits: u64) -> u64 {
    u32::try_from(bits).ok().and_then(|bits| number.checked_shl(bits)).unwrap_or(0)
}

/// The header of a fractal heap.
pub(super) fn fractal(watch: &mut Watch, view: &View<'_>, address: u64, block: &[u8]) -> Result<()> {
    let (mut cursor, format) = (Cursor::new(block, 5), view.format);
    let fields = (|| {
        let (id, filters) = (cursor.size(2)?, cursor.number(2)?);
        cursor.skip(1)?;
        let largest = cursor.number(4)?;
        cursor.skip(format.length)?;
        let large = (address + cursor.at() as u64, cursor.number(format.address)?, id);
        cursor.skip(format.length + format.address)?;
        let size = cursor.number(format.length)?;
        cursor.skip(7 * format.length)?;
        let (width, first) = (cursor.number(2)?, cursor.number(format.length)?);
        let (direct, bits) = (cursor.number(format.length)?, cursor.number(2)?);
        cursor.skip(2)?;
        let pointer = address + cursor.at() as u64;
        let (root, rows) = (cursor.number(format.address)?, cursor.number(2)?);
        Some((filters, large, largest, size, width, first, direct, bits, pointer, root, rows))
    })();
    let Some((filters, large, largest, size, width, first, direct, bits, pointer, root, rows)) = fields else {
        return Ok(());
    };
    if filters > 0 {
        return Err(Error::unsupported(
            "the names or attributes of the file are compressed, which arraystow does not read; rewrite it with \
                h5repack",
        ));
    }
    let possible = [width, first, direct].iter().all(|number| number.is_power_of_two())
        && first <= direct
        && direct <= 1 << 31
        && bits < 64
        && u64::from(first.ilog2() + width.ilog2()) <= bits
        && u64::from(direct.ilog2()) <= bits
        && largest <= LARGEST_MANAGED;
    let impossible = || damaged(format!("the heap at {address} is invalid"));
    if !possible {
        return Err(impossible());
    }
    let (to_large, large, id) = large;
    let kind = if id > format.address + format.length { LARGE_OBJECTS_BY_PLACE } else { LARGE_OBJECTS };
    watch.reach(view, large, to_large, BlockRole::Tree { kinds: kind..=kind, axes: 0 })?;
    let direct_rows = u64::from(direct.ilog2() - first.ilog2()) + 2;
    let heap = Heap { width, first, direct_rows, offset: bits.div_ceil(8) as usize };
    let most_rows = bits - u64::from(first.ilog2() + width.ilog2()) + 1;
    if rows == 0 && size <= first {
        return watch.reach(view, root, pointer, BlockRole::HeapData { heap, offset: 0 });
    }
    // Rows that lead to further blocks lead to such with a row at least.
    let shallow = rows <= direct_rows || direct_rows > u64::from(width.ilog2());
    if rows == 0 || rows > most_rows || !shallow || size > heap.row(rows) {
        return Err(impossible());
    }
    watch.reach(view, root, pointer, BlockRole::HeapBlock { heap, offset: 0 })
}

/// A block of a fractal heap that leads to others.
pub(super) fn block(watch: &mut Watch, view: &View<'_>, address: u64, block: &[u8]) -> Result<()> {
    let Some(BlockRole::HeapBlock { heap, offset }) = watch.expected(address) else {
        return Err(damaged(format!("the block at {address} belongs to no heap")));
    };
    let mut cursor = Cursor::new(block, 5);
    check_offset(view, address, &mut cursor, heap, offset)?;
    let row_bytes = heap.width as usize * view.format.address;
    let rows = (cursor.left().saturating_sub(CHECKSUM) / row_bytes) as u64;
    let mut is_empty = true;
    for row in 0..rows {
        for column in 0..heap.width {
            let pointer = address + cursor.at() as u64;
            let Some(child) = cursor.number(view.format.address) else { return Ok(()) };
            is_empty &= view.is_nowhere(child);
            let offset = offset.wrapping_add(heap.row(row)).wrapping_add(column.wrapping_mul(heap.block(row)));
            let node = if row < heap.direct_rows {
                BlockRole::HeapData { heap, offset }
            } else {
                BlockRole::HeapBlock { heap, offset }
            };
            watch.reach(view, child, pointer, node)?;
        }
    }
    if is_empty { Err(damaged(format!("the heap's block at {address} has an invalid address in it"))) } else { Ok(()) }
}

/// A block of a fractal heap with elements.
pub(super) fn data(watch: &Watch, view: &View<'_>, address: u64, block: &[u8]) -> Result<()> {
    match watch.expected(address) {
        Some(BlockRole::HeapData { heap, offset }) => {
            check_offset(view, address, &mut Cursor::new(block, 5), heap, offset)
        }
        _ => Err(damaged(format!("the block at {address} belongs to no heap"))),
    }
}

/// Whether a block is the one that should be there.
fn check_offset(view: &View<'_>, address: u64, cursor: &mut Cursor<'_>, heap: Heap, offset: u64) -> Result<()> {
    let found = cursor.skip(view.format.address).and_then(|()| cursor.number(heap.offset));
    if found == Some(offset) {
        return Ok(());
    }
    Err(damaged(format!("the heap's block at {address} belongs to another heap")))
}
