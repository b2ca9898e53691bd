//! Images of the crate image: rows, columns, channels.

use super::{BoxError, Element, FromPlainArray, PlainArray, PlainReader};
use image::{ImageBuffer, Pixel};
use ndarray::{ArrayView3, CowArray, IxDyn};

/// The length of each axis.
fn shape<P: Pixel>(width: u32, height: u32) -> (usize, usize, usize) {
    (height as usize, width as usize, usize::from(P::CHANNEL_COUNT))
}

impl<P: Pixel<Subpixel: Element>> PlainArray for ImageBuffer<P, Vec<P::Subpixel>> {
    type Element = P::Subpixel;

    fn elements(&self) -> CowArray<'_, P::Subpixel, IxDyn> {
        let shape = shape::<P>(self.width(), self.height());
        // The memory may be longer than the image.
        let samples: &[P::Subpixel] = self;
        match ArrayView3::from_shape(shape, samples) {
            Ok(view) => view.into_dyn().into(),
            Err(_) => {
                let sample = |(row, column, channel): (usize, usize, usize)| {
                    let pixel = self.get_pixel_checked(column as u32, row as u32);
                    pixel.and_then(|pixel| pixel.channels().get(channel).copied()).unwrap_or_default()
                };
                ndarray::Array3::from_shape_fn(shape, sample).into_dyn().into()
            }
        }
    }
}

impl<P: Pixel<Subpixel: Element>> FromPlainArray for ImageBuffer<P, Vec<P::Subpixel>> {
    const AXES: Option<usize> = Some(3);

    fn read(reader: PlainReader<'_, P::Subpixel>) -> Result<Self, BoxError> {
        let &[height, width, channels] = reader.shape() else { return Err("an image has three axes".into()) };
        if channels != usize::from(P::CHANNEL_COUNT) {
            let wanted = P::CHANNEL_COUNT;
            return Err(format!(
                "the array was saved with {channels} channels, and the pixels of the type have {wanted}"
            )
            .into());
        }
        let (width, height) = (u32::try_from(width)?, u32::try_from(height)?);
        Self::from_raw(width, height, reader.into_vec()?).ok_or_else(|| "the image is too large".into())
    }
}
