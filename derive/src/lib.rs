//! The macros of arraystow. The crate `arraystow` re-exports them; use them from there.

mod diagnostics;
mod element;
mod expand;
mod item;
mod labels;
mod options;
mod persistent;
mod serde_attributes;

use proc_macro::TokenStream;

/// Sets how the arrays in the fields of a struct or an enum are stored.
///
/// Put the attribute above the derives, and the options on the fields:
///
/// ```
/// use arraystow::ChunkedArray;
/// use ndarray::Array2;
/// use serde::{Deserialize, Serialize};
///
/// #[arraystow::stow]
/// #[derive(Serialize, Deserialize)]
/// struct Survey {
///     name: String,
///     #[stow(chunks = [64, 64], codec = "zstd:3")]
///     height: ChunkedArray<f32>,
///     #[stow(inline)]
///     mask: Array2<bool>,
///     #[stow(astype)]
///     #[serde(alias = "old")]
///     weight: Option<ChunkedArray<f64>>, // was f32 once
/// }
/// ```
///
/// | option | for | what it does |
/// | --- | --- | --- |
/// | `chunks = [64, 64]` | saving | divides the array into chunks of this shape, with one number for each axis |
/// | `codec = "zstd:3"` | saving | compresses the chunks with this codec instead of the storage's |
/// | `dims = ["time", "lat"]` | saving | names the axes of the array |
/// | `units = "K"` | saving | adds the attribute `units` |
/// | `attrs(long_name = "height", valid_min = -500)` | saving | adds attributes: strings, integers, floats |
/// | `inline` | saving | keeps a plain array in the document, whatever its size |
/// | `astype` | loading | accepts an array of another element type and converts it, as `ChunkedArray::astype` does |
///
/// Codecs are `none`, `gzip:1` to `gzip:12`, `zstd:1` to `zstd:22`, and in object stores `blosc` and `pcodec:0` to
/// `pcodec:12`. A plain `ndarray` that is too small to be diverted stays in the document, even with `chunks` or
/// `codec`. With names or attributes it is always diverted. Names, attributes and a codec of the array itself take
/// precedence over those of its field.
///
/// The options of a field apply to every array in it: inside `Option`, `Vec`, `Box`, `Arc`, arrays, tuples and the
/// values of maps. An array that the storage already holds in these chunks is kept or linked, as without options, and
/// keeps its codec until it is written again. An array in other chunks is rechunked when it is saved. The codec of
/// `ChunkedArray::with_codec` takes precedence over the field's. A `ChunkedArray` that is in fields with different
/// options is stored once for each set of options.
///
/// # Lists and matrices
///
/// A `Vec`, `VecDeque` or `Box<[T]>` of elements, a matrix or an image (`arraystow::PlainArray`) can have options too,
/// as the field's type or in an `Option`. It is then diverted like an `ndarray`: if it has 4 KiB or more, or always
/// with names or attributes. A small list stays in the document, as it does without the macro. A list of lists cannot
/// have options. In a generic type, a field can have these options only if its type does not depend on the generic
/// parameters.
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[arraystow::stow]
/// #[derive(Serialize, Deserialize)]
/// struct Recording {
///     station: String,
///     #[stow(dims = ["time"], units = "K", codec = "zstd:3")]
///     kelvin: Vec<f32>,
/// }
/// ```
///
/// The elements of a plain array with options do not pass through serde, as with `arraystow::ndarray`.
///
/// # With serde's attributes
///
/// The macro adds a `serialize_with` and, for `astype` and where the field has none, a `deserialize_with`. A field with
/// options for saving cannot have a `serialize_with` of its own, and a field with `astype` cannot have a
/// `deserialize_with`. All other serde attributes work as without the macro. A missing `Option` is still `None`. In a
/// generic type, the impls have bounds on the types of the arrays; a `#[serde(bound(..))]` on the field replaces them.
///
/// # Compile errors
///
/// It is a compile error if an option is unknown, is given twice, is invalid or would have no effect, if there is no
/// such codec, or if there is no serde `#[derive]` below the macro. A derive above the macro does not see the
/// attributes that the macro adds.
#[proc_macro_attribute]
pub fn stow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::stow(arguments.into(), item.into()).into()
}

/// Makes the objects of a type external objects, which a registered serializer stores outside the document.
///
/// The derive implements serde's `Serialize` and `Deserialize`. Wherever an object of the type occurs in a saved value,
/// the document has its persistent id. The type's `arraystow::PersistentSerializer` writes and reads the object itself.
///
/// The type must be `Clone`. It cannot have generic parameters, because it is registered as one type.
///
/// ```
/// # use arraystow::persistent::{BoxError, ExternalFiles, PersistentSerializer};
/// # use std::io::{Read, Write};
/// use arraystow::{LocalFiles, Persistent, Protocols};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Persistent)]
/// struct Log(String);
///
/// struct Logs; // its PersistentSerializer
/// # impl PersistentSerializer for Logs {
/// #     type Object = Log;
/// #     const NAME: &'static str = "example.org/logs";
/// #     fn write(&self, log: &Log, files: &ExternalFiles) -> Result<(), BoxError> {
/// #         let mut file = files.create("log")?;
/// #         file.write_all(log.0.as_bytes())?;
/// #         Ok(file.finish()?)
/// #     }
/// #     fn read(&self, files: &ExternalFiles) -> Result<Log, BoxError> {
/// #         let mut text = String::new();
/// #         files.open("log")?.read_to_string(&mut text)?;
/// #         Ok(Log(text))
/// #     }
/// #     fn remove(&self, files: &ExternalFiles) -> Result<(), BoxError> {
/// #         Ok(files.remove("log")?)
/// #     }
/// # }
///
/// #[derive(Serialize, Deserialize)]
/// struct Run {
///     seed: u64,
///     log: Log, // a file of its own
/// }
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// // Or Storage::builder(folder).serializer(Logs).
/// let protocols = Protocols::new().with_file(LocalFiles::new(folder)?).with_serializer(Logs);
/// let document = arraystow::to_vec(&Run { seed: 7, log: Log("begun, ended".into()) }, &protocols)?;
/// let run: Run = arraystow::from_slice(&document, &protocols)?;
/// assert_eq!(run.log.0, "begun, ended");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[proc_macro_derive(Persistent)]
pub fn derive_persistent(item: TokenStream) -> TokenStream {
    persistent::derive(item.into()).into()
}

/// Makes a struct or an enum an element type of arrays.
///
/// A struct with named fields becomes a record: a compound type in HDF5, a structured type in Zarr and numpy. The types
/// of its fields must be element types too. An enum without fields becomes an enumeration: integers of the type in its
/// `#[repr(..)]`, with the variants' names.
///
/// The type must also implement `Clone`, `Debug`, `Default` and `PartialEq`, and cannot have generic parameters.
///
/// ```
/// use arraystow::{ChunkedArray, Element, FixedText};
///
/// #[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
/// #[repr(u8)]
/// enum Quality {
///     #[default]
///     Good = 0,
///     Doubtful = 1,
///     Bad = 4,
/// }
///
/// #[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
/// struct Reading {
///     station: FixedText<8>,
///     position: [f32; 3],
///     temperature: f64,
///     quality: Quality,
/// }
///
/// let reading = Reading { station: FixedText::new("Brocken")?, temperature: 271.5, ..Reading::default() };
/// let readings = ChunkedArray::full(&[1000], reading, &[100])?;
/// assert_eq!(readings.map(|reading| reading.temperature).max()?, 271.5);
/// # Ok::<(), arraystow::Error>(())
/// ```
///
/// A plain `ndarray` field of such elements is diverted like numbers if the type also implements serde's traits.
///
/// An array can be read as a record type if it has the same fields in the same order, and as an enumeration if the Rust
/// type has all of the stored names. A stored integer without a name is an error.
#[proc_macro_derive(Element)]
pub fn derive_element(item: TokenStream) -> TokenStream {
    element::derive(item.into()).into()
}
