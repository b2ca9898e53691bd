//! What several of the tests need.

use arraystow::conformance::Subject;
use arraystow::{ChunkedArray, Protocols, S3Protocol};
use arraystow_s3_server::Server;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A folder on a server, for arrays without a storage.
pub(super) struct Place {
    pub(super) server: Server,
    /// 0 for an object for each chunk.
    pub(super) shard_bytes: usize,
}

impl Subject for Place {
    fn protocols(&self) -> Protocols {
        let client = Arc::new(self.server.client().build().unwrap());
        Protocols::new().with_s3(S3Protocol::new(client, "arrays").unwrap()).with_shard_bytes(self.shard_bytes)
    }

    fn names(&self) -> Vec<String> {
        self.server.keys().into_iter().filter(|key| !key.ends_with("dask_arrays/zarr.json")).collect()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        self.server.read(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        self.server.write(name, bytes);
    }

    fn remove(&self, name: &str) {
        self.server.remove(name);
    }
}

#[derive(Serialize, Deserialize, Debug, Clone)]
pub(super) struct Run {
    pub(super) name: String,
    pub(super) step: u64,
    pub(super) field: ChunkedArray<f64>,
    pub(super) mask: Array2<bool>,
}

pub(super) fn run_of(step: u64) -> Run {
    let field = Array2::from_shape_fn((90, 80), |(i, j)| step as f64 + (i * 80 + j) as f64);
    Run {
        name: format!("run {step}"),
        step,
        field: ChunkedArray::from_ndarray(field, &[32, 32]).unwrap(),
        mask: Array2::from_shape_fn((90, 80), |(i, j)| (i + j) % 3 == 0),
    }
}

/// The documents, and the uuids of the arrays of which anything is there.
pub(super) fn documents_and_arrays(server: &Server) -> (Vec<String>, Vec<String>) {
    let (mut documents, mut arrays) = (Vec::new(), Vec::new());
    for key in server.keys() {
        match key.split_once("bigdata/dask_arrays/") {
            Some((_, below)) if below.contains('/') => arrays.push(below.split('/').next().unwrap().to_owned()),
            Some(_) => {}
            None => documents.push(key),
        }
    }
    arrays.dedup();
    (documents, arrays)
}
