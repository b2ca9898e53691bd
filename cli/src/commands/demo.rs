//! `demo`: an example value, and what to try with it.

use super::Call;
use crate::fault::{Fault, Outcome};
use arraystow::{ChunkedArray, Region};
use ndarray::{Array2, ArrayD, IxDyn};
use serde::Serialize;

/// The surface of a pond after two stones.
#[derive(Serialize)]
struct Pond {
    title: String,
    stones: Vec<Stone>,
    height: ChunkedArray<f32>,
    wet: Array2<bool>,
}

#[derive(Serialize)]
struct Stone {
    x: f64,
    y: f64,
    mass_kg: f64,
}

pub(super) fn run(call: &Call, place: &str) -> Outcome<()> {
    const NAME: &str = "ponds/two-stones";
    let storage = call.open(place)?;
    if storage.contains(NAME)? {
        return Err(Fault::Other(format!("{place} already has {NAME:?}")));
    }
    let stones = vec![Stone { x: 300.0, y: 200.0, mass_kg: 0.4 }, Stone { x: 900.0, y: 500.0, mass_kg: 1.5 }];
    let centres: Vec<_> = stones.iter().map(|stone| (stone.x, stone.y, stone.mass_kg)).collect();
    let height = ChunkedArray::from_fn(&[721, 1440], &[128, 128], move |region| surface(region, &centres))?;
    let height = height.with_dims(["y", "x"])?.with_attr("units", "m")?;
    let wet =
        Array2::from_shape_fn((721, 1440), |(y, x)| (x as i64 - 720).pow(2) + 4 * (y as i64 - 360).pow(2) < 500_000);
    let report = storage.save(NAME, &Pond { title: "two stones".to_owned(), stones, height, wet })?;
    if call.json {
        return super::print_json(&report);
    }
    let text = format!(
        "saved {NAME:?} in {place}: {report}\n\n\
         arraystow tree {place}\n\
         arraystow show {place} {NAME}\n\
         arraystow stats {place} {NAME} height\n\
         arraystow plot {place} {NAME} height\n\
         arraystow head {place} {NAME} wet\n\
         arraystow find {place} --where 'stones[0].mass_kg < 1'\n\
         arraystow verify {place}\n\
         arraystow export {place} {NAME} --path height height.npy\n\
         arraystow rm {place} {NAME}\n\n\
         With keys in the terminal:   arraystow browse {place}\n\
         As pages for a web browser:  arraystow serve {place}"
    );
    println!("{text}");
    Ok(())
}

fn surface(region: &Region, stones: &[(f64, f64, f64)]) -> ArrayD<f32> {
    let start = region.start().to_vec();
    ArrayD::from_shape_fn(IxDyn(region.shape()), |index| {
        let (y, x) = ((start[0] + index[0]) as f64, (start[1] + index[1]) as f64);
        let wave = |(centre_x, centre_y, mass): &(f64, f64, f64)| {
            let distance = (x - centre_x).hypot(y - centre_y);
            mass * (distance / 12.0).cos() / (1.0 + distance / 80.0)
        };
        stones.iter().map(wave).sum::<f64>() as f32
    })
}
