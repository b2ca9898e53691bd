//! A global geoid: saved, loaded and removed.
//!
//! `cargo run -p arraystow-examples --example quickstart`
//!
//! The data are real: the undulation of the EGM96 geoid, its height above the ellipsoid in metres, at every quarter of
//! a degree. `examples/egm96_grid.rs` computed them.
#![allow(clippy::print_stdout)]

use arraystow::Storage;
use arraystow_examples::Survey;
use ndarray::s;
use std::time::Instant;

/// Places with their published undulation: the test values that NIMA distributed with the model's program, F477.
const PLACES: [(f64, f64, f64); 3] =
    [(38.628_155, 269.779_155, -31.628), (-14.621_217, 305.021_114, -2.969), (46.874_319, 102.448_729, -43.575)];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let survey = Survey::of_egm96()?;
    let folder = tempfile::tempdir()?;
    let storage = Storage::open(folder.path().join("surveys"))?;
    let start = Instant::now();
    storage.save("global/egm96", &survey)?;
    println!("saved `global/egm96` in {:.0?}", start.elapsed());

    // No Rust type is needed to list what is stored.
    let info = storage.info("global/egm96")?;
    println!("  the document      {:>9} bytes", info.bytes);
    for array in &info.arrays {
        let (path, kind, shape) = (&array.paths[0], &array.data_type, array.shape());
        println!("  {path:<17} {:>9} bytes: {kind} {shape:?}, in bigdata/{}", array.bytes, array.file);
    }

    let start = Instant::now();
    let survey: Survey = storage.load("global/egm96")?; // no chunk of `undulation_m` is read
    println!("\nloaded in {:.1?}: {:?}", start.elapsed(), survey.undulation_m);
    let tile = survey.undulation_m.slice(s![176..180, 320..326])?.compute()?; // only the chunks touched
    println!("a tile, 46 to 45.25 N, 80 to 81.25 E:\n{tile:.2}");

    println!("\nundulation in metres     published     saved   computed by the crate egm96");
    for (latitude, longitude, published) in PLACES {
        let saved = interpolate(&survey, latitude, longitude)?;
        let computed = egm96::egm96_compute_altitude_offset(latitude, longitude);
        println!("{latitude:>10.4} {longitude:>10.4} {published:>12.3} {saved:>9.2} {computed:>10.3}");
    }
    println!("from {:.2} to {:.2}", survey.undulation_m.min()?, survey.undulation_m.max()?);
    let above = survey.above_ellipsoid.iter().filter(|above| **above).count();
    println!("above the ellipsoid at {} % of the points", 100 * above / survey.above_ellipsoid.len());

    println!();
    for entry in storage.list("global/*")? {
        println!("listed: {} ({} bytes)", entry.name, entry.bytes);
    }
    storage.remove("global/egm96")?; // document and arrays
    println!("removed: {} documents are left", storage.list("**")?.len());
    Ok(())
}

/// The undulation at any place, from the four points of the grid around it: one slice.
fn interpolate(survey: &Survey, latitude: f64, longitude: f64) -> Result<f64, arraystow::Error> {
    let (y, x) = ((90.0 - latitude) / survey.spacing_deg, longitude / survey.spacing_deg);
    let (i, j) = (y as usize, x as usize);
    let corners = survey.undulation_m.slice(s![i..i + 2, j..j + 2])?.compute()?.mapv(f64::from);
    let (dy, dx) = (y.fract(), x.fract());
    let row = |i: usize| corners[[i, 0]] * (1.0 - dx) + corners[[i, 1]] * dx;
    Ok(row(0) * (1.0 - dy) + row(1) * dy)
}
