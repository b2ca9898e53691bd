//! Chunks of strings of any length. The dataset has the places of the strings, which are in global heaps beside it.

use super::heap_texts::Heaps;
use super::raw::{BYTES, HeapPlace};
use super::reader::{Reader, STORED};
use crate::array::packed;
use crate::backend::layout::{fill_up_texts, same_texts, too_long};
use crate::backend::scratch;
use crate::error::{Error, Result};
use ndarray::ArrayViewD;

impl Reader {
    /// The packed strings of a chunk, filled up and checked.
    pub(super) fn texts(&self, number: usize) -> Result<Vec<u8>> {
        let header = &self.header;
        let (shape, region) = (&header.layout.chunk_shape, header.layout.grid.chunk_region(number)?);
        let texts = if header.index.lacks(number) {
            same_texts(&header.fill, region.len(), header.most_text_bytes)?
        } else {
            let _stored = STORED.enter(header.stored_chunk_bytes);
            scratch::with(header.stored_chunk_bytes, |stored| {
                self.read_stored(number, stored)?;
                self.resolve(stored, region.shape())
            })?
        };
        let texts = if region.shape() == shape { texts } else { fill_up_texts(&texts, region.shape(), shape)? };
        self.compare(number, &texts)?;
        Ok(texts)
    }

    /// The strings at the places of a chunk, of which so many on each axis are in the array.
    fn resolve(&self, stored: &[u8], shape: &[usize]) -> Result<Vec<u8>> {
        let places = ArrayViewD::from_shape(self.header.layout.chunk_shape.as_slice(), stored.as_chunks::<BYTES>().0);
        let places = places.map_err(|error| Error::invalid(error.to_string()))?;
        let places = places.slice_each_axis(|axis| (0..shape[axis.axis.index()]).into());
        let most = self.header.most_text_bytes;
        let bytes = self.location.open()?;
        let mut heaps = Heaps::new(&bytes, self.header.heap_base, most)?;
        let mut texts = Vec::new();
        for place in places {
            packed::push(heaps.text(&HeapPlace::of(place))?, &mut texts)?;
            if texts.len() > most {
                return Err(too_long(texts.len(), most));
            }
        }
        Ok(texts)
    }
}
