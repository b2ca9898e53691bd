//! Files of people and of other programs beside the documents: they stop nothing, and stay.

use super::documents::{FOREIGN, Fields, each_place, fields, is_array, put};
use arraystow::{ErrorKind, Limits, Storage, StorageBuilder};
use object_store::memory::InMemory;
use std::path::Path;
use std::sync::Arc;

/// The files that are no pickles, which may be damaged documents of FunctionFuse.
fn others() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FOREIGN.into_iter().filter(|(name, _)| *name != "seed")
}

#[test]
fn objects_of_others_stop_no_query_no_removal_and_no_repair() {
    let client = Arc::new(InMemory::new());
    let limits = Limits::default().document_bytes(1 << 16);
    let storage = StorageBuilder::from_object_store(client.clone(), "f").limits(limits).open().unwrap();
    for name in ["w/one", "w/two", "w/z"] {
        storage.save(name, &fields()).unwrap();
    }
    let put_all = || {
        FOREIGN.iter().for_each(|(name, contents)| put(&client, &format!("f/w/{name}"), contents));
        // Too large to be a document.
        put(&client, "f/w/large.tif", &[7; 1 << 17]);
    };
    put_all();
    let found = storage.query("**").run().unwrap();
    let names: Vec<&str> = found.iter().map(|found| found.entry.name.as_str()).collect();
    assert_eq!(names, ["w/one", "w/two", "w/z"]);
    assert!(storage.repair("**").unwrap().faults.is_empty());
    assert_eq!(storage.remove_matching("w/*o*").unwrap(), ["w/one", "w/two"]);
    assert_eq!(storage.remove_workflow("w").unwrap(), ["w/z"]);
    for (name, _) in FOREIGN {
        let name = format!("w/{name}");
        assert!(storage.contains(&name).unwrap(), "{name}");
        assert!(storage.remove(&name).unwrap_err().is_corrupt(), "{name}");
    }
    assert!(storage.contains("w/large.tif").unwrap());
}

#[test]
fn files_of_others_stop_no_sweep_and_no_copy() {
    let source = Storage::open("memory://").unwrap();
    source.save("w/x", &fields()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = Arc::new(InMemory::new());
    let in_folder = Storage::open(folder.path()).unwrap();
    let in_store = StorageBuilder::from_object_store(client.clone(), "f").open().unwrap();
    for storage in [&in_folder, &in_store] {
        storage.save("w/kept", &fields()).unwrap();
        source.copy("w/x", storage).unwrap();
    }
    // What a killed copy leaves.
    std::fs::remove_file(folder.path().join("w/x")).unwrap();
    futures::executor::block_on(object_store::ObjectStoreExt::delete(&*client, &"f/w/x".into())).unwrap();
    for (name, contents) in others() {
        std::fs::write(folder.path().join("w").join(name), contents).unwrap();
        put(&client, &format!("f/w/{name}"), contents);
    }
    for storage in [&in_folder, &in_store] {
        let sweep = storage.sweep().unwrap();
        assert!(sweep.skipped().is_empty(), "{:?}", sweep.skipped());
        assert_eq!(sweep.leftovers().count(), 2);
        // Made again.
        source.copy("w/x", storage).unwrap();
        assert_eq!(storage.load::<Fields>("w/x").unwrap()["b"].sum().unwrap(), 1200.0);
        assert_eq!(sweep.remove().unwrap().len(), 0);
        assert_eq!(storage.load::<Fields>("w/kept").unwrap()["b"].sum().unwrap(), 1200.0);
    }
}

/// It may be what is left of a document.
#[test]
fn arrays_that_a_file_mentions_are_not_swept() {
    each_place(|storage, write| {
        storage.save("w/x", &fields()).unwrap();
        storage.save("w/kept", &fields()).unwrap();
        let files: Vec<String> = storage.info("w/x").unwrap().arrays.into_iter().map(|array| array.file).collect();
        // Across the pieces in which it is read.
        for before in [0, (1 << 18) - 50, (1 << 18) - 20, 1 << 18] {
            write(&["?".repeat(before).as_bytes(), b"\x00\xff", files[1].as_bytes(), b"!"].concat());
            let sweep = storage.sweep().unwrap();
            assert!(sweep.skipped().is_empty(), "{:?}", sweep.skipped());
            let left: Vec<&str> = sweep.leftovers().map(|leftover| leftover.location.as_str()).collect();
            assert!(left.len() == 1 && left[0].contains(&files[0]), "{before}: {left:?}");
        }
        write(b"\x80\x04N.");
        assert_eq!(storage.sweep().unwrap().skipped().len(), 1, "a pickle");
        write(b"nothing");
        assert_eq!(storage.sweep().unwrap().remove().unwrap().len(), 2);
    });
}

/// It may be a damaged document of FunctionFuse.
#[test]
fn a_pickle_beside_the_documents_stops_a_copy_that_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let source = Storage::open(&here).unwrap();
    let target = Storage::open(&there).unwrap();
    source.save("w/x", &fields()).unwrap();
    source.copy("w/x", &target).unwrap();
    std::fs::remove_file(there.join("w/x")).unwrap();
    let (_, seed) = FOREIGN.into_iter().find(|(name, _)| *name == "seed").unwrap();
    std::fs::write(there.join("w/seed"), seed).unwrap();
    let error = source.copy("w/x", &target).unwrap_err();
    assert!(error.kind() == ErrorKind::Corrupt && error.to_string().contains("pickle"), "{error}");
    let arrays = |path: &Path| std::fs::read_dir(path.join("w/bigdata")).unwrap().filter(is_array).count();
    assert_eq!(arrays(&there), 2);
}
