//! Saves a value over another one, while `scripts/trace-syncs` traces the program.
//!
//! `cargo run -p arraystow-examples --example durable -- FOLDER NAME`

use arraystow::{ChunkedArray, Storage};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Run {
    name: String,
    field: ChunkedArray<f64>,
    mask: Array2<i64>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(name)) = (arguments.next(), arguments.next()) else {
        return Err("which folder, and what is the object to be called?".into());
    };
    let field = ChunkedArray::from_ndarray(Array2::from_elem((100, 100), 0.5), &[50, 50])?;
    Storage::open(folder)?.save("sim/run", &Run { name, field, mask: Array2::from_elem((30, 30), 7) })?;
    Ok(())
}
