//! The macros of arraystow, which exports them: use them from there.

mod expand;
mod item;
mod options;
mod persistent;
mod serde_attributes;

use proc_macro::TokenStream;

/// Options for the arrays in the fields of a struct or an enum.
///
/// It stands above the derives, and the options at the fields:
///
/// ```
/// use arraystow::ChunkedArray;
/// use ndarray::Array2;
/// use serde::{Deserialize, Serialize};
///
/// #[arraystow::persist]
/// #[derive(Serialize, Deserialize)]
/// struct Survey {
///     name: String,
///     #[persist(chunks = [64, 64], codec = "zstd:3")]
///     height: ChunkedArray<f32>,
///     #[persist(inline)]
///     mask: Array2<bool>,
///     #[persist(astype)]
///     #[serde(alias = "old")]
///     weight: Option<ChunkedArray<f64>>, // was f32 once
/// }
/// ```
///
/// | option | for | what it does |
/// | --- | --- | --- |
/// | `chunks = [64, 64]` | saving | cuts the array into chunks of this shape, one number for each axis |
/// | `codec = "zstd:3"` | saving | compresses its chunks in this way, whatever the storage's choice |
/// | `inline` | saving | keeps a plain `ndarray` in the document, whatever its size |
/// | `astype` | loading | takes an array of another element type, converted as by `ChunkedArray::astype` |
///
/// Codecs are `none`, `gzip:1` to `gzip:12`, `zstd:1` to `zstd:22`, and in object stores `blosc` and `pcodec:0` to
/// `pcodec:12`. A plain `ndarray` that is too small to be diverted stays in the document, chunks and codec or not.
///
/// What is given at a field is for every array in it: within `Option`, `Vec`, `Box`, `Arc`, arrays, tuples and the values of
/// maps. An array that lies in the storage already, cut in this very way, stays where it is or is linked, as without options;
/// it keeps its codec until it is written anew. One that is cut otherwise is cut anew when it is saved. `with_codec` of an
/// array wins over the field's codec. One `ChunkedArray` in fields of different options is stored for each of them.
///
/// # With serde's attributes
///
/// The macro gives the field a `serialize_with` or a `deserialize_with`, so a field cannot have its own, and every other
/// attribute of serde's works as it does without. A missing `Option` is `None` with `astype` too. In a generic type, the
/// arrays' types are bounds of the impls; a `#[serde(bound(..))]` at the field replaces these.
///
/// # Compile errors
///
/// Options that are unknown, are given twice, make no sense or would have no effect; levels that a codec does not have; no
/// `#[derive]` of serde's below the macro, since one above does not see what the macro makes of the fields.
#[proc_macro_attribute]
pub fn persist(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::persist(arguments.into(), item.into()).into()
}

/// Marks a type as one that a registered serializer keeps outside the document.
///
/// It implements serde's `Serialize` and `Deserialize`: wherever a value of the type stands in an object, the document has its
/// persistent id, and `arraystow::PersistentSerializer` says how the value itself is written and read. The type cannot have
/// parameters, since it is registered as one type, and is to be `Clone`.
///
/// ```
/// # use arraystow::persistent::{BoxError, PersistentSerializer};
/// # use arraystow::PersistentId;
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
/// #     fn write(log: &Log, id: &PersistentId, protocols: &Protocols) -> Result<(), BoxError> {
/// #         let mut file = protocols.create_file(&id.with_extension("log"))?;
/// #         file.write_all(log.0.as_bytes())?;
/// #         Ok(file.finish()?)
/// #     }
/// #     fn read(id: &PersistentId, protocols: &Protocols) -> Result<Log, BoxError> {
/// #         let mut text = String::new();
/// #         protocols.open_file(&id.with_extension("log"))?.read_to_string(&mut text)?;
/// #         Ok(Log(text))
/// #     }
/// #     fn remove(id: &PersistentId, protocols: &Protocols) -> Result<(), BoxError> {
/// #         Ok(protocols.remove_file(&id.with_extension("log"))?)
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
/// // Or Storage::builder(folder).serializer::<Logs>().
/// let protocols = Protocols::new().with_file(LocalFiles::new(folder)?).with_serializer::<Logs>();
/// let document = arraystow::to_vec(&Run { seed: 7, log: Log("begun, ended".into()) }, &protocols)?;
/// let run: Run = arraystow::from_slice(&document, &protocols)?;
/// assert_eq!(run.log.0, "begun, ended");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[proc_macro_derive(Persistent)]
pub fn derive_persistent(item: TokenStream) -> TokenStream {
    persistent::derive(item.into()).into()
}
