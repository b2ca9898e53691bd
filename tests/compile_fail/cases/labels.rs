use arraystow::ChunkedArray;
use serde::Serialize;

#[arraystow::stow]
#[derive(Serialize)]
struct Survey {
    #[stow(dims = ["lat", "lat"])]
    twice: ChunkedArray<f32>,
    #[stow(dims = ["lat/lon"])]
    name: ChunkedArray<f32>,
    #[stow(dims = "lat")]
    form: ChunkedArray<f32>,
    #[stow(units = 3)]
    units: ChunkedArray<f32>,
    #[stow(attrs(long_name = [1]))]
    attrs: ChunkedArray<f32>,
    #[stow(attrs = "height")]
    list: ChunkedArray<f32>,
    #[stow(chunks = [64], dims = ["lat", "lon"])]
    axes: ChunkedArray<f32>,
    #[stow(units = "m", attrs(units = "km"))]
    two: ChunkedArray<f32>,
}

fn main() {}
