//! Saves Rust values that hold large arrays: serde for the value, HDF5 or Zarr for the arrays.
//!
//! A result is often a struct with names, parameters and a few very large arrays. arraystow saves such a value as a
//! whole:
//!
//! - serde writes the ordinary fields into a small *document*.
//! - Each array is diverted to an array format: HDF5 or Zarr in local folders, Zarr in object stores. The document
//!   refers to the array by a *persistent id*, like the `persistent_id` of Python's pickle.
//! - Loaded arrays are lazy. Removing a value removes its arrays, and needs no Rust type.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("surveys");
//! use arraystow::{ChunkedArray, Storage};
//! use ndarray::{Array2, s};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Survey {
//!     name: String,
//!     spacing_deg: f64,
//!     height: ChunkedArray<f32>, // diverted; lazy when loaded
//!     land: Array2<bool>,        // a plain ndarray field: diverted too, loaded whole
//! }
//!
//! let survey = Survey {
//!     name: "a ramp".into(),
//!     spacing_deg: 0.25,
//!     height: ChunkedArray::from_fn(&[721, 1440], &[128, 128], |region| {
//!         let first_row = region.start()[0];
//!         ndarray::ArrayD::from_shape_fn(region.shape(), |at| (first_row + at[0]) as f32)
//!     })?,
//!     land: Array2::from_elem((721, 1440), true),
//! };
//!
//! let storage = Storage::open(folder)?;
//! storage.save("global/ramp", &survey)?;
//!
//! let survey: Survey = storage.load("global/ramp")?; // no chunk of `height` is read
//! let tile = survey.height.slice(s![0..64, 0..64])?.compute()?; // reads only the chunks it overlaps
//! assert_eq!(tile[[63, 0]], 63.0);
//!
//! for entry in storage.list("global/*")? {
//!     println!("{:?}: {} bytes", entry.name, entry.bytes);
//! }
//! storage.remove("global/ramp")?; // document and arrays
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to look
//!
//! - [`Storage`]: named values in a folder or an object store: save, load, list, info, remove, copy.
//! - [`Session`]: a save of one value that many threads, processes or machines write, from [`Storage::begin`].
//! - [`ChunkedArray`]: the lazy, chunked array. [`ChunkSource`] computes the chunks of one. [`AnyArray`] is an array
//!   whose element type is known only at run time.
//! - [`Value`]: a value without its Rust type, from [`Storage::value`]. [`Storage::array`] returns one of its arrays.
//! - [`mod@ndarray`], [`mod@vec`]: `#[serde(with = "arraystow::ndarray")]` and `"arraystow::vec"` for fields of plain
//!   arrays, matrices and lists. [`PlainArray`] lists the types.
//! - [`macro@stow`]: options of single fields.
//! - [`Shared`], [`WeakShared`]: values that occur in several places, trees with parents, graphs.
//! - [`persistent`]: external objects, parts of a value that a [`PersistentSerializer`] writes to files of its own.
//! - [`to_vec`], [`from_slice`], [`to_writer`], [`from_reader`]: a value as bytes, its arrays in [`Protocols`].
//!   [`serialize`], [`deserialize`]: the same around any serde format.
//! - [`Hdf5File`], [`ZarrStore`]: arrays that other programs have written, in place.
//! - [`Storage::pack`], [`PackedFile`]: a value as one HDF5 file for other programs, and the way back.
//! - [`FileProtocol`]: HDF5 files in places other than a local folder.
//! - [`Storage::query`]: values by their fields, among many.
//! - [`pages`], in this documentation: the [start](pages::start), the [guide](pages::guide) with a page for each
//!   subject, the guarantees, the layout on disk.
//! - [`Task`]: progress and cancellation. [`unblock`] and the functions that end in `_async` do not block an executor.
//!
//! # Words
//!
//! | word | meaning |
//! | --- | --- |
//! | value | what is saved and loaded as a whole, of any type that serde supports |
//! | name | what a value is saved under, such as `global/ramp`; the segments before the last one are its workflow |
//! | workflow | a folder of documents |
//! | document | the file, or the object of an object store, that has the ordinary fields of a value |
//! | array | a `ChunkedArray`, an `ndarray` or a list that is stored outside the document, in HDF5 or Zarr |
//! | diverted | stored outside the document |
//! | external object | a part of a value that its own [serializer](persistent) writes to files outside the document |
//! | object, key | an entry of an object store, and its name |
//!
//! The [guide](pages::guide) explains more of them.
//!
//! # What is diverted
//!
//! - A [`ChunkedArray`], always. A `ChunkedArray` that occurs twice in a value is stored in one file, and is one array
//!   again after loading.
//! - A plain [`ndarray::Array`](::ndarray::Array) of 4 KiB or more, anywhere in the value, without any attribute, if
//!   its elements are numbers, bools, strings, or structs of these. [Fields](pages::fields#plain-arrays) has the rule.
//! - A list, an array, a matrix or an image whose field has `#[serde(with = "arraystow::vec")]` or
//!   `"arraystow::ndarray"`.
//!
//! # What can be loaded again
//!
//! Values that are saved in CBOR, JSON or pickle can be loaded again. A save fails if the value could not be loaded, as
//! far as the value alone shows this: `Some(None)`, NaN in JSON, duplicate keys, keys that JSON does not support, and
//! more than 255 levels of nesting (127 in JSON). These checks do not apply to a serializer that you pass to
//! [`serialize`].
//!
//! [`docs/formats.md`][formats] has a table of forms and formats. [`docs/schema-evolution.md`][evolution] describes
//! what happens when types change.
//!
//! [formats]: https://github.com/arraystow/arraystow/blob/main/docs/formats.md
//! [evolution]: https://github.com/arraystow/arraystow/blob/main/docs/schema-evolution.md
//!
//! # Field options
//!
//! With the attribute macro [`macro@stow`] above the derives, the attribute of a field sets how its arrays are stored:
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let storage = arraystow::Storage::open(folder.path())?;
//! use arraystow::ChunkedArray;
//! use ndarray::Array2;
//! use serde::{Deserialize, Serialize};
//!
//! #[arraystow::stow]
//! #[derive(Serialize, Deserialize)]
//! struct Survey {
//!     #[stow(chunks = [64, 64], codec = "zstd:3")]
//!     height: ChunkedArray<f32>,
//!     #[stow(inline)] // stays in the document, whatever its size
//!     mask: Array2<bool>,
//!     #[stow(astype)] // f32 in the file is converted lazily
//!     weight: Option<ChunkedArray<f64>>,
//! }
//!
//! let height = ChunkedArray::from_ndarray(Array2::zeros((720, 1440)), &[720, 1440])?;
//! let survey = Survey { height, mask: Array2::from_elem((720, 1440), true), weight: None };
//! storage.save("global/zero", &survey)?;
//!
//! let info = storage.info("global/zero")?;
//! assert_eq!(info.arrays.len(), 1);
//! assert_eq!(info.arrays[0].grid.chunk_shape(), Some(vec![64, 64]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Without the macro, `#[serde(deserialize_with = "arraystow::astype")]` ([`fn@astype`]) converts as well.
//!
//! # Features
//!
//! - `derive` (default): the macros [`macro@stow`], [`derive@Element`] and [`derive@Persistent`].
//! - `hdf5` (default): arrays as HDF5 files, in folders and through any [`FileProtocol`].
//! - `zarr`: arrays as Zarr, in folders, and sessions. It is part of `s3`, `gcs` and `azure`. It needs a C and a C++
//!   compiler, but neither HDF5 nor CMake.
//! - `s3` (default): [`Storage`] at `s3://` URLs, and [`ObjectStoreProtocol`]. `gcs` and `azure` add `gs://` and
//!   `az://`.
//! - `jiff`: `jiff::Timestamp` and `jiff::SignedDuration` as elements of arrays.
//! - `nalgebra`, `faer`, `image`: matrices and images of these crates as [`PlainArray`]s.
//! - `tracing`: spans and events of the crate `tracing`; [their names](pages::tracing).
//! - `static` (default): builds HDF5 from source and links it statically, which needs a C compiler and CMake 3.26 or
//!   later. Without this feature, the system's libhdf5 is used, 1.14 or later.
//! - `conformance`: the test suite that every implementation of a protocol must pass.
//! - `faults`: for this crate's own tests, which observe calls on the file system and make them fail or delay them.
//!
// Without a feature, its items are links into the documentation on docs.rs.
#![cfg_attr(
    not(feature = "derive"),
    doc = "[`macro@stow`]: https://docs.rs/arraystow/latest/arraystow/attr.stow.html",
    doc = "[`derive@Element`]: https://docs.rs/arraystow/latest/arraystow/derive.Element.html",
    doc = "[`derive@Persistent`]: https://docs.rs/arraystow/latest/arraystow/derive.Persistent.html"
)]
#![cfg_attr(
    not(feature = "hdf5"),
    doc = "[`Hdf5File`]: https://docs.rs/arraystow/latest/arraystow/struct.Hdf5File.html",
    doc = "[`PackedFile`]: https://docs.rs/arraystow/latest/arraystow/struct.PackedFile.html",
    doc = "[`Storage::pack`]: https://docs.rs/arraystow/latest/arraystow/struct.Storage.html#method.pack"
)]
#![cfg_attr(
    not(feature = "zarr"),
    doc = "[`ZarrStore`]: https://docs.rs/arraystow/latest/arraystow/struct.ZarrStore.html",
    doc = "[`Session`]: https://docs.rs/arraystow/latest/arraystow/struct.Session.html",
    doc = "[`Storage::begin`]: https://docs.rs/arraystow/latest/arraystow/struct.Storage.html#method.begin"
)]
#![cfg_attr(
    not(feature = "object-store"),
    doc = "[`ObjectStoreProtocol`]: https://docs.rs/arraystow/latest/arraystow/struct.ObjectStoreProtocol.html"
)]
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(feature = "object-store"))))]
#![cfg_attr(not(any(feature = "hdf5", feature = "zarr")), allow(dead_code, reason = "arrays need a format"))]

#[cfg(not(target_endian = "little"))]
compile_error!("arraystow stores elements as they lie in memory and supports little-endian machines only");

mod array;
mod backend;
#[cfg(feature = "conformance")]
pub mod conformance;
mod engine;
mod error;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod foreign;
mod limits;
mod lock;
mod near;
// Its code needs these features.
#[cfg(any(all(doc, not(doctest)), all(doctest, feature = "derive", feature = "hdf5", feature = "s3")))]
pub mod pages;
mod per_process;
mod plugin;
mod protocol;
#[cfg(test)]
mod rules;
mod storage;
mod task;
mod trace;

#[cfg(feature = "derive")]
pub use arraystow_derive::{Element, Persistent, stow};

pub use array::{
    AnyArray, AnyNdArray, Arithmetic, Attr, ChunkGrid, ChunkSource, ChunkedArray, Chunking, Codec, DataType, Element,
    EncodedNdArray, EnumType, Field, FixedBytes, FixedText, FromPlainArray, IntoChunk, Number, Operand, Padding,
    PlainArray, PlainReader, RealElement, RecordType, Reduction, Region, SubarrayType, Summable, TimeUnit,
};
#[cfg(any(feature = "hdf5", feature = "zarr"))]
pub use backend::{ArrayForm, FoundArray, FoundArrays};
pub use engine::{Chunks, SkipNan, unblock};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "hdf5")]
pub use foreign::Hdf5File;
#[cfg(feature = "zarr")]
pub use foreign::ZarrStore;
pub use limits::Limits;
pub use plugin::persistent::{self, PersistentSerializer};
pub use plugin::{
    Format, InlineArray, PersistentId, Protocols, Shared, Value, WeakShared, astype, deserialize, from_reader,
    from_slice, ndarray, serialize, to_vec, to_writer, vec,
};
pub use protocol::LocalFiles;
#[cfg(feature = "zarr")]
pub use protocol::ZarrVersion;
#[cfg(feature = "faults")]
pub use protocol::faults;
pub use protocol::{ArrayFormat, Durability, FileHandle, FileProtocol, FileReader, FileWriter, OpenMode};
#[cfg(feature = "object-store")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "s3", feature = "gcs", feature = "azure"))))]
pub use protocol::{ObjectStoreProtocol, S3Protocol};
#[cfg(feature = "hdf5")]
pub use storage::PackedFile;
pub use storage::{
    ArrayAction, ArrayInfo, ArrayPreview, Comparison, ExternalObjectInfo, Leftover, LeftoverKind, ListEntry, Query,
    QueryMatch, Repair, RepairedArray, SavePreview, SaveReport, Storage, StorageBuilder, Sweep, ValueInfo,
    Verification, VerifyDepth, Version,
};

/// Compiles and runs the code of the README and of the macros.
#[cfg(all(doctest, feature = "derive", feature = "hdf5", feature = "s3"))]
mod code_of_pages {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../derive/src/stow.md")]
    struct MacroStow;
    #[doc = include_str!("../derive/src/persistent.md")]
    struct MacroPersistent;
    #[doc = include_str!("../derive/src/element.md")]
    struct MacroElement;
}
#[cfg(feature = "zarr")]
pub use storage::{AnySlot, MissingRegion, Receipt, Session, Slot, Ticket};
pub use task::{Task, TaskProgress};

/// Items that the expanded macros use. They are not part of the public interface, and may change in every release.
#[doc(hidden)]
pub mod __private {
    pub use crate::array::{
        DataType, Encoding, EnumName, EnumType, Field, RecordReader, RecordType, default_memory, in_field,
    };
    pub use crate::plugin::kinds;
    pub use crate::plugin::{FieldAttr, HoldsArrays, HoldsAxes, HoldsPlain, Options, serialize_field};
    pub use serde;
}
