//! Shared references: identity is kept across a save and a load, whatever the graph.

mod arrays;
mod beside;
mod chains;
mod forms;
mod graphs;
mod refusals;

use arraystow::{Format, LocalFiles, Protocols, Storage};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A folder and what lies in it.
struct Place {
    folder: tempfile::TempDir,
    protocols: Protocols,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path().join("arrays")).unwrap());
    Place { folder, protocols }
}

/// What is loaded of a value: a body of CBOR by bytes, one of CBOR and one of JSON in a storage; around a serializer of
/// JSON and one of MessagePack, with the shared values in a file.
fn everywhere<T: Serialize + DeserializeOwned>(value: &T) -> [T; 5] {
    let place = place();
    let storage = |format| Storage::builder(place.folder.path()).format(format).open().unwrap();
    let by_storage = |name: &str, format| {
        let storage = storage(format);
        storage.save(name, value).unwrap();
        storage.load(name).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let bytes = arraystow::to_vec(value, &place.protocols).unwrap();
    [
        arraystow::from_slice(&bytes, &place.protocols).unwrap(),
        by_storage("cbor", Format::Cbor),
        by_storage("json", Format::Json),
        beside::json(value, &place.protocols).unwrap(),
        beside::message_pack(value, &place.protocols).unwrap(),
    ]
}

/// Runs on a thread with the stack that Rust gives its threads.
fn on_a_small_stack<R: Send + 'static>(run: impl FnOnce() -> R + Send + 'static) -> R {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
}
