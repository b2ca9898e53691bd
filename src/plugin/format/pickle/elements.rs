//! The data types, scalars and arrays of numpy whose elements are plain values.

use crate::plugin::format::pickle::scalar::{NOT_UNICODE, Scalar};
use std::borrow::Cow;

/// A numpy dtype of plain elements: `i4`, `f8`, `U3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NumpyType {
    /// The kind of the elements, as numpy writes it.
    kind: u8,
    /// Bytes of an element.
    size: usize,
    big_endian: bool,
}

impl NumpyType {
    /// Reads the name of a dtype without byte order.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (kind, size) = (*name.as_bytes().first()?, name.get(1..)?.parse::<usize>().ok()?);
        let size = if kind == b'U' { size.checked_mul(4)? } else { size };
        Some(Self { kind, size, big_endian: false })
    }

    /// Returns the dtype in this byte order.
    pub(super) fn ordered(&self, order: &str) -> Self {
        Self { big_endian: order == ">", ..self.clone() }
    }

    /// numpy's name of the type of its scalars.
    pub(super) fn scalar_name(&self) -> String {
        let bits = self.size.saturating_mul(8);
        match self.kind {
            b'M' => "numpy.datetime64".to_owned(),
            b'm' => "numpy.timedelta64".to_owned(),
            b'V' => "numpy.void".to_owned(),
            b'O' => "object".to_owned(),
            b'f' => format!("numpy.float{bits}"),
            b'c' => format!("numpy.complex{bits}"),
            kind => format!("numpy dtype {:?} of {bits} bits", char::from(kind)),
        }
    }

    /// Whether its elements are plain values.
    pub(super) fn is_plain(&self) -> bool {
        match self.kind {
            b'b' => self.size == 1,
            b'i' | b'u' => matches!(self.size, 1 | 2 | 4 | 8),
            b'f' => matches!(self.size, 2 | 4 | 8),
            b'c' => matches!(self.size, 8 | 16),
            b'S' => true,
            b'U' => self.size.is_multiple_of(4),
            _ => false,
        }
    }

    /// Decodes one element. `None` if it has another length.
    pub(super) fn element<'a>(&self, bytes: &'a [u8]) -> Option<Scalar<'a>> {
        if bytes.len() != self.size {
            return None;
        }
        let number = |bytes: &[u8]| {
            let shifted = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
            if self.big_endian { bytes.iter().fold(0, shifted) } else { bytes.iter().rev().fold(0, shifted) }
        };
        let float = |bytes: &[u8]| match bytes.len() {
            2 => f64::from(half::f16::from_bits(number(bytes) as u16)),
            4 => f64::from(f32::from_bits(number(bytes) as u32)),
            _ => f64::from_bits(number(bytes)),
        };
        Some(match self.kind {
            b'b' => Scalar::Bool(bytes != [0]),
            b'u' => Scalar::Integer(number(bytes).into()),
            b'i' => {
                let unused = 64 - 8 * self.size as u32;
                Scalar::Integer((((number(bytes) << unused) as i64) >> unused).into())
            }
            b'f' if self.size == 4 => Scalar::Float32(f32::from_bits(number(bytes) as u32)),
            b'f' if self.size == 2 => Scalar::Float32(float(bytes) as f32),
            b'f' => Scalar::Float64(float(bytes)),
            b'c' => {
                let (real, imaginary) = bytes.split_at(self.size / 2);
                Scalar::Complex(float(real), float(imaginary))
            }
            // A string is padded with zeros.
            b'S' => {
                let len = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                Scalar::Bytes(Cow::Borrowed(&bytes[..len]))
            }
            _ => {
                let text: Option<String> = bytes.chunks(4).map(|char| char::from_u32(number(char) as u32)).collect();
                text.map_or(Scalar::Unreadable(NOT_UNICODE), |text| {
                    Scalar::Text(Cow::Owned(text.trim_end_matches('\0').to_owned()))
                })
            }
        })
    }
}

/// The elements of a numpy array, in C order.
#[derive(Debug)]
pub(super) struct NumpyElements<'a> {
    numpy_type: NumpyType,
    bytes: Cow<'a, [u8]>,
    count: usize,
}

impl<'a> NumpyElements<'a> {
    /// The elements of an array of this shape. `order` has its axes as they are in memory, the last of which changes
    /// with each element, and is `None` for C order. `None` if there are too few or too many bytes, or the elements are
    /// not plain values.
    pub(super) fn new(
        numpy_type: &NumpyType,
        shape: &[usize],
        order: Option<&[usize]>,
        bytes: Cow<'a, [u8]>,
    ) -> Option<Self> {
        let count = shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length))?;
        if !numpy_type.is_plain() || numpy_type.size == 0 || count.checked_mul(numpy_type.size)? != bytes.len() {
            return None;
        }
        let bytes = match order {
            Some(order) if shape.len() > 1 && count > 0 => {
                Cow::Owned(transposed(&bytes, shape, order, numpy_type.size))
            }
            _ => bytes,
        };
        Some(Self { numpy_type: numpy_type.clone(), bytes, count })
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<Scalar<'_>> {
        let start = index.checked_mul(self.numpy_type.size)?;
        self.numpy_type.element(self.bytes.get(start..start.checked_add(self.numpy_type.size)?)?)
    }
}

/// Reorders elements from this order of the axes to C order. There is at least one.
fn transposed(bytes: &[u8], shape: &[usize], order: &[usize], size: usize) -> Vec<u8> {
    let mut strides = vec![0; shape.len()];
    let mut stride = size;
    for axis in order.iter().rev() {
        strides[*axis] = stride;
        stride *= shape[*axis];
    }
    let mut ordered = Vec::with_capacity(bytes.len());
    let (mut index, mut at) = (vec![0; shape.len()], 0);
    while ordered.len() < bytes.len() {
        ordered.extend_from_slice(&bytes[at..at + size]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::{NumpyElements, NumpyType, Scalar};
    use std::borrow::Cow;

    fn integers(shape: &[usize], fortran_order: bool, bytes: &'static [u8]) -> Option<Vec<i128>> {
        let reversed: Vec<usize> = (0..shape.len()).rev().collect();
        let order = fortran_order.then_some(&*reversed);
        let elements = NumpyElements::new(&NumpyType::parse("i1")?, shape, order, Cow::Borrowed(bytes))?;
        let integer = |index| match elements.get(index) {
            Some(Scalar::Integer(value)) => Some(value),
            _ => None,
        };
        (0..elements.len()).map(integer).collect()
    }

    #[test]
    fn arrays_come_in_c_order() {
        assert_eq!(integers(&[2, 3], false, &[0, 1, 2, 3, 4, 5]), Some(vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(integers(&[2, 3], true, &[0, 3, 1, 4, 2, 5]), Some(vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(integers(&[2, 1, 2], true, &[0, 2, 1, 3]), Some(vec![0, 1, 2, 3]));
        assert_eq!(integers(&[], false, &[255]), Some(vec![-1]));
        assert_eq!(integers(&[0, 3], true, &[]), Some(vec![]));
        assert_eq!(integers(&[2, 3], false, &[0, 1, 2, 3, 4]), None);
        assert_eq!(integers(&[usize::MAX, 2], false, &[0]), None);
    }
}
