//! The program of docs/start.md: `cargo run -p arraystow-examples --example start`. It saves in the folder `surveys`, below
//! the current one.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Storage};
use ndarray::{ArrayD, s};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    height: ChunkedArray<f32>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let storage = Storage::open("surveys")?; // a folder, which the first save makes

    // 2,000 x 2,000 heights in metres. The function is called once for each chunk, while the chunk is written.
    let height = ChunkedArray::from_fn(&[2000, 2000], &[250, 250], |region| {
        let first_row = region.start()[0];
        ArrayD::from_shape_fn(region.shape(), |at| (first_row + at[0]) as f32)
    })?;
    storage.save("ramp", &Survey { name: "a ramp".into(), height })?;

    let survey: Survey = storage.load("ramp")?; // reads no chunk
    let tile = survey.height.slice(s![1000..1100, 500..600])?.compute()?; // reads one chunk of 64
    println!("{}: {:?}, a tile of it from {} to {}", survey.name, survey.height.shape(), tile[[0, 0]], tile[[99, 99]]);

    let slope = &survey.height * 0.5 + 10.0; // computes nothing yet
    println!("mean {}, highest {}", slope.mean()?, slope.max()?); // chunk by chunk, on all processors
    storage.save("slope", &Survey { name: "half as steep".into(), height: slope })?;

    for entry in storage.list("*")? {
        println!("{}: {} bytes", entry.name, entry.bytes);
    }
    storage.remove("slope")?; // the document and its array
    Ok(())
}
