//! The bytes of elements in C order, wherever they are in memory.

use super::encoding::{encode, encode_region};
use super::scratch::with_scratch;
use super::{Element, Labels, Region};
use crate::error::{Error, Result};
use ndarray::ArrayViewD;

/// Hands the bytes of the elements of a region to `sink`. Elements that are not in one piece are copied, row by row if
/// rows are.
pub(super) fn hand_over<T: Element>(
    elements: ArrayViewD<'_, T>,
    labels: &Labels,
    region: &Region,
    sink: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    if let Some(slice) = elements.as_slice() {
        return sink(&encode_region(slice, labels, region)?);
    }
    let has_rows =
        elements.ndim() > 1 && elements.rows().into_iter().next().is_some_and(|row| row.as_slice().is_some());
    if has_rows && T::default_fill().is_none() && T::bytes_of(&[]).is_some() {
        let bytes = elements.len().saturating_mul(T::DATA_TYPE.size());
        return with_scratch(bytes, |copy| {
            let mut left = &mut *copy;
            for row in elements.rows() {
                let row = encode(row.as_slice().ok_or_else(not_in_rows)?)?;
                let (own, rest) = left.split_at_mut_checked(row.len()).ok_or_else(not_in_rows)?;
                own.copy_from_slice(&row);
                left = rest;
            }
            sink(copy)
        });
    }
    let contiguous = elements.as_standard_layout();
    sink(&encode_region(contiguous.as_slice().ok_or_else(not_in_rows)?, labels, region)?)
}

fn not_in_rows() -> Error {
    Error::invalid("elements are not contiguous")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, s};

    #[test]
    fn elements_come_in_c_order_however_they_lie() {
        let array = Array3::from_shape_fn((5, 7, 9), |(i, j, k)| (i * 100 + j * 10 + k) as u16);
        let views = [
            array.view().into_dyn(),
            array.slice(s![1..4, 2..6, 3..8]).into_dyn(),
            array.slice(s![..;2, ..;-1, 1..]).into_dyn(),
            array.slice(s![.., .., ..;2]).into_dyn(),
            array.view().reversed_axes().into_dyn(),
            array.slice(s![2, 1..;2, ..]).into_dyn(),
            array.slice(s![2, 1..;2, 4]).into_dyn(),
            array.slice(s![1..1, .., 2..]).into_dyn(),
        ];
        for view in views {
            let region = Region::of(vec![0; view.ndim()], view.shape().to_vec());
            let expected: Vec<u8> = view.iter().flat_map(|x| x.to_le_bytes()).collect();
            let mut found = None;
            let sink = &mut |bytes: &[u8]| {
                found = Some(bytes.to_vec());
                Ok(())
            };
            hand_over(view, &Labels::NONE, &region, sink).unwrap();
            assert_eq!(found, Some(expected));
        }
    }
}
