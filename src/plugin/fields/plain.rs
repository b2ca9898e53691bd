//! Serializes and deserializes plain arrays of fields that divert them: their elements do not pass through serde one by
//! one.

use crate::array::{ChunkedArray, DataType, Element, FromPlainArray, PlainArray, PlainReader, byte_len};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::fields::chunked::find;
use crate::plugin::fields::diverted::divert;
use crate::plugin::fields::found::FoundNdarray;
use crate::plugin::fields::found_list::FoundList;
use crate::plugin::walk::context::{lift, saving};
use crate::plugin::walk::early::add_early;
use crate::plugin::walk::errors::de_error;
use crate::plugin::walk::lookup::{begin_direct, take_whole};
use crate::plugin::walk::stack::on_reading_stack;
use ndarray::{ArrayD, ArrayViewMutD};
use serde::{Deserializer, Serializer};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Diverts an array, whatever its size.
pub(super) fn save<A, S>(array: &A, serializer: S) -> Result<S::Ok, S::Error>
where
    A: PlainArray + ?Sized,
    S: Serializer,
{
    divert(serializer, || add(array))
}

pub(super) fn add<A: PlainArray + ?Sized>(array: &A) -> Result<PersistentId> {
    let (path, measured) = saving(|state| (state.take_place(), state.measured()))?;
    if let Some(id) = measured {
        return Ok(id);
    }
    let elements = {
        let _lifted = lift();
        array.elements()
    };
    let bytes = byte_len(elements.iter());
    if let Some(early) = saving(|state| state.early(bytes))? {
        return add_early(&elements.view(), &early, path);
    }
    let elements = PlainElements::of(elements).map_err(|error| error.at_path(&path))?;
    saving(|state| state.add_plain(elements, path))?
}

/// Reads an array in whatever form the document has it.
pub(super) fn load<'de, A, D>(deserializer: D) -> Result<A, D::Error>
where
    A: FromPlainArray,
    D: Deserializer<'de>,
{
    let what = match A::AXES {
        Some(1) => FoundList::of::<A::Element, _>(deserializer)?,
        _ => FoundList::Other(<FoundNdarray as serde::Deserialize>::deserialize(deserializer)?),
    };
    found(what).map_err(de_error)
}

/// The value of what the document has.
pub(super) fn found<A: FromPlainArray>(what: FoundList) -> Result<A> {
    match what {
        FoundList::Other(FoundNdarray::Id(id)) => stored(&id),
        FoundList::Other(FoundNdarray::Fields(fields)) => fields.elements::<A::Element>().and_then(in_document),
        FoundList::List(elements) => in_document(elements),
    }
}

/// The value of elements that the document has.
fn in_document<A: FromPlainArray>(elements: PlainElements) -> Result<A> {
    let array = elements.into_array::<A::Element>().ok_or_else(|| not_of::<A>(None))?;
    in_memory(array)
}

/// The value of elements in memory.
pub(super) fn in_memory<A: FromPlainArray>(array: ArrayD<A::Element>) -> Result<A> {
    check_axes::<A>(array.ndim())?;
    let _lifted = lift();
    A::read(PlainReader::in_memory(array)).map_err(unreadable)
}

fn not_of<A: FromPlainArray>(found: Option<DataType>) -> Error {
    let found = found.map_or_else(|| "of another type".to_owned(), |found| found.to_string());
    let asked = <A::Element as Element>::DATA_TYPE;
    Error::new(ErrorKind::TypeMismatch, format!("the elements of an array are {found}, and the type asks for {asked}"))
}

fn check_axes<A: FromPlainArray>(stored: usize) -> Result<()> {
    match A::AXES {
        Some(asked) if asked != stored => Err(Error::new(
            ErrorKind::TypeMismatch,
            format!("the array is stored with {stored} axes, but the type asks for {asked}"),
        )),
        _ => Ok(()),
    }
}

/// The error of a type's own code, or one that passed through it.
pub(super) fn unreadable(error: BoxError) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(source) => {
            let text = format!("the array does not fit the type: {source}");
            Error::new(ErrorKind::TypeMismatch, text).with_source(source)
        }
    }
}

/// The value of a stored array.
pub(super) fn stored<A: FromPlainArray>(id: &PersistentId) -> Result<A> {
    let array = find::<A::Element>(id)?;
    let located = |error: Error| match crate::array::ErasedArray::stored(&array) {
        Some(stored) => stored.locate(error),
        None => error.in_array(id.file()),
    };
    check_axes::<A>(array.ndim()).map_err(located)?;
    if begin_direct(id)? {
        let mut read = |memory: ArrayViewMutD<'_, A::Element>| on_reading_stack(|| array.compute_whole_into(memory));
        let _lifted = lift();
        return A::read(PlainReader::stored(array.shape(), &mut read)).map_err(unreadable).map_err(located);
    }
    let elements = whole(id, &array)?;
    let _lifted = lift();
    A::read(PlainReader::in_memory(elements)).map_err(unreadable).map_err(located)
}

/// The elements as they were read beside others.
fn whole<T: Element>(id: &PersistentId, array: &ChunkedArray<T>) -> Result<ArrayD<T>> {
    let elements = take_whole(id)?;
    if T::default_fill().is_some() && elements.data_type() == Some(T::DATA_TYPE) {
        return elements.optional(&crate::array::ErasedArray::meta(array).labels);
    }
    let converted = match std::sync::Arc::try_unwrap(elements) {
        Ok(elements) if elements.data_type().is_none_or(|found| T::reads(&found)) => elements.into_array::<T>(),
        Ok(elements) => elements.converted(),
        Err(shared) => shared.to_array::<T>().or_else(|| shared.converted()),
    };
    converted.ok_or_else(|| {
        let found = crate::array::ErasedArray::data_type(array);
        Error::invalid(format!("an array of {found} is not of its own data type"))
    })
}
