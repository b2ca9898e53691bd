//! A storage of each kind.

use arraystow::{ArrayFormat, Storage, ZarrVersion};
use arraystow_s3_server::Server;

/// Calls a test with a storage of each kind: folders with HDF5 and with Zarr of each version, and a server.
pub(crate) fn everywhere(mut test: impl FnMut(&str, &Storage)) {
    let folder = tempfile::tempdir().unwrap();
    test("hdf5", &Storage::open(folder.path().join("hdf5")).unwrap());
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        let builder = Storage::builder(folder.path().join(format!("{version:?}"))).array_format(ArrayFormat::Zarr);
        test(&format!("folder {version:?}"), &builder.zarr_version(version).open().unwrap());
    }
    let server = Server::start();
    test("s3", &server.builder("root").open().unwrap());
    test("shards", &server.builder("shards").shard_bytes(256).open().unwrap());
}
