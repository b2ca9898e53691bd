//! Writes the seeds of the corpus that arraystow itself can make; `seeds.py` writes those of other programs.
#![allow(clippy::unwrap_used, reason = "a tool")]

use std::path::Path;

fn main() {
    let seeds = [
        ("document", arraystow_fuzz::document::seeds()),
        ("manifest", arraystow_fuzz::manifest::seeds()),
        ("hdf5", arraystow_fuzz::hdf5::seeds()),
        ("packed", arraystow_fuzz::packed::seeds()),
        ("zarr", arraystow_fuzz::zarr::seeds()),
    ];
    for (target, seeds) in seeds {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in seeds {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
}
