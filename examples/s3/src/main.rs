//! The same code with an S3 server: only the URL differs, and the arrays are Zarr.
//!
//! `cargo run --release -p arraystow-example-s3`
//!
//! The server runs in this process, with its objects in memory; With a bucket of your own, and your credentials in the
//! environment, `Storage::open("s3://your-bucket/surveys")` is enough.
#![allow(clippy::print_stdout)]

use arraystow::Storage;
use arraystow_examples::Survey;
use ndarray::s;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = arraystow_s3_server::Server::start();
    let storage = Storage::open_with("s3://bucket/surveys", server.options())?;

    let start = Instant::now();
    storage.save("global/egm96", &Survey::of_egm96()?)?;
    println!("saved `global/egm96` at {} in {:.0?}", storage.location(), start.elapsed());
    for array in storage.info("global/egm96")?.arrays {
        println!("  {:<17} {:>9} bytes: {} {:?}", array.paths[0], array.bytes, array.data_type, array.shape());
    }

    let keys = server.keys();
    println!("\n{} objects in the bucket, among them", keys.len());
    for key in keys.iter().filter(|key| !key.contains("/c/") || key.ends_with("/c/0/0")) {
        println!("  {key}");
    }

    server.requests();
    let survey: Survey = storage.load("global/egm96")?;
    println!("\nloaded with {:?}: {:?}", server.requests(), survey.undulation_m);
    let tile = survey.undulation_m.slice(s![176..180, 320..326])?.compute()?;
    println!("a tile, with {:?}:\n{tile:.2}", server.requests());

    // To a local folder: HDF5 there. No Rust type is needed for it.
    let folder = tempfile::tempdir()?;
    let local = Storage::open(folder.path())?;
    storage.copy("global/egm96", &local)?;
    let copy: Survey = local.load("global/egm96")?;
    println!("\ncopied to a folder: from {:.2} to {:.2}", copy.undulation_m.min()?, copy.undulation_m.max()?);

    storage.remove("global/egm96")?;
    println!("removed: {:?} are left in the bucket", server.keys());
    Ok(())
}
