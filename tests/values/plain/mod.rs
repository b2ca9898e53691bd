//! Plain arrays of any type: lists, arrays of ndarray, matrices, images, types of users.

mod containers;
mod lists;
mod old_documents;
mod stowed;

use arraystow::{Element, FromPlainArray, PlainArray, Storage};
use serde::{Deserialize, Serialize};

/// A value whose field is diverted whatever its size.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "A: PlainArray", deserialize = "A: FromPlainArray"))]
pub(crate) struct Diverted<A> {
    pub(crate) name: String,
    #[serde(with = "arraystow::ndarray")]
    pub(crate) array: A,
}

/// Saves and loads a value.
pub(crate) fn round_trip<A: FromPlainArray>(storage: &Storage, array: A) -> arraystow::Result<Diverted<A>> {
    storage.save("it", &Diverted { name: "it".into(), array })?;
    storage.load("it")
}

/// A storage of each format in folders.
pub(crate) fn folders(test: impl Fn(&Storage)) {
    let folder = tempfile::tempdir().unwrap();
    for format in [arraystow::ArrayFormat::Hdf5, arraystow::ArrayFormat::Zarr] {
        test(&Storage::builder(folder.path().join(format.to_string())).array_format(format).open().unwrap());
    }
}

/// Bits, so that NaN is equal to itself.
pub(crate) fn bits<T: Element>(elements: &[T]) -> String {
    format!("{elements:?}")
}
