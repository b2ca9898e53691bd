//! Every protocol passes the same suite.

use arraystow::conformance::{Subject, run};
use arraystow::{LocalFiles, Protocols};
use arraystow_tests::MemoryFiles;

struct Folder(tempfile::TempDir);

impl Subject for Folder {
    fn protocols(&self) -> Protocols {
        Protocols::new().with_file(LocalFiles::new(self.0.path()).unwrap())
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.0.path().join(name)).unwrap();
    }
}

struct Memory(MemoryFiles);

impl Subject for Memory {
    fn protocols(&self) -> Protocols {
        Protocols::new().with_file(self.0.clone())
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        self.0.bytes(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        self.0.put(name, bytes);
    }

    fn remove(&self, name: &str) {
        arraystow::FileProtocol::remove(&self.0, name).unwrap();
    }
}

#[test]
fn local_files_conform() {
    run(|| Folder(tempfile::tempdir().unwrap()));
}

#[test]
fn files_of_any_protocol_conform() {
    run(|| Memory(MemoryFiles::default()));
}

/// Objects in memory, behind the S3 protocol.
#[cfg(feature = "s3")]
mod objects {
    use super::*;
    use arraystow::{S3Protocol, ZarrVersion};
    use futures::TryStreamExt;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};
    use std::sync::Arc;

    struct Objects {
        client: Arc<InMemory>,
        version: ZarrVersion,
    }

    fn wait<R>(future: impl Future<Output = R>) -> R {
        futures::executor::block_on(future)
    }

    impl Subject for Objects {
        fn protocols(&self) -> Protocols {
            let s3 = S3Protocol::new(self.client.clone(), "some/folder").unwrap();
            Protocols::new().with_s3(s3).with_zarr_version(self.version)
        }

        fn names(&self) -> Vec<String> {
            let objects: Vec<_> = wait(self.client.list(None).try_collect()).unwrap();
            let names = objects.into_iter().map(|object| object.location.to_string());
            // The group is no array.
            names.filter(|name| !name.ends_with("dask_arrays/zarr.json") && !name.ends_with(".zgroup")).collect()
        }

        fn read(&self, name: &str) -> Vec<u8> {
            wait(async { self.client.get(&Path::parse(name).unwrap()).await?.bytes().await }).unwrap().to_vec()
        }

        fn write(&self, name: &str, bytes: &[u8]) {
            wait(self.client.put(&Path::parse(name).unwrap(), bytes.to_vec().into())).unwrap();
        }

        fn remove(&self, name: &str) {
            wait(self.client.delete(&Path::parse(name).unwrap())).unwrap();
        }
    }

    #[test]
    fn objects_in_memory_conform() {
        run(|| Objects { client: Arc::default(), version: ZarrVersion::V3 });
    }

    #[test]
    fn version_2_of_zarr_conforms() {
        run(|| Objects { client: Arc::default(), version: ZarrVersion::V2 });
    }
}
