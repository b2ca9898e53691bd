//! Global heaps, which hold the strings and lists of variable length. libhdf5 must not read them, because it allocates
//! whatever length the file claims.

use super::cursor::Cursor;
use super::{Source, View, Watch};
use crate::error::Result;
use std::collections::HashMap;

/// The most bytes of a collection that is read. libhdf5 makes larger ones for single objects of that size.
const LARGEST: u64 = 1 << 20;
/// Bytes of an address and of a length, in all files but very old or very small ones.
const WIDTH: usize = 8;
/// Of a collection before its first object, and of an object before its bytes. Objects begin at multiples of it.
const HEAD: usize = 16;

/// Some objects of a global heap, with all their bytes.
pub(in super::super) struct Collection(Vec<u8>);

/// All objects of a global heap, each of which is found at once.
pub(in super::super) struct Objects {
    bytes: Vec<u8>,
    /// Where each object begins, and its length.
    places: HashMap<u32, (usize, usize)>,
}

impl Objects {
    /// Bytes that are read before the length of a collection is known.
    pub(in super::super) const HEAD: usize = HEAD;

    /// The length of the collection that begins with these bytes; none if there is none.
    pub(in super::super) fn len(head: &[u8]) -> Option<u64> {
        Cursor::new(head, 8).number(WIDTH).filter(|len| head.starts_with(b"GCOL\x01") && *len >= HEAD as u64)
    }

    /// The objects of a whole collection.
    pub(in super::super) fn of(bytes: Vec<u8>) -> Self {
        let mut places = HashMap::new();
        let mut cursor = Cursor::new(&bytes, HEAD);
        let mut next = || {
            let number = u32::try_from(cursor.number(2)?).ok().filter(|number| *number != 0)?;
            cursor.skip(6)?;
            let len = cursor.size(WIDTH)?;
            let start = cursor.at();
            cursor.skip(len)?;
            // The last object may end before a multiple.
            let _ = cursor.skip(len.checked_next_multiple_of(WIDTH)? - len);
            Some((number, (start, len)))
        };
        while let Some((number, place)) = next() {
            places.entry(number).or_insert(place);
        }
        Self { bytes, places }
    }

    /// The bytes of an object.
    pub(in super::super) fn object(&self, number: u32) -> Option<&[u8]> {
        let (start, len) = self.places.get(&number)?;
        self.bytes.get(*start..start.checked_add(*len)?)
    }

    /// Bytes of memory, about.
    pub(in super::super) fn size(&self) -> usize {
        self.bytes.len().saturating_add(self.places.len().saturating_mul(32))
    }
}

impl Watch {
    /// Where the file's address 0 is, if its addresses and lengths are as long as heaps are read with.
    pub(in super::super) fn heap_base(&self) -> Option<u64> {
        self.format.filter(|format| (format.address, format.length) == (WIDTH, WIDTH)).map(|format| format.base)
    }

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
        let objects = Objects::of(parts.concat());
        assert_eq!(objects.object(1), Some(&b"abc"[..]));
        assert_eq!(objects.object(7), Some(&b"12345678"[..]));
        assert_eq!([objects.object(2), objects.object(3), objects.object(0)], [None; 3]);
        assert_eq!((Objects::len(&parts.concat()), Objects::len(b"GCOL")), (Some(4096), None));
    }
}
