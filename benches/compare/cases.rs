//! What is compared, and with what.

use crate::process::Side;
use Side::{
    Bare, Cluster, Dask, FunctionFuse, H5py, Joblib, Numpy, Ours, OursWith, Package, Pickle, Safetensors, Tasks,
    Tensorstore, ZarrObstore, Zarrs,
};

#[derive(Clone, Copy)]
pub(crate) enum Place {
    Folder,
    /// An object store with so many milliseconds of latency.
    Store {
        latency: u64,
    },
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) place: Place,
    /// What is done once before, and not timed.
    pub(crate) before: Option<&'static str>,
    pub(crate) work: &'static str,
    pub(crate) sides: &'static [Side],
}

const fn case(
    name: &'static str,
    what: &'static str,
    place: Place,
    before: Option<&'static str>,
    work: &'static str,
    sides: &'static [Side],
) -> Case {
    Case { name, what, place, before, work, sides }
}

const FOLDER: Place = Place::Folder;
const NEAR: Place = Place::Store { latency: 0 };
const FAR: Place = Place::Store { latency: 20 };
const ARRAYS: &[Side] = &[Ours, Bare, Numpy, H5py, Zarrs, Tensorstore, Dask];
const COMPRESSED: &[Side] = &[Ours, Zarrs, Tensorstore];
const STORES: &[Side] = &[Ours, Bare, Tensorstore, ZarrObstore];

const OPENERS: &[Side] = &[Ours, H5py, Zarrs, Tensorstore];
const STATES: &[Side] = &[Ours, OursWith, Pickle, Joblib, Safetensors];

const SERIALIZERS: &[Side] = &[Package, FunctionFuse];

/// The first side of each case is compared with the others. All arrays are 256 MiB of `f32` in chunks of 512 x 512 but where something else is said.
pub(crate) const CASES: &[Case] = &[
    case("folder-save", "save, not synced", FOLDER, None, "save", ARRAYS),
    case("folder-load", "load, from the page cache", FOLDER, Some("save"), "load", ARRAYS),
    case("zstd-save", "save with zstd 1, smooth data", FOLDER, None, "save-zstd", COMPRESSED),
    case("zstd-load", "load with zstd 1, smooth data", FOLDER, Some("save-zstd"), "load-zstd", COMPRESSED),
    case("one-chunk", "open, and read one chunk", FOLDER, Some("save"), "one-chunk", OPENERS),
    case("one-chunk-again", "the same, once more in one process", FOLDER, Some("save"), "one-chunk-again", OPENERS),
    case(
        "small-objects",
        "100 values with a 16 x 16 array each, synced",
        FOLDER,
        None,
        "small",
        &[Ours, Bare, Joblib, H5py],
    ),
    case(
        "many-arrays",
        "a value of 1,000 arrays of 16 KiB, not synced",
        FOLDER,
        None,
        "many",
        &[Ours, Bare, Joblib, H5py],
    ),
    case("state-save", "100 tensors of 6 MB, synced", FOLDER, None, "save-state", STATES),
    case("state-load", "100 tensors of 6 MB", FOLDER, Some("save-state"), "load-state", STATES),
    case("s3-save", "save, no latency", NEAR, None, "save", STORES),
    case("s3-load", "load, no latency", NEAR, Some("save"), "load", STORES),
    case("s3-one-chunk", "open, and read one chunk, no latency", NEAR, Some("save"), "one-chunk", STORES),
    case("s3-100-chunks", "open, and read 100 scattered chunks, no latency", NEAR, Some("save"), "100-chunks", STORES),
    case("s3-save-20ms", "save, 20 ms", FAR, None, "save", STORES),
    case("s3-load-20ms", "load, 20 ms", FAR, Some("save"), "load", STORES),
    case("s3-one-chunk-20ms", "open, and read one chunk, 20 ms", FAR, Some("save"), "one-chunk", STORES),
    case("s3-100-chunks-20ms", "open, and read 100 scattered chunks, 20 ms", FAR, Some("save"), "100-chunks", STORES),
    case("s3-blosc-save-20ms", "save with blosc, smooth data, 20 ms", FAR, None, "save-blosc", &[Ours, Tensorstore]),
    case(
        "s3-blosc-load-20ms",
        "load with blosc, smooth data, 20 ms",
        FAR,
        Some("save-blosc"),
        "load-blosc",
        &[Ours, Tensorstore],
    ),
    case("python-load", "load in Python, from the page cache", FOLDER, Some("save"), "load", &[Package, Ours]),
    case("cluster-save", "save as Zarr, not synced", FOLDER, None, "save-zarr", &[Cluster, Ours, Tasks]),
    case("functionfuse-file", "FunctionFuse saves an array of dask", FOLDER, None, "serialize", SERIALIZERS),
    case("functionfuse-s3", "FunctionFuse saves an array of dask, no latency", NEAR, None, "serialize", SERIALIZERS),
];
