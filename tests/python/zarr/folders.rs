//! zarr-python, xarray and dask open Zarr arrays in a folder.

use super::save_group;
use arraystow::{ArrayFormat, ChunkedArray, Codec, Element, Storage, ZarrVersion};
use arraystow_tests::python_env;
use arraystow_tests::samples::{every_type, sample};
use std::path::Path;

const PRELUDE: &str = concat!("import sys, json, numpy as np, zarr\n", include_str!("../../src/samples.py"));

fn python(script: &str, folder: &Path) {
    python_env::run(python_env::ZARR, &format!("{PRELUDE}{script}"), &[folder.to_str().unwrap()]);
}

#[test]
fn zarr_python_reads_every_type_codec_and_version_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut listed = Vec::new();
    for (version, number) in [(ZarrVersion::V3, 3), (ZarrVersion::V2, 2)] {
        for codec in [Codec::NONE, Codec::BLOSC, Codec::gzip(4).unwrap(), Codec::zstd(3).unwrap()] {
            let workflow = format!("v{number}-{}", codec.to_string().replace(':', "-"));
            let builder = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr);
            let storage = builder.zarr_version(version).codec(codec).open().unwrap();
            every_type!(T => {
                let task = format!("{workflow}/{}", T::DATA_TYPE);
                let array = ChunkedArray::from_ndarray(sample::<T>(&[37, 21]), &[10, 8]).unwrap();
                storage.save(&task, &array).unwrap();
                listed.push((workflow.clone(), storage.info(&task).unwrap().arrays[0].file.clone(), T::DATA_TYPE.name()));
            });
        }
    }
    let list = serde_json::to_string(&listed).unwrap();
    let script = format!(
        r#"
for workflow, file, dtype in json.loads('{list}'):
    array = zarr.open_group(f"{{sys.argv[1]}}/{{workflow}}/bigdata/dask_arrays", mode="r")[file]
    assert array.chunks == (10, 8), array.chunks
    same(array[...], expected(dtype, (37, 21)), f"{{workflow}} {{dtype}}")
"#
    );
    python(&script, folder.path());
}

#[test]
fn xarray_and_dask_read_a_workflow_of_a_folder_as_it_was_saved() {
    for version in [ZarrVersion::V3, ZarrVersion::V2] {
        let folder = tempfile::tempdir().unwrap();
        let builder = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr);
        let arrays = save_group(&builder.zarr_version(version).open().unwrap());
        let script = format!(
            r#"
import dask.array, xarray
group = sys.argv[1] + "/group/bigdata/dask_arrays"
arrays = json.loads('{arrays}')
whole = xarray.open_zarr(group, consolidated=False)
assert set(whole.variables) == set(file for file, *_ in arrays), whole
computed = whole.compute()
for file, dtype, shape in arrays:
    same(computed[file].values, expected(dtype, shape), f"xarray {{dtype}} {{shape}}")
opened = zarr.open_group(group, mode="r")
for file, dtype, shape in arrays[::5]:
    same(dask.array.from_zarr(opened[file]).compute(), expected(dtype, shape), f"dask {{dtype}} {{shape}}")
"#
        );
        python(&script, folder.path());
    }
}
