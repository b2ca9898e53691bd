//! Makes `examples/data/egm96-15min.png`, the quickstart's data: the undulation of the EGM96 geoid at 0.25 degree.
//!
//! `cargo run --release -p arraystow-examples --example egm96_grid`
//!
//! Every point is a sum of 65,338 spherical harmonics, so all 1,038,240 points take several minutes. The quickstart
//! therefore reads the result. A lazy array distributes the work over all processors.
#![allow(clippy::print_stdout)]

use arraystow::ChunkedArray;
use ndarray::ArrayD;
use std::fs::File;
use std::io::BufWriter;

/// Rows from 90 to -90 degrees of latitude, columns from 0 to 359.75 degrees of longitude.
const SHAPE: [usize; 2] = [721, 1440];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let undulation = ChunkedArray::<f64>::from_fn(&SHAPE, &[1, 1440], |region| {
        let latitude = 90.0 - 0.25 * region.start()[0] as f64;
        ArrayD::from_shape_fn(region.shape(), |at| egm96::egm96_compute_altitude_offset(latitude, 0.25 * at[1] as f64))
    })?;
    // As in GeographicLib's egm96-15.pgm: steps of 3 mm from -108 m on. A PNG is big-endian.
    let steps = undulation.map(|metres| ((metres + 108.0) / 0.003).round() as u16).compute()?;
    let bytes: Vec<u8> = steps.iter().flat_map(|step| step.to_be_bytes()).collect();

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/egm96-15min.png");
    let mut png = png::Encoder::new(BufWriter::new(File::create(path)?), SHAPE[1] as u32, SHAPE[0] as u32);
    png.set_color(png::ColorType::Grayscale);
    png.set_depth(png::BitDepth::Sixteen);
    png.set_compression(png::Compression::High);
    png.set_filter(png::Filter::Adaptive);
    png.write_header()?.write_image_data(&bytes)?;
    println!("{path}: {} bytes", std::fs::metadata(path)?.len());
    Ok(())
}
