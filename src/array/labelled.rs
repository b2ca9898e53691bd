//! Names of axes, attributes and the fill value of chunked arrays.

use super::{AnyArray, ArrayMeta, Attr, ChunkedArray, Element, Labels};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

impl<T: Element> ChunkedArray<T> {
    /// Returns an array of the same elements, with a name for each axis, as in xarray and netCDF.
    ///
    /// If the arrays of a value use the same name for an axis that they have in common, xarray opens them as one
    /// dataset.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let air = ChunkedArray::<f32>::zeros(&[365, 721, 1440], &[1, 721, 1440])?.with_dims(["time", "lat", "lon"])?;
    /// assert_eq!(air.axis("lon"), Some(2));
    /// assert!(air.with_dims(["time", "lat"]).is_err());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there is not exactly one name for each axis, if two names are equal, or if a name is empty,
    /// longer than 200 bytes, contains a `/` or a control character, or is `.`, `dask_arrays`, `arraystow` or
    /// `arraystow_crc32c`.
    pub fn with_dims<D: Into<String>>(&self, dims: impl IntoIterator<Item = D>) -> Result<Self> {
        let dims = dims.into_iter().map(Into::into).collect();
        self.said(self.labels().with_dims(Some(dims)))
    }

    /// Returns an array of the same elements, without names of the axes. See [`with_dims`](Self::with_dims) for the
    /// opposite.
    #[must_use]
    pub fn without_dims(&self) -> Self {
        self.with_labels(self.labels().with_dims(None))
    }

    /// Returns the names of the axes, if they have names.
    ///
    /// See [`with_dims`](Self::with_dims) for an example.
    #[must_use]
    pub fn dims(&self) -> Option<&[String]> {
        self.labels().dims()
    }

    /// Returns the axis of that name. See [`with_dims`](Self::with_dims) for an example.
    #[must_use]
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.dims()?.iter().position(|dim| dim == name)
    }

    /// Returns an array of the same elements with an attribute added, or replaced if there is one with that name. See
    /// [`Attr`] for an example.
    ///
    /// # Errors
    /// `InvalidInput` if the name is empty, longer than 200 bytes, contains a control character, or has a special
    /// meaning in files (`_FillValue`: see [`with_fill`](Self::with_fill)), or if the value is NaN or infinite or
    /// contains a NUL; `Limit` if there are more than 1000 attributes, or if they have more than 32 KiB in total.
    pub fn with_attr(&self, name: impl AsRef<str>, value: impl Into<Attr>) -> Result<Self> {
        self.said(self.labels().with_attr(name.as_ref(), value.into()))
    }

    /// Returns an array of the same elements, without the attribute of that name. See [`Attr`] for an example.
    #[must_use]
    pub fn without_attr(&self, name: impl AsRef<str>) -> Self {
        self.with_labels(self.labels().without_attr(name.as_ref()))
    }

    /// Returns the attributes. See [`Attr`] for an example.
    #[must_use]
    pub fn attrs(&self) -> &BTreeMap<String, Attr> {
        self.labels().attrs()
    }

    /// Returns the attribute of that name. See [`Attr`] for an example.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&Attr> {
        self.attrs().get(name)
    }

    /// Returns an array of the same elements, where those that are equal to `fill` are missing. The fill value is
    /// stored as `_FillValue`, which xarray and netCDF use for missing elements. `count`, `any`, `all` and
    /// [`skip_nan`](Self::skip_nan) leave such elements out. Other operations compute with them as with all others.
    ///
    /// For elements that are `Option`s of numbers, the fill value is the number that is stored for `None`.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let depth = ChunkedArray::from(ndarray::array![12_i16, -9999, 7]).with_fill(-9999);
    /// assert_eq!(depth.fill(), Some(-9999));
    ///
    /// let depth = ChunkedArray::from(ndarray::array![Some(12_i16), None, Some(7)]).with_fill(Some(-9999));
    /// assert_eq!(depth.fill(), Some(Some(-9999)));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the array is computed or saved: `InvalidInput` if the data type does not have such an element.
    #[must_use]
    pub fn with_fill(&self, fill: T) -> Self {
        match T::fill_bytes(&fill) {
            Ok(bytes) => self.with_fill_bytes(bytes),
            Err(why) => Self::failed(self.grid().clone(), Error::invalid(why)),
        }
    }

    /// The same elements, of which those with these bytes are missing.
    pub(crate) fn with_fill_bytes(&self, bytes: Vec<u8>) -> Self {
        self.with_labels(self.labels().with_fill(Some(bytes)))
    }

    /// Returns the fill value, which marks missing elements, if there is one. See [`with_fill`](Self::with_fill) for an
    /// example.
    #[must_use]
    pub fn fill(&self) -> Option<T> {
        T::get(&T::DATA_TYPE, self.labels().fill()?).ok()
    }

    pub(super) fn labels(&self) -> &Labels {
        &self.meta().labels
    }

    /// Another array with the same elements.
    pub(super) fn with_labels(&self, labels: Labels) -> Self {
        self.with_meta(ArrayMeta { labels, ..self.meta().clone() })
    }

    fn said(&self, labels: Labels) -> Result<Self> {
        labels.check(self.ndim(), &T::DATA_TYPE)?;
        Ok(self.with_labels(labels))
    }
}

impl AnyArray {
    /// Returns the names of the axes, if they have names.
    ///
    /// ```
    /// # use arraystow::{AnyArray, ChunkedArray};
    /// let array = AnyArray::from(ChunkedArray::from(ndarray::array![1, 2]).with_dims(["time"])?);
    /// assert_eq!(array.dims(), Some(&["time".to_owned()][..]));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn dims(&self) -> Option<&[String]> {
        self.erased().meta().labels.dims()
    }

    /// Returns the attributes. See [`Attr`] for an example.
    #[must_use]
    pub fn attrs(&self) -> &BTreeMap<String, Attr> {
        self.erased().meta().labels.attrs()
    }
    /// Returns the bytes of the fill value, which marks missing elements, if there is one. The value itself is
    /// [`ChunkedArray::fill`].
    ///
    /// ```
    /// # use arraystow::{AnyArray, ChunkedArray};
    /// let array = AnyArray::from(ChunkedArray::from(ndarray::array![12_i16, -1, 7]).with_fill(-1));
    /// assert_eq!(array.fill_bytes(), Some(&[255, 255][..]));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn fill_bytes(&self) -> Option<&[u8]> {
        self.erased().meta().labels.fill()
    }
}
