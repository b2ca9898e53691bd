//! A chunked array with its element type erased, for the plug-in, the engine and the backends.

use super::gather::hand_over;
use super::notes::Notes;
use super::source::{Reading, address_of};
use super::{ArrayMeta, ChunkGrid, ChunkedArray, DataType, Element, Evaluation, Region, StoredBytes};
use crate::error::{Error, Result};
use std::any::Any;
use std::sync::Arc;

/// A source of elements.
pub(crate) struct SourceHandle {
    /// Equal for the same source, as long as it is alive.
    pub(crate) address: usize,
    /// Keeps it alive.
    pub(crate) alive: Arc<dyn Any + Send + Sync>,
}

/// A [`ChunkedArray`] of any element type.
pub(crate) trait ErasedArray: Send + Sync {
    /// Identity: equal only for clones of one array, as long as one of them is alive.
    fn address(&self) -> usize;
    /// A handle that keeps the address from being reused.
    fn keep_alive(&self) -> Arc<dyn Any + Send + Sync>;
    /// The source of the elements. Arrays that differ in their labels only have the same.
    fn source_handle(&self) -> SourceHandle;
    fn data_type(&self) -> DataType;
    fn grid(&self) -> &ChunkGrid;
    /// Bytes of all elements.
    fn byte_len(&self) -> usize {
        self.grid().len().saturating_mul(self.data_type().size())
    }
    /// The choices made for this array.
    fn meta(&self) -> &ArrayMeta;
    /// The bytes of the numbers that represent missing elements, if elements can be missing.
    fn missing(&self) -> Option<Vec<Vec<u8>>> {
        None
    }
    /// The notes of earlier saves.
    fn notes(&self) -> &Notes;
    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading));
    fn is_cheap(&self) -> bool;
    fn is_view(&self) -> bool;
    /// Whether the array may lack elements of its one input.
    fn is_part(&self) -> bool;
    /// The input that has the elements of `region` unchanged, and the region in which it has them.
    fn passed_on(&self, region: &Region) -> Option<(Arc<dyn ErasedArray>, Region)>;
    /// The array of which this is a later version with the same codec.
    fn version_of(&self) -> Option<Arc<dyn ErasedArray>>;
    /// Why the array or one of its inputs can never be computed, if so.
    fn failure(&self) -> Option<Error>;
    /// Why the array can never be computed, regardless of its inputs, if so.
    fn own_failure(&self) -> Option<Error>;
    /// Whether others will bring the elements.
    fn is_pending(&self) -> bool {
        false
    }
    /// Where the elements are stored, if the array is read and not computed.
    fn stored(&self) -> Option<Arc<dyn StoredBytes>>;
    /// The same where nothing else was chosen for the array, whose field says `field`: the stored array is what is
    /// wanted.
    fn as_stored(&self, field: &ArrayMeta) -> Option<Arc<dyn StoredBytes>> {
        let wanted = ArrayMeta { codec: self.meta().codec, labels: self.meta().labels.or(&field.labels) };
        self.stored().filter(|stored| wanted.is_as_stored(stored.labels()))
    }
    /// Hands the elements of a region to `sink`, in C order.
    fn region_bytes(
        &self,
        evaluation: &Evaluation,
        region: &Region,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()>;
    /// The same elements in other chunks.
    fn rechunked(&self, grid: &ChunkGrid) -> Result<Arc<dyn ErasedArray>>;
    /// Makes every clone read from stored bytes, and also the array that this one is a rechunking of.
    fn read_from(&self, stored: Arc<dyn StoredBytes>);
    /// For downcasting to the typed array.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Element> ErasedArray for ChunkedArray<T> {
    fn address(&self) -> usize {
        self.address()
    }

    fn keep_alive(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.clone())
    }

    fn source_handle(&self) -> SourceHandle {
        let source = self.source();
        SourceHandle { address: address_of(&source), alive: Arc::new(source) }
    }

    fn data_type(&self) -> DataType {
        T::DATA_TYPE
    }

    fn grid(&self) -> &ChunkGrid {
        self.grid()
    }

    fn meta(&self) -> &ArrayMeta {
        self.meta()
    }

    fn missing(&self) -> Option<Vec<Vec<u8>>> {
        T::default_fill().map(|_| self.meta().labels.missing(&T::DATA_TYPE))
    }

    fn notes(&self) -> &Notes {
        self.notes()
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        self.source().inputs(visit);
    }

    fn is_cheap(&self) -> bool {
        self.is_cheap()
    }

    fn is_view(&self) -> bool {
        self.source().is_view()
    }

    fn is_part(&self) -> bool {
        self.source().is_part()
    }

    fn passed_on(&self, region: &Region) -> Option<(Arc<dyn ErasedArray>, Region)> {
        let (input, region) = self.source().passed_on(region)?;
        Some((Arc::new(input), region))
    }

    fn version_of(&self) -> Option<Arc<dyn ErasedArray>> {
        let before = self.source().version_of()?.clone();
        Some(Arc::new(before))
    }

    fn failure(&self) -> Option<Error> {
        self.failure()
    }

    fn own_failure(&self) -> Option<Error> {
        self.source().failure()
    }

    fn is_pending(&self) -> bool {
        self.source().is_pending()
    }

    fn stored(&self) -> Option<Arc<dyn StoredBytes>> {
        self.source().stored()
    }

    fn region_bytes(
        &self,
        evaluation: &Evaluation,
        region: &Region,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let elements = self.produce(evaluation, region)?;
        hand_over(elements.view(), &self.meta().labels, region, sink)
    }

    fn rechunked(&self, grid: &ChunkGrid) -> Result<Arc<dyn ErasedArray>> {
        Ok(Arc::new(self.rechunk(grid)?))
    }

    fn read_from(&self, stored: Arc<dyn StoredBytes>) {
        self.read_from(stored);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
