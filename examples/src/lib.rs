//! The value that the examples save: a struct with names, parameters and two arrays of real data.

use arraystow::{ChunkedArray, Region};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// An ordinary struct. Only the arrays leave the document.
#[derive(Serialize, Deserialize)]
pub struct Survey {
    /// The model's name.
    pub name: String,
    /// The distance between two points, in degrees of latitude and of longitude.
    pub spacing_deg: f64,
    /// The reference of the heights.
    pub reference: Reference,
    /// Diverted; lazy when loaded.
    pub undulation_m: ChunkedArray<f32>,
    /// A plain ndarray field: diverted too, loaded whole.
    pub above_ellipsoid: Array2<bool>,
}

/// The ellipsoid below the geoid, and the model.
#[derive(Serialize, Deserialize)]
pub struct Reference {
    /// The ellipsoid's name.
    pub ellipsoid: String,
    /// The highest degree of the spherical harmonics.
    pub degree: u16,
    /// The year of publication.
    pub year: u16,
}

impl Survey {
    /// The geoid of `examples/data/egm96-15min.png`.
    pub fn of_egm96() -> Result<Self, Box<dyn std::error::Error>> {
        let grid = Grid::read()?;
        let above_ellipsoid = Array2::from_shape_fn((721, 1440), |(i, j)| grid.metres(i, j) > 0.0);
        Ok(Self {
            name: "EGM96".into(),
            spacing_deg: 0.25,
            reference: Reference { ellipsoid: "WGS 84".into(), degree: 360, year: 1996 },
            // Lazy: called once for each chunk, from any thread, when the chunk is needed.
            undulation_m: ChunkedArray::from_fn(&[721, 1440], &[128, 128], move |region| grid.chunk(region))?,
            above_ellipsoid,
        })
    }
}

/// The raw data: 16-bit steps of 3 mm from -108 m on, from 90 N and 0 E to 90 S and 359.75 E.
struct Grid(Vec<u8>);

impl Grid {
    fn read() -> Result<Self, Box<dyn std::error::Error>> {
        let png = png::Decoder::new(std::io::Cursor::new(include_bytes!("../data/egm96-15min.png")));
        let mut reader = png.read_info()?;
        let mut bytes = vec![0; 721 * 1440 * 2];
        reader.next_frame(&mut bytes)?;
        Ok(Self(bytes))
    }

    fn metres(&self, row: usize, column: usize) -> f32 {
        let at = 2 * (row * 1440 + column);
        (f64::from(u16::from_be_bytes([self.0[at], self.0[at + 1]])) * 0.003 - 108.0) as f32
    }

    /// The part that one chunk covers.
    fn chunk(&self, region: &Region) -> Array2<f32> {
        let (row, column) = (region.start()[0], region.start()[1]);
        Array2::from_shape_fn((region.shape()[0], region.shape()[1]), |(i, j)| self.metres(row + i, column + j))
    }
}
