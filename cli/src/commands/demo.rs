//! `demo`: an example value, and what to try with it.

use super::{Call, list, plot, print_json};
use crate::arguments::PlotArguments;
use crate::fault::Outcome;
use arraystow::{ChunkedArray, ErrorKind, Region};
use ndarray::{Array2, ArrayD, IxDyn};
use serde::Serialize;
use serde_json::json;
use std::io::{Write, stdout};

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
    let (storage, mut out) = (call.open(place)?, stdout());
    match storage.create(NAME, &pond()?) {
        Ok(report) if call.json => return print_json(&report),
        Ok(report) => writeln!(out, "saved {NAME:?} in {}: {report}", storage.location())?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists && call.json => {
            // The report of a save that has changed nothing.
            return print_json(&json!({
                "version": storage.version(NAME)?,
                "bytes_written": 0,
                "arrays_written": 0,
                "arrays_linked": 0,
                "chunks_carried": 0,
                "arrays_kept": storage.info(NAME)?.arrays.len(),
                "external_objects_written": 0,
                "external_objects_kept": 0,
            }));
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            writeln!(out, "{NAME:?} was saved in {} before, and stays as it is", storage.location())?;
        }
        Err(error) => return Err(error.into()),
    }
    writeln!(out)?;
    list::draw_tree(call, place, &storage, NAME, &mut out)?;
    writeln!(out)?;
    plot::run(call, &PlotArguments::of(place.to_owned(), NAME.to_owned(), Some("height".to_owned())))?;
    writeln!(out, "\nTry next:\n")?;
    // `python -m arraystow` is three words.
    let program = if call.program.contains('/') { word(&call.program) } else { call.program.clone() };
    let place = word(place);
    let lines = [
        (format!("show {place} {NAME}"), "the fields, as text", true),
        (format!("stats {place} {NAME} height"), "minimum, maximum, mean, histogram", true),
        (format!("plot {place} {NAME} height --slice y=200"), "one row, as a line", true),
        (format!("find {place} --where 'stones[0].mass_kg < 1'"), "values that satisfy a condition", true),
        (format!("verify {place}"), "every checksum", true),
        (format!("pack {place} {NAME} -o two-stones.h5"), "one file, which h5py reads", true),
        (format!("export {place} {NAME} --path height height.npy"), "for numpy", cfg!(feature = "npy")),
        (format!("browse {place}"), "with keys, in the terminal", cfg!(feature = "browse")),
        (format!("serve {place}"), "for a web browser", cfg!(feature = "serve")),
        (format!("rm {place} {NAME}"), "the document and both arrays", true),
    ];
    let there = lines.iter().filter(|(_, _, is_there)| *is_there);
    let width = there.clone().map(|(line, ..)| line.chars().count()).max().unwrap_or(0);
    for (line, what, _) in there {
        writeln!(out, "{program} {line:width$}  # {what}")?;
    }
    Ok(())
}

/// A word of a shell's line.
fn word(text: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-:@%+=,".contains(character);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn pond() -> arraystow::Result<Pond> {
    let stones = vec![Stone { x: 300.0, y: 200.0, mass_kg: 0.4 }, Stone { x: 900.0, y: 500.0, mass_kg: 1.5 }];
    let centres: Vec<_> = stones.iter().map(|stone| (stone.x, stone.y, stone.mass_kg)).collect();
    let height = ChunkedArray::from_fn(&[721, 1440], &[128, 128], move |region| surface(region, &centres))?;
    let height = height.with_dims(["y", "x"])?.with_attr("units", "m")?;
    let wet =
        Array2::from_shape_fn((721, 1440), |(y, x)| (x as i64 - 720).pow(2) + 4 * (y as i64 - 360).pow(2) < 500_000);
    Ok(Pond { title: "two stones".to_owned(), stones, height, wet })
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
