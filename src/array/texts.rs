//! Strings of any length as elements.

use super::encoding::Encoding;
use super::{DataType, Element, Operand, Region, packed};
use ndarray::{ArrayView, ArrayViewMutD, IxDyn, Zip};

impl Element for String {
    const DATA_TYPE: DataType = DataType::String;
}

impl Encoding for String {
    fn reads(stored: &DataType) -> bool {
        matches!(stored, DataType::String | DataType::Text(_))
    }

    fn put(&self, out: &mut Vec<u8>) -> Result<(), String> {
        packed::push(self.as_bytes(), out).map_err(|error| error.to_string())
    }

    fn get(stored: &DataType, bytes: &[u8]) -> Result<Self, String> {
        let text = match stored {
            DataType::String => packed::only(bytes).ok_or("it is cut off")?,
            _ => {
                let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                &bytes[..end]
            }
        };
        utf8(text).map(str::to_owned)
    }

    fn get_all(stored: &DataType, _: &[Vec<u8>], bytes: &[u8]) -> Result<Vec<Self>, String> {
        let texts: Vec<&[u8]> = match stored {
            DataType::String => packed::all(bytes)?,
            _ => bytes.chunks_exact(stored.size().max(1)).collect(),
        };
        let mut elements = Vec::new();
        elements.try_reserve_exact(texts.len()).map_err(|_| "there is no memory for it".to_owned())?;
        for text in texts {
            elements.push(match stored {
                DataType::String => utf8(text)?.to_owned(),
                _ => Self::get(stored, text)?,
            });
        }
        Ok(elements)
    }

    fn place(
        bytes: &[u8],
        shape: &[usize],
        wanted: &Region,
        mut out: ArrayViewMutD<'_, Self>,
    ) -> Option<Result<(), String>> {
        let mut place = || {
            let count = shape.iter().product();
            let texts = packed::texts(bytes, count).map_err(|error| error.to_string())?;
            let texts = ArrayView::from_shape(IxDyn(shape), &texts).map_err(|error| error.to_string())?;
            let wanted = texts.slice(wanted.to_slice_info().as_slice()).into_dyn();
            if wanted.shape() != out.shape() {
                return Err(format!("strings of shape {:?} instead of {:?}", wanted.shape(), out.shape()));
            }
            let mut placed = Ok(());
            Zip::from(&mut out).and(wanted).for_each(|out, text| match utf8(text) {
                Ok(text) => text.clone_into(out),
                Err(error) => placed = Err(error),
            });
            placed
        };
        Some(place())
    }

    fn bytes_to_put<'a>(elements: impl Iterator<Item = &'a Self>) -> Option<usize> {
        Some(elements.fold(0, |bytes, text| bytes.saturating_add(text.len()).saturating_add(4)))
    }

    fn bytes_beside<'a>(elements: impl Iterator<Item = &'a Self>) -> usize {
        elements.fold(0, |bytes, text| bytes.saturating_add(text.capacity()))
    }

    fn memory(len: usize) -> Option<Vec<Self>> {
        super::default_memory(len)
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    str::from_utf8(bytes).map_err(|error| format!("a string is not UTF-8: {error}"))
}

impl From<&str> for Operand<String> {
    /// The text for every element.
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
