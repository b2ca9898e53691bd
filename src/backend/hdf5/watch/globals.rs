//! Global heaps: where the texts and lists of variable length lie. libhdf5 is not to read them, since it makes as much room
//! for one as the file claims it to have.

use super::cursor::Cursor;
use super::{Source, View, Watch};
use crate::error::Result;

/// The most bytes of a collection that is read. libhdf5 makes larger ones for single objects of that size.
const LARGEST: u64 = 1 << 20;
/// Bytes of an address and of a length, in all files but very old or very small ones.
const WIDTH: usize = 8;
/// Of a collection before its first object, and of an object before its bytes. Objects begin at multiples of it.
const HEAD: usize = 16;

/// Some objects of a global heap, with all their bytes.
pub(in super::super) struct Collection(Vec<u8>);

impl Watch {
    /// The collection at an address; none if there is none, or it is larger than what is read.
    pub(in super::super) fn collection(&self, source: &dyn Source, address: u64) -> Result<Option<Collection>> {
        let Some(format) = self.format.filter(|format| (format.address, format.length) == (WIDTH, WIDTH)) else {
            return Ok(None);
        };
        let view = View { source, format };
        let Some(head) = view.read(address, HEAD as u64)? else { return Ok(None) };
        let len = Cursor::new(&head, 8).number(WIDTH).filter(|len| *len <= LARGEST && head.starts_with(b"GCOL\x01"));
        let Some(len) = len else { return Ok(None) };
        Ok(view.read(address, len)?.map(Collection))
    }
}

impl Collection {
    /// The bytes of an object.
    pub(in super::super) fn object(&self, wanted: u32) -> Option<&[u8]> {
        let mut cursor = Cursor::new(&self.0, HEAD);
        loop {
            let number = cursor.number(2)?;
            cursor.skip(6)?;
            let len = cursor.size(WIDTH)?;
            match number {
                // The rest is free.
                0 => return None,
                _ if number == u64::from(wanted) => return cursor.bytes(len),
                _ => cursor.skip(len.checked_next_multiple_of(WIDTH)?)?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_and_lie_within_the_collection() {
        let object = |number: u8, len: u64, bytes: &[u8]| {
            let mut object = vec![number, 0, 1, 0, 0, 0, 0, 0];
            object.extend(len.to_le_bytes());
            object.extend(bytes);
            object
        };
        let head = [b"GCOL\x01\0\0\0".to_vec(), 4096_u64.to_le_bytes().to_vec()].concat();
        let parts = [head, object(1, 3, b"abc\0\0\0\0\0"), object(7, 8, b"12345678"), object(2, u64::MAX, b"")];
        let collection = Collection(parts.concat());
        assert_eq!(collection.object(1), Some(&b"abc"[..]));
        assert_eq!(collection.object(7), Some(&b"12345678"[..]));
        assert_eq!(collection.object(2), None, "it reaches beyond the end");
        assert_eq!(collection.object(3), None);
        assert_eq!(collection.object(0), None);
    }
}
