//! The chunked array and its properties. Constructors and operations are in other files of this folder.

use super::notes::Notes;
use super::source::{Elements, Source, address_of, assemble};
use super::stored::Stored;
use super::{ArrayMeta, ChunkGrid, Codec, DataType, Element, ErasedArray, Evaluation, Region, StoredBytes};
use crate::error::{Error, Result};
use crate::lock::RwLock;
use ndarray::ArrayViewMutD;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The most nested lazy operations. Reading and dropping recurse through them.
const MOST_OPERATIONS: u32 = 200;

/// An n-dimensional array in chunks: a shape, a chunk grid, a data type and a source that produces chunks on demand. It
/// is immutable. A clone is another handle on the same array.
///
/// Operations ([`map`](Self::map), arithmetic, [`slice`](Self::slice()), [`rechunk`](Self::rechunk), ...) are lazy and
/// read nothing; [`compute`](Self::compute) and the reductions read chunk by chunk, on all processors.
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
///
/// The properties of an array are known without reading it. Reductions read the whole array, one chunk at a time:
///
/// ```
/// use arraystow::{ChunkedArray, DataType};
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &[1, 2])?;
/// assert_eq!((array.shape(), array.ndim(), array.len(), array.is_empty()), (&[2, 3][..], 2, 6, false));
/// assert_eq!(array.data_type(), DataType::Float64);
/// assert_eq!(array.grid().chunks(), [vec![1, 1], vec![2, 1]]);
/// assert_eq!(array.chunk(&[1, 0])?, ndarray::array![[4.0, 5.0]].into_dyn());
///
/// assert_eq!((array.count()?, array.sum()?, array.mean()?), (6, 21.0, 3.5));
/// assert_eq!((array.min()?, array.max()?), (1.0, 6.0));
/// assert_eq!(array.var(1)?, 3.5);
/// let is_high = array.map(|x| x > 5.0);
/// assert!(is_high.any()? && !is_high.all()?);
/// # Ok::<(), arraystow::Error>(())
/// ```
pub struct ChunkedArray<T: Element> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    grid: ChunkGrid,
    /// The number of nested lazy operations, including this one.
    depth: AtomicU32,
    /// Behind a lock: a save that removes the arrays that an expression reads from replaces its source.
    source: RwLock<Arc<dyn Source<T>>>,
    /// Whether the source is cheap. It is noted, since a view asks its inputs, and these theirs.
    is_cheap: AtomicBool,
    /// The choices made for this array.
    meta: ArrayMeta,
    notes: Arc<Notes>,
}

impl<T: Element> ChunkedArray<T> {
    pub(crate) fn from_stored(grid: ChunkGrid, bytes: Arc<dyn StoredBytes>) -> Self {
        let meta = ArrayMeta::of_labels(bytes.labels().clone());
        let array = Self::from_parts(grid, Arc::new(Stored { bytes }));
        array.with_meta(meta)
    }

    /// An array whose source has no other arrays as inputs.
    pub(super) fn from_parts(grid: ChunkGrid, source: Arc<dyn Source<T>>) -> Self {
        Self::new(grid, 0, source)
    }

    /// An array that is computed from others. `depth` is that of the deepest of them.
    pub(super) fn operation(grid: ChunkGrid, depth: u32, source: Arc<dyn Source<T>>) -> Self {
        if depth >= MOST_OPERATIONS {
            let error = Error::limit(format!(
                "more than {MOST_OPERATIONS} nested lazy operations: compute() or save the array in between"
            ));
            return Self::failed(grid, error);
        }
        Self::new(grid, depth + 1, source)
    }

    /// An array that is computed from this one, chunk by chunk, with other elements: it keeps the names of the axes
    /// only.
    pub(super) fn mapped<U: Element>(&self, source: Arc<dyn Source<U>>) -> ChunkedArray<U> {
        let meta = ArrayMeta::of_labels(self.labels().dims_only());
        ChunkedArray::operation(self.grid().clone(), self.depth(), source).chosen(meta)
    }

    fn new(grid: ChunkGrid, depth: u32, source: Arc<dyn Source<T>>) -> Self {
        let is_cheap = AtomicBool::new(source.is_cheap());
        let (depth, source) = (AtomicU32::new(depth), RwLock::new(source));
        let meta = ArrayMeta::default().with_fill_of::<T>();
        Self { inner: Arc::new(Inner { grid, depth, source, is_cheap, meta, notes: Arc::default() }) }
    }

    /// An array that was just made, with what is chosen of it.
    pub(super) fn chosen(mut self, meta: ArrayMeta) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.meta = meta.with_fill_of::<T>();
        }
        self
    }

    /// Marks an array that was just made as one with the same elements as another.
    pub(super) fn of_elements(mut self, other: &Self) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.notes = other.inner.notes.clone();
        }
        self
    }

    /// Returns an array of the same elements with its own codec, which takes precedence over the storage's. Saving it
    /// writes the array again, even if the storage already has the array.
    ///
    /// Call this after all other operations. The arrays that operations such as [`rechunk`](Self::rechunk) and
    /// [`slice`](Self::slice) return have no codec of their own; [`appended`](Self::appended) and
    /// [`updated`](Self::updated) keep it.
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
        self.with_meta(self.inner.meta.clone().with_codec(codec))
    }

    /// Another array with the same elements, of which this is chosen.
    pub(super) fn with_meta(&self, meta: ArrayMeta) -> Self {
        let (grid, source) = (self.inner.grid.clone(), RwLock::new(self.source()));
        let (depth, notes) = (AtomicU32::new(self.depth()), self.inner.notes.clone());
        let is_cheap = AtomicBool::new(self.is_cheap());
        Self { inner: Arc::new(Inner { grid, depth, source, is_cheap, meta, notes }) }
    }

    /// Returns the array's own codec, if it has one; see [`with_codec`](Self::with_codec).
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        self.inner.meta.codec
    }

    pub(super) fn meta(&self) -> &ArrayMeta {
        &self.inner.meta
    }

    /// Returns the number of elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.inner.grid.shape()
    }

    /// Returns the number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.inner.grid.ndim()
    }

    /// Returns the number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.grid.len()
    }

    /// Returns whether the array has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.grid.is_empty()
    }

    /// Returns the chunk grid: how the array is divided into chunks.
    #[must_use]
    pub fn grid(&self) -> &ChunkGrid {
        &self.inner.grid
    }

    /// Returns the data type of the elements.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        T::DATA_TYPE
    }

    /// Returns whether both are handles on the same array, as [`Arc::ptr_eq`]. Elements are not compared.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::<f32>::zeros(&[4], &[2])?;
    /// assert!(array.ptr_eq(&array.clone()));
    /// assert!(!array.ptr_eq(&ChunkedArray::zeros(&[4], &[2])?));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
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

    /// Whether producing elements costs no more than copying them.
    pub(super) fn is_cheap(&self) -> bool {
        self.inner.is_cheap.load(Ordering::Relaxed)
    }

    pub(super) fn source(&self) -> Arc<dyn Source<T>> {
        self.inner.source.read().clone()
    }

    pub(super) fn replace_source(&self, bytes: Arc<dyn StoredBytes>) {
        // The depth is 0 again, so that `x = x + 1` and a save can be repeated without end.
        self.replace_source_by(Arc::new(Stored { bytes }), 0);
    }

    pub(super) fn replace_source_by(&self, source: Arc<dyn Source<T>>, depth: u32) {
        self.inner.is_cheap.store(source.is_cheap(), Ordering::Relaxed);
        *self.inner.source.write() = source;
        self.inner.depth.store(depth, Ordering::Relaxed);
    }

    /// The error if this array, or one of its inputs, is the result of an invalid operation. Such an array can never be
    /// computed.
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

    /// The elements of a region. Chunks that the evaluation keeps are not produced again.
    pub(crate) fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let source = self.source();
        let address = address_of(&source);
        if !evaluation.keeps(address) {
            return source.produce(evaluation, region);
        }
        assemble(&self.inner.grid, region, |number, whole| {
            let beside = |elements: &Elements<T>| T::bytes_beside(elements.iter());
            let produce = || source.produce(evaluation, whole);
            evaluation.chunk(address, number, whole, size_of::<T>(), beside, produce)
        })
    }

    /// Writes the elements of a region to the caller's memory.
    pub(crate) fn read_into(
        &self,
        evaluation: &Evaluation,
        region: &Region,
        out: &mut ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        let source = self.source();
        if evaluation.keeps(address_of(&source)) {
            return super::source::copy_into(self.produce(evaluation, region)?.view(), out);
        }
        source.read_into(evaluation, region, out)
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
