//! The conformance suite, in both versions of Zarr and with shards.

use super::files;
use arraystow::conformance::{Subject, run};
use arraystow::{ArrayFormat, LocalFiles, Protocols, ZarrVersion};

struct Folder {
    folder: tempfile::TempDir,
    version: ZarrVersion,
    shard_bytes: usize,
}

impl Subject for Folder {
    fn protocols(&self) -> Protocols {
        let files = LocalFiles::new(self.folder.path()).unwrap();
        let protocols = Protocols::new().with_file(files).with_array_format(ArrayFormat::Zarr);
        protocols.with_zarr_version(self.version).with_shard_bytes(self.shard_bytes)
    }

    fn names(&self) -> Vec<String> {
        let group = ["dask_arrays/zarr.json", "dask_arrays/.zgroup"];
        files(self.folder.path()).into_iter().filter(|name| !group.contains(&name.as_str())).collect()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path().join(name)).unwrap();
    }
}

fn conforms(version: ZarrVersion, shard_bytes: usize) {
    run(|| Folder { folder: tempfile::tempdir().unwrap(), version, shard_bytes });
}

#[test]
fn version_3_conforms() {
    conforms(ZarrVersion::V3, 0);
}

#[test]
fn version_2_conforms() {
    conforms(ZarrVersion::V2, 0);
}

#[test]
fn shards_of_a_few_chunks_conform() {
    conforms(ZarrVersion::V3, 600);
}
