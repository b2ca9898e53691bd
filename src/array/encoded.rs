//! Arrays of elements that are not numbers, while their Rust type is not known: the bytes of each element are a last
//! axis.

use super::erased::SourceHandle;
use super::notes::Notes;
use super::source::{Elements, Reading, Source};
use super::{
    ArrayMeta, ChunkGrid, ChunkedArray, DataType, Element, ErasedArray, Evaluation, Labels, Region, StoredBytes,
    StoredLayout, decode,
};
use crate::error::{Error, ErrorKind, Result};
use ndarray::{ArcArray, ArrayD, SliceInfoElem};
use once_cell::sync::OnceCell;
use std::any::Any;
use std::sync::Arc;

/// An array of elements of a data type that is known only at run time.
#[derive(Clone)]
pub(crate) struct EncodedArray {
    data_type: DataType,
    grid: ChunkGrid,
    meta: ArrayMeta,
    /// The bytes of each element along the last axis.
    bytes: ChunkedArray<u8>,
    /// Where the elements are stored, if they are read and not computed.
    stored: Option<Arc<dyn StoredBytes>>,
}

impl EncodedArray {
    pub(crate) fn from_stored(data_type: DataType, grid: ChunkGrid, stored: Arc<dyn StoredBytes>) -> Result<Self> {
        let size = data_type.size();
        let meta = ArrayMeta::of_labels(stored.labels().clone());
        let as_bytes = AsBytes { stored: stored.clone(), size, layout: OnceCell::new() };
        let bytes = ChunkedArray::from_stored(grid.with_last_axis(size)?, Arc::new(as_bytes));
        Ok(Self { data_type, grid, meta, bytes, stored: Some(stored) })
    }

    /// An array in memory, divided into chunks of about 1 MiB. The bytes of each element are the last axis.
    pub(crate) fn of_bytes_in_memory(data_type: DataType, bytes: ArrayD<u8>) -> Result<Self> {
        let size = data_type.size();
        let shape = bytes.shape().split_last().map_or(&[][..], |(_, shape)| shape);
        let grid = ChunkGrid::of_array(shape, size);
        let bytes = ChunkedArray::from_ndarray(bytes, grid.with_last_axis(size)?)?;
        Ok(Self { data_type, grid, meta: ArrayMeta::default(), bytes, stored: None })
    }

    /// An array of which the bytes of each element are the last axis.
    pub(super) fn of_byte_array(data_type: DataType, grid: ChunkGrid, bytes: ChunkedArray<u8>) -> Self {
        Self { data_type, grid, meta: ArrayMeta::default(), bytes, stored: None }
    }

    /// The same elements, for which other choices are made.
    pub(super) fn with_meta(self, meta: ArrayMeta) -> Self {
        Self { meta, ..self }
    }

    /// An array of a Rust type, without it.
    pub(crate) fn of(array: &Arc<dyn ErasedArray>) -> Result<Self> {
        if let Some(encoded) = array.as_any().downcast_ref::<Self>() {
            return Ok(encoded.clone());
        }
        let (data_type, grid) = (array.data_type(), array.grid().clone());
        let of_bytes = grid.with_last_axis(data_type.size())?;
        let bytes = ChunkedArray::from_parts(of_bytes, Arc::new(BytesOf(array.clone())));
        Ok(Self { data_type, grid, meta: array.meta().clone(), bytes, stored: array.stored() })
    }

    pub(crate) fn bytes(&self) -> &ChunkedArray<u8> {
        &self.bytes
    }

    /// A part of the array. The slice has as many axes as the array.
    pub(super) fn slice(&self, slice: &[SliceInfoElem]) -> Result<Self> {
        let whole = SliceInfoElem::Slice { start: 0, end: None, step: 1 };
        let of_bytes: Vec<_> = slice.iter().copied().chain([whole]).collect();
        // Of the array itself, whose errors have its own axes, and with its own labels.
        let shown =
            ChunkedArray::<u8>::zeros(self.grid.shape(), self.grid.clone())?.with_labels(self.meta.labels.clone());
        let shown = shown.slice(slice)?;
        let bytes = self.bytes.slice(of_bytes.as_slice())?;
        let (grid, meta) = (shown.grid().clone(), ArrayMeta { labels: shown.labels().clone(), ..self.meta.clone() });
        Ok(Self { data_type: self.data_type.clone(), grid, meta, bytes, stored: None })
    }

    /// The array with its axes in reverse order.
    pub(super) fn transpose(&self) -> Result<Self> {
        let shown =
            ChunkedArray::<u8>::zeros(self.grid.shape(), self.grid.clone())?.with_labels(self.meta.labels.clone());
        let shown = shown.transpose();
        let axes: Vec<usize> = (0..self.grid.ndim()).rev().chain([self.grid.ndim()]).collect();
        let (grid, meta) = (shown.grid().clone(), ArrayMeta { labels: shown.labels().clone(), ..self.meta.clone() });
        Ok(Self {
            data_type: self.data_type.clone(),
            grid,
            meta,
            bytes: self.bytes.permuted_axes(&axes)?,
            stored: None,
        })
    }

    /// The array as one of a Rust type.
    pub(crate) fn typed<T: Element>(&self) -> Result<ChunkedArray<T>> {
        if !T::reads(&self.data_type) {
            let (own, asked) = (&self.data_type, T::DATA_TYPE);
            let text = format!("the array holds {own}, not {asked}: load it with an element type of these fields");
            let error = Error::new(ErrorKind::TypeMismatch, text);
            return Err(self.locate(error));
        }
        let array = match &self.stored {
            Some(stored) if self.data_type == T::DATA_TYPE => {
                ChunkedArray::from_stored(self.grid.clone(), stored.clone())
            }
            _ => ChunkedArray::from_parts(self.grid.clone(), Arc::new(Decoded(self.clone()))),
        };
        Ok(array.chosen(self.meta.clone()))
    }

    fn locate(&self, error: Error) -> Error {
        match &self.stored {
            Some(stored) => stored.locate(error),
            None => error,
        }
    }

    /// The region of the bytes of a region.
    fn of_bytes(&self, region: &Region) -> Region {
        region.with_last_axis(self.data_type.size())
    }
}

impl ErasedArray for EncodedArray {
    fn address(&self) -> usize {
        self.bytes.address()
    }

    fn source_handle(&self) -> SourceHandle {
        ErasedArray::source_handle(&self.bytes)
    }

    fn keep_alive(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.bytes.clone())
    }

    fn data_type(&self) -> DataType {
        self.data_type.clone()
    }

    fn grid(&self) -> &ChunkGrid {
        &self.grid
    }

    fn meta(&self) -> &ArrayMeta {
        &self.meta
    }

    fn notes(&self) -> &Notes {
        self.bytes.notes()
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.bytes, Reading::OncePerChunk);
    }

    fn is_cheap(&self) -> bool {
        true
    }

    fn is_view(&self) -> bool {
        true
    }

    fn is_part(&self) -> bool {
        self.stored.is_none()
    }

    fn passed_on(&self, _: &Region) -> Option<(Arc<dyn ErasedArray>, Region)> {
        None
    }

    fn version_of(&self) -> Option<Arc<dyn ErasedArray>> {
        None
    }

    fn failure(&self) -> Option<Error> {
        self.bytes.failure()
    }

    fn own_failure(&self) -> Option<Error> {
        None
    }

    fn is_pending(&self) -> bool {
        ErasedArray::is_pending(&self.bytes)
    }

    fn stored(&self) -> Option<Arc<dyn StoredBytes>> {
        self.stored.clone()
    }

    fn region_bytes(
        &self,
        evaluation: &Evaluation,
        region: &Region,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        self.bytes.region_bytes(evaluation, &self.of_bytes(region), sink)
    }

    fn rechunked(&self, grid: &ChunkGrid) -> Result<Arc<dyn ErasedArray>> {
        let bytes = self.bytes.rechunk(&grid.with_last_axis(self.data_type.size())?)?;
        Ok(Arc::new(Self { grid: grid.clone(), bytes, stored: None, ..self.clone() }))
    }

    fn read_from(&self, stored: Arc<dyn StoredBytes>) {
        let size = self.data_type.size();
        self.bytes.read_from(Arc::new(AsBytes { stored, size, layout: OnceCell::new() }));
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The elements of a Rust type, made of bytes.
struct Decoded(EncodedArray);

impl<T: Element> Source<T> for Decoded {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let bytes = self.0.bytes.produce(evaluation, &self.0.of_bytes(region))?;
        let bytes = bytes.as_standard_layout();
        let not_contiguous = || Error::invalid("elements are not contiguous");
        let elements =
            decode::<T>(&self.0.data_type, bytes.as_slice().ok_or_else(not_contiguous)?).map_err(|error| {
                self.0.locate(Error::corrupt(format!("a chunk is not valid {} ({error})", self.0.data_type)))
            })?;
        ArcArray::from_shape_vec(region.shape(), elements.into_owned())
            .map_err(|error| self.0.locate(Error::corrupt(error.to_string())))
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.0, Reading::OncePerChunk);
    }

    fn failure(&self) -> Option<Error> {
        self.0.bytes.failure()
    }
}

/// The bytes of the elements of a Rust type, as a last axis. They are produced for whole elements only.
struct BytesOf(Arc<dyn ErasedArray>);

impl Source<u8> for BytesOf {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<u8>> {
        let mut bytes = Vec::new();
        self.0.region_bytes(evaluation, &region.without_last_axis(), &mut |elements| {
            bytes.try_reserve_exact(elements.len()).map_err(|_| Error::limit("there is no memory for a chunk"))?;
            bytes.extend_from_slice(elements);
            Ok(())
        })?;
        ArcArray::from_shape_vec(region.shape(), bytes).map_err(|error| Error::invalid(error.to_string()))
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&*self.0, Reading::OncePerChunk);
    }

    fn failure(&self) -> Option<Error> {
        self.0.failure()
    }
}

/// Stored elements whose bytes are a last axis.
struct AsBytes {
    stored: Arc<dyn StoredBytes>,
    size: usize,
    layout: OnceCell<StoredLayout>,
}

impl StoredBytes for AsBytes {
    fn layout(&self) -> Result<&StoredLayout> {
        self.layout.get_or_try_init(|| {
            let layout = self.stored.layout()?;
            let with_bytes = |shape: &Vec<usize>| shape.iter().copied().chain([self.size]).collect();
            Ok(StoredLayout {
                grid: layout.grid.with_last_axis(self.size)?,
                chunk_shape: with_bytes(&layout.chunk_shape),
                parts: layout.parts.as_ref().map(with_bytes),
            })
        })
    }

    fn read_chunk(&self, number: usize, out: &mut [u8]) -> Result<()> {
        self.stored.read_chunk(number, out)
    }

    fn whole_chunk(&self, number: usize) -> Result<Option<Box<dyn AsRef<[u8]>>>> {
        self.stored.whole_chunk(number)
    }

    fn read_part(&self, number: usize, part: usize, out: &mut [u8]) -> Result<()> {
        self.stored.read_part(number, part, out)
    }

    fn labels(&self) -> &Labels {
        &Labels::NONE
    }

    fn concurrency(&self) -> usize {
        self.stored.concurrency()
    }

    fn locate(&self, error: Error) -> Error {
        self.stored.locate(error)
    }

    fn source(&self) -> String {
        self.stored.source()
    }

    fn file(&self) -> Option<&str> {
        self.stored.file()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
