//! The functions for users without a [`Storage`](crate::Storage): they turn a value into bytes, or pass it to any
//! serializer, and store its arrays separately.

use crate::engine::Origin;
use crate::error::{Error, Result};
use crate::plugin::document::body_format::Format;
use crate::plugin::document::frame::{Around, read_body};
use crate::plugin::drive::body;
use crate::plugin::drive::head::read_head;
use crate::plugin::drive::load::{read_document, read_from};
use crate::plugin::drive::save::{plan, root};
use crate::plugin::external::early::EarlyArrays;
use crate::plugin::external::protocols::Protocols;
use crate::plugin::resolver::Resolver;
use crate::plugin::walk::saving::PlanSettings;
use crate::plugin::write::write_durably;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::rc::Rc;

/// Serializes a value with any serde serializer. The protocols store its arrays, and the serializer gets their ids.
///
/// When the function returns, the arrays are written. If it fails, they are removed again. The caller must discard what
/// the serializer has written by then.
///
/// Only the serializer itself can reject a value that could not be read back: MessagePack writes `Some(None)` as
/// `None`, and postcard writes `untagged` enums that it cannot read. `docs/formats.md` lists such cases.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{ChunkedArray, LocalFiles, Protocols};
///
/// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
/// let ramp = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..1000), &[100])?;
/// let mut json = Vec::new();
/// arraystow::serialize(&("ramp", &ramp), &mut serde_json::Serializer::new(&mut json), &protocols)?;
///
/// let mut input = serde_json::Deserializer::from_slice(&json);
/// let (name, ramp): (String, ChunkedArray<i32>) = arraystow::deserialize(&mut input, &protocols)?;
/// assert_eq!((name.as_str(), ramp.sum()?), ("ramp", 499_500));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `Serde` if the value or the format fails; `Unsupported` if there is an array and no protocol for it; any error of
/// computing or writing an array. The error names the array's place in the value.
pub fn serialize<T, S>(value: &T, serializer: S, protocols: &Protocols) -> Result<S::Ok>
where
    T: ?Sized + Serialize,
    S: serde::Serializer,
{
    let walk = || root(value, None).serialize(serializer).map_err(|error| error.to_string());
    let (settings, early) = settings(protocols);
    let planned = plan(settings, walk);
    let mut early = early.finish();
    let (output, plan) = planned.map_err(|error| early.discard(error))?;
    write_durably(&plan, protocols, None, &mut early)?.keep();
    Ok(output)
}

/// Deserializes a value with any serde deserializer. Its arrays are found through the protocols and are lazy. See
/// [`serialize`] for an example.
///
/// # Errors
/// `Serde` if the document does not match the type; `NotFound` if an array does not exist; `TypeMismatch` or `Corrupt`
/// if it does not match the type or the id. The error names the array's place in the value.
pub fn deserialize<'de, T, D>(deserializer: D, protocols: &Protocols) -> Result<T>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    read_from(deserializer, Rc::new(Resolver::bare(protocols)))
}

/// Returns a value as a document: CBOR with a manifest of its arrays, which the protocols store.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{LocalFiles, Protocols};
///
/// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
/// let value = ("ones".to_owned(), ndarray::Array2::<f32>::ones((100, 100)));
/// let document = arraystow::to_vec(&value, &protocols)?;
/// assert!(document.len() < 1000);
/// let (name, ones): (String, ndarray::Array2<f32>) = arraystow::from_slice(&document, &protocols)?;
/// assert_eq!((name.as_str(), ones.sum()), ("ones", 10_000.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As for [`serialize`].
pub fn to_vec<T: ?Sized + Serialize>(value: &T, protocols: &Protocols) -> Result<Vec<u8>> {
    document(value, protocols, |around, body| Ok(around.put_around(body)))
}

/// Writes a value as a document, like [`to_vec`], to a writer. See [`from_reader`] for an example.
///
/// # Errors
/// As for [`serialize`], and `Io` if the writer fails; the arrays have then been removed.
pub fn to_writer<T: ?Sized + Serialize>(mut writer: impl Write, value: &T, protocols: &Protocols) -> Result<()> {
    document(value, protocols, |around, body| {
        let written = around.parts(&body).iter().try_for_each(|part| writer.write_all(part));
        written.and_then(|()| writer.flush()).map_err(|error| Error::io("cannot write the document", error))
    })
}

/// Writes the arrays, and gives the body and what lies around it to `output`. If that fails, the arrays are removed.
fn document<T: ?Sized + Serialize, O>(
    value: &T,
    protocols: &Protocols,
    output: impl FnOnce(Around, Vec<u8>) -> Result<O>,
) -> Result<O> {
    let (settings, early) = settings(protocols);
    let planned = body::write(value, Format::Cbor, settings, &protocols.limits());
    let mut early = early.finish();
    let (body, plan) = planned.map_err(|error| early.discard(error))?;
    let written = write_durably(&plan, protocols, None, &mut early)?;
    let manifest = written.manifest().with_shared(plan.shared.parts());
    let around = Around::new(Format::Cbor, &manifest, &body, &protocols.limits());
    match around.and_then(|around| output(around, body)) {
        Ok(output) => {
            written.keep();
            Ok(output)
        }
        Err(error) => Err(written.discard(error)),
    }
}

/// Returns the value of a document that [`to_vec`] has made. Its arrays are lazy. See [`to_vec`] for an example.
///
/// # Errors
/// `Corrupt` if the bytes are not a document, or if it is damaged; `Serde` if the document does not match the type;
/// `Limit` if it is larger than the limits of the protocols; for a plain `ndarray` field, `TypeMismatch` if the array
/// has another type, and `Gone` or `Corrupt` if it is missing or damaged.
pub fn from_slice<T: DeserializeOwned>(document: &[u8], protocols: &Protocols) -> Result<T> {
    from_reader(document, protocols)
}

/// Returns the value of a document, like [`from_slice`], from a reader, which is read to its end.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{LocalFiles, Protocols};
/// use std::fs::File;
///
/// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
/// let path = folder.path().join("ones.cbor");
/// arraystow::to_writer(File::create(&path)?, &ndarray::Array2::<f32>::ones((100, 100)), &protocols)?;
/// let ones: ndarray::Array2<f32> = arraystow::from_reader(File::open(&path)?, &protocols)?;
/// assert_eq!(ones.sum(), 10_000.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As for [`from_slice`], and `Io` if the reader fails.
pub fn from_reader<T: DeserializeOwned>(mut reader: impl Read, protocols: &Protocols) -> Result<T> {
    let limits = protocols.limits();
    let head = read_head(&mut reader, &limits)?;
    let body = read_body(&head, &mut reader, &limits)?;
    let resolver = if head.manifest.is_bare() {
        Resolver::bare(protocols)
    } else {
        Resolver::new(protocols, Origin::default(), &head.manifest)
    };
    read_document(body, &head, Rc::new(resolver))
}

fn settings(protocols: &Protocols) -> (PlanSettings, Rc<EarlyArrays>) {
    let early = Rc::new(EarlyArrays::new(protocols, None, None));
    let (registry, writes) = (protocols.registry().clone(), Some(early.clone()));
    (PlanSettings { registry, early: writes, ..PlanSettings::default() }, early)
}
