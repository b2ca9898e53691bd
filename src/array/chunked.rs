//! The chunked array itself: its making and its properties. Operations are in the files beside.

use super::function::{ChunkSource, FromSource, Function, IntoChunk};
use super::notes::Notes;
use super::source::{Elements, Source, assemble};
use super::stored::Stored;
use super::{ArrayMeta, ChunkGrid, Codec, DataType, Element, ErasedArray, Evaluation, Region, StoredBytes};
use crate::error::{Error, Result};
use ndarray::{Array, ArrayViewMutD, Dimension};
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// The longest chain of lazy operations: reading goes down the chain, and so does dropping.
const MOST_OPERATIONS: u32 = 200;

/// An n-dimensional array in chunks: a shape, a chunk grid, a data type and something that produces one chunk at a time
/// when it is needed. Immutable; a clone is another handle on the same array.
///
/// Operations ([`map`](Self::map), arithmetic, [`slice`](Self::slice()), [`rechunk`](Self::rechunk), ...) are lazy and
/// cost nothing; [`compute`](Self::compute) and the reductions read chunk by chunk, on all processors.
///
/// ```
/// use arraystow::ChunkedArray;
/// use ndarray::{Array2, s};
///
/// let squares = Array2::from_shape_fn((100, 200), |(i, j)| (i * j) as f64);
/// let array = ChunkedArray::from_ndarray(squares, &[50, 50])?;
/// let doubled = &array * 2.0;
/// assert_eq!(doubled.slice(s![3, 10..12])?.compute()?.as_slice(), Some(&[60.0, 66.0][..]));
/// # Ok::<(), arraystow::Error>(())
/// ```
pub struct ChunkedArray<T: Element> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    grid: ChunkGrid,
    /// Lazy operations on top of each other, this one included.
    depth: AtomicU32,
    /// Behind a lock for one reason: a save that removes what an expression reads from gives it a new source.
    source: RwLock<Arc<dyn Source<T>>>,
    /// Chosen for this array.
    meta: ArrayMeta,
    notes: Arc<Notes>,
}

impl<T: Element> ChunkedArray<T> {
    /// An array in memory, cut into chunks of this shape; `chunk_shape` is one number per axis. See
    /// [`from_ndarray_auto`](Self::from_ndarray_auto) to have it chosen.
    ///
    /// # Errors
    /// `InvalidInput` if the chunk shape does not fit the array.
    pub fn from_ndarray<D: Dimension>(array: Array<T, D>, chunk_shape: &[usize]) -> Result<Self> {
        let grid = ChunkGrid::regular(array.shape(), chunk_shape)?;
        Self::from_ndarray_with_grid(array, grid)
    }

    /// An array in memory, cut into chunks of about 1 MiB.
    ///
    /// # Errors
    /// None for arrays that fit into memory.
    pub fn from_ndarray_auto<D: Dimension>(array: Array<T, D>) -> Result<Self> {
        let grid = ChunkGrid::auto(array.shape(), size_of::<T>())?;
        Self::from_ndarray_with_grid(array, grid)
    }

    /// An array in memory, cut by any grid.
    ///
    /// # Errors
    /// `InvalidInput` if the grid's shape is not the array's.
    pub fn from_ndarray_with_grid<D: Dimension>(array: Array<T, D>, grid: ChunkGrid) -> Result<Self> {
        if array.shape() != grid.shape() {
            return Err(Error::invalid(format!(
                "a chunk grid for shape {:?} does not fit an array of shape {:?}",
                grid.shape(),
                array.shape()
            )));
        }
        Ok(Self::from_parts(grid, Arc::new(InMemory(array.into_dyn().into_shared()))))
    }

    /// A lazy array: `chunk` is called once for each chunk that is needed, from any thread, with the region it has to
    /// fill. It returns an ndarray of the region's shape, or a `Result` of one.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let ramp = ChunkedArray::from_fn(&[1_000_000, 1_000_000], &[512, 512], |region| {
    ///     let first = region.start()[0];
    ///     ndarray::ArrayD::from_shape_fn(region.shape(), |at| (first + at[0]) as f32)
    /// })?;
    /// assert_eq!(ramp.slice(ndarray::s![700_000, 5])?.compute()?[[]], 700_000.0);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunk shape does not fit the shape.
    pub fn from_fn<F, C>(shape: &[usize], chunk_shape: &[usize], chunk: F) -> Result<Self>
    where
        F: Fn(&Region) -> C + Send + Sync + 'static,
        C: IntoChunk<T> + 'static,
    {
        Ok(Self::from_source(ChunkGrid::regular(shape, chunk_shape)?, Function(chunk)))
    }

    /// A lazy array of the user's own source.
    pub fn from_source(grid: ChunkGrid, source: impl ChunkSource<T>) -> Self {
        Self::from_parts(grid.clone(), Arc::new(FromSource { grid, source }))
    }

    pub(crate) fn from_stored(grid: ChunkGrid, bytes: Arc<dyn StoredBytes>) -> Self {
        Self::from_parts(grid, Arc::new(Stored { bytes }))
    }

    /// Makes an array of a source, one operation deeper than the deepest of its inputs.
    pub(super) fn from_parts(grid: ChunkGrid, source: Arc<dyn Source<T>>) -> Self {
        Self::new(grid, 0, source)
    }

    pub(super) fn operation(grid: ChunkGrid, depth: u32, source: Arc<dyn Source<T>>) -> Self {
        if depth >= MOST_OPERATIONS {
            let error = Error::limit(format!(
                "more than {MOST_OPERATIONS} lazy operations on top of each other: compute() or save the array in between"
            ));
            return Self::failed(grid, error);
        }
        Self::new(grid, depth + 1, source)
    }

    fn new(grid: ChunkGrid, depth: u32, source: Arc<dyn Source<T>>) -> Self {
        let (depth, source) = (AtomicU32::new(depth), RwLock::new(source));
        Self { inner: Arc::new(Inner { grid, depth, source, meta: ArrayMeta::default(), notes: Arc::default() }) }
    }

    /// The array, which has just been made, as one of the same elements as another.
    pub(super) fn of_elements(mut self, other: &Self) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.notes = other.inner.notes.clone();
        }
        self
    }

    /// An array that can only fail: what an operator returns, which cannot return an error.
    pub(super) fn failed(grid: ChunkGrid, error: Error) -> Self {
        Self::from_parts(grid, Arc::new(Failed(error)))
    }

    /// The same elements, to be compressed in this way when they are saved, whatever the storage's choice. Another array:
    /// what is saved is written anew, also where the elements lie in the storage already.
    ///
    /// ```
    /// # use arraystow::{ChunkedArray, Codec};
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// let zeros = ChunkedArray::from_ndarray(ndarray::Array1::<f64>::zeros(100_000), &[50_000])?;
    /// storage.save("small", &zeros.with_codec(Codec::zstd(3)?))?;
    /// assert!(storage.info("small")?.array_bytes() < 10_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_codec(&self, codec: Codec) -> Self {
        let (grid, source) = (self.inner.grid.clone(), RwLock::new(self.source()));
        let (depth, notes) = (AtomicU32::new(self.depth()), self.inner.notes.clone());
        let meta = self.inner.meta.clone().with_codec(codec);
        Self { inner: Arc::new(Inner { grid, depth, source, meta, notes }) }
    }

    /// How the array is to be compressed, if that was chosen for it.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        self.inner.meta.codec
    }

    pub(super) fn meta(&self) -> &ArrayMeta {
        &self.inner.meta
    }

    /// Elements per axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.inner.grid.shape()
    }

    /// The number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.inner.grid.ndim()
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.grid.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.grid.is_empty()
    }

    /// How the array is cut into chunks.
    #[must_use]
    pub fn grid(&self) -> &ChunkGrid {
        &self.inner.grid
    }

    /// The data type of the elements.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        T::DATA_TYPE
    }

    /// Whether both are handles on one array. Arrays with equal elements need not be.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.inner).addr()
    }

    pub(super) fn notes(&self) -> &Notes {
        &self.inner.notes
    }

    pub(super) fn depth(&self) -> u32 {
        self.inner.depth.load(Ordering::Relaxed)
    }

    pub(super) fn source(&self) -> Arc<dyn Source<T>> {
        self.inner.source.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn replace_source(&self, bytes: Arc<dyn StoredBytes>) {
        // Nothing is below it any more: `x = x + 1; save` can go on for ever.
        self.replace_source_by(Arc::new(Stored { bytes }), 0);
    }

    pub(super) fn replace_source_by(&self, source: Arc<dyn Source<T>>, depth: u32) {
        *self.inner.source.write().unwrap_or_else(PoisonError::into_inner) = source;
        self.inner.depth.store(depth, Ordering::Relaxed);
    }

    /// Why this array can never be computed, if it cannot: itself or one of its inputs is the result of an operation
    /// that made no sense.
    pub(crate) fn failure(&self) -> Option<Error> {
        fn search(array: &dyn ErasedArray, seen: &mut HashSet<usize>, found: &mut Option<Error>) {
            if found.is_none() && seen.insert(array.address()) {
                *found = array.own_failure();
                array.inputs(&mut |input, _| search(input, seen, found));
            }
        }
        let mut found = None;
        search(self, &mut HashSet::new(), &mut found);
        found
    }

    /// The elements of a region, through what the evaluation keeps.
    pub(crate) fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        if !evaluation.keeps(self.address()) {
            return self.source().produce(evaluation, region);
        }
        assemble(&self.inner.grid, region, |number, whole| {
            evaluation.chunk(self.address(), number, whole, size_of::<T>(), || self.source().produce(evaluation, whole))
        })
    }

    /// The same, into memory of the caller's.
    pub(crate) fn read_into(
        &self,
        evaluation: &Evaluation,
        region: &Region,
        out: &mut ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        if evaluation.keeps(self.address()) {
            return super::source::copy_into(self.produce(evaluation, region)?.view(), out);
        }
        self.source().read_into(evaluation, region, out)
    }
}

impl<T: Element> Clone for ChunkedArray<T> {
    /// Another handle on the same array.
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<T: Element> fmt::Debug for ChunkedArray<T> {
    /// Shape, chunks and type; no chunk is computed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkedArray<{}>{:?}", T::DATA_TYPE, self.shape())?;
        match self.grid().chunk_shape() {
            Some(chunk) => write!(f, " in chunks of {chunk:?}"),
            None => write!(f, " in {:?} irregular chunks", self.grid().chunks_per_axis()),
        }
    }
}

/// Elements that are in memory already.
struct InMemory<T>(Elements<T>);

impl<T: Element> Source<T> for InMemory<T> {
    fn produce(&self, _: &Evaluation, region: &Region) -> Result<Elements<T>> {
        Ok(self.0.clone().slice_move(region.to_slice().as_slice()))
    }

    fn is_cheap(&self) -> bool {
        true
    }
}

/// An operation that made no sense.
struct Failed(Error);

impl<T: Element> Source<T> for Failed {
    fn produce(&self, _: &Evaluation, _: &Region) -> Result<Elements<T>> {
        Err(self.0.clone())
    }

    fn failure(&self) -> Option<Error> {
        Some(self.0.clone())
    }
}
