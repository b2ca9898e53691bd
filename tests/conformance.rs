//! Every protocol passes the same suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(all(feature = "conformance", feature = "hdf5"))]

mod support;

use arraystow::conformance::{Subject, run};
use arraystow::{LocalFiles, Protocols};
use support::MemoryFiles;

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
