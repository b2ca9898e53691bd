//! The filters of libhdf5 that keep only the bits of numbers that differ: scale-offset, and n-bit of whole numbers.
//!
//! libhdf5's own scale-offset reads past the end of a chunk that is shorter than it says, so it is not used.

/// The parameters of scale-offset, as a dataset has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScaleOffset {
    kind: Kind,
    /// Bytes of a number.
    size: usize,
    /// Bytes of a chunk.
    len: usize,
    big_endian: bool,
    /// The bits of the number that stands for the largest offset.
    fill: Option<u64>,
    /// Whether the numbers are stored as they are.
    is_left_out: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    /// Multiples of that power of ten.
    Float(i32),
}

/// How many parameters there are.
const VALUES: usize = 20;
/// Bytes before the offsets: the bits of one, and the least number with its length.
const HEAD: usize = 21;

impl ScaleOffset {
    /// The parameters as a file has them; none if they are not known.
    pub(super) fn new(values: &[u32]) -> Option<Self> {
        let [scale_type, scale, count, class, size, _sign, order, fill_defined, fill @ ..] =
            *values.first_chunk::<VALUES>()?;
        let (kind, sizes) = match (class, scale_type) {
            (0, 2) => (Kind::Integer, &[1, 2, 4, 8][..]),
            (1, 0) => (Kind::Float(scale as i32), &[4, 8][..]),
            _ => return None,
        };
        let size = usize::try_from(size).ok().filter(|size| sizes.contains(size))?;
        let len = usize::try_from(count).ok()?.checked_mul(size)?;
        let fill = u64::from(fill[0]) | u64::from(fill[1]) << 32;
        let is_left_out = kind == Kind::Integer && scale as usize == 8 * size;
        let known = order <= 1 && fill_defined <= 1;
        let fill = (fill_defined == 1).then_some(fill);
        known.then_some(Self { kind, size, len, big_endian: order == 1, fill, is_left_out })
    }

    /// Decodes it, and returns the number of decoded bytes. None if the input is damaged or there is no room.
    pub(super) fn undo(self, input: &[u8], out: &mut [u8]) -> Option<usize> {
        if self.is_left_out {
            out.get_mut(..input.len())?.copy_from_slice(input);
            return Some(input.len());
        }
        let out = out.get_mut(..self.len)?;
        let (bits, input) = input.split_first_chunk::<4>()?;
        let bits = u32::from_le_bytes(*bits);
        let (least_len, least) = input.split_first()?;
        let least_len = usize::from(*least_len).min(8);
        let mut bytes = [0; 8];
        bytes[..least_len].copy_from_slice(least.get(..least_len)?);
        let least = u64::from_le_bytes(bytes);
        let offsets = input.get(HEAD - 4..).unwrap_or_default();
        let whole = 8 * self.size as u32;
        if bits == whole {
            out.copy_from_slice(offsets.get(..self.len)?);
        } else if bits < whole {
            let mut offsets = Bits::new(offsets);
            let largest = (1 << bits) - 1;
            for number in out.chunks_exact_mut(self.size) {
                let offset = offsets.next(bits)?;
                let value = match self.fill {
                    Some(fill) if offset == largest => fill,
                    _ => self.number(offset, least),
                };
                number.copy_from_slice(&value.to_le_bytes()[..self.size]);
            }
        } else {
            return None;
        }
        if self.big_endian {
            out.chunks_exact_mut(self.size).for_each(<[u8]>::reverse);
        }
        Some(self.len)
    }

    /// The bits of the number with that offset from the least one.
    fn number(self, offset: u64, least: u64) -> u64 {
        match (self.kind, self.size) {
            (Kind::Integer, _) => least.wrapping_add(offset),
            // As libhdf5 computes it, in the precision of the number.
            (Kind::Float(scale), 4) => {
                let least = f32::from_bits(least as u32);
                (offset as u32 as i32 as f32 / 10_f32.powf(scale as f32) + least).to_bits().into()
            }
            (Kind::Float(scale), _) => {
                (offset as i64 as f64 / 10_f64.powf(scale.into()) + f64::from_bits(least)).to_bits()
            }
        }
    }
}

/// Reads numbers of some bits, the highest first.
struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// A number of fewer bits than 64.
    fn next(&mut self, bits: u32) -> Option<u64> {
        let mut number = 0;
        let mut left = bits as usize;
        while left > 0 {
            let byte = *self.bytes.get(self.at / 8)?;
            let free = 8 - self.at % 8;
            let taken = left.min(free);
            let part = byte >> (free - taken) & (u8::MAX >> (8 - taken));
            number = number << taken | u64::from(part);
            self.at += taken;
            left -= taken;
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(size: u32, fill: Option<u32>) -> ScaleOffset {
        let mut values = [0; VALUES];
        (values[0], values[2], values[4]) = (2, 3, size);
        (values[7], values[8]) = (u32::from(fill.is_some()), fill.unwrap_or(0));
        ScaleOffset::new(&values).unwrap_or_else(|| unreachable!())
    }

    fn chunk(bits: u32, least: i64, offsets: &[u8]) -> Vec<u8> {
        [&bits.to_le_bytes()[..], &[8], &least.to_le_bytes(), &[0; 8], offsets].concat()
    }

    #[test]
    fn offsets_are_added_to_the_least_number() {
        let mut out = [0; 6];
        // 1, 5, 7 in three bits each.
        let stored = chunk(3, -2, &[0b0011_0111, 0b1000_0000]);
        assert_eq!(parameters(2, None).undo(&stored, &mut out), Some(6));
        assert_eq!(out, [0xff, 0xff, 3, 0, 5, 0]);
        assert_eq!(parameters(2, Some(9)).undo(&stored, &mut out), Some(6));
        assert_eq!(out, [0xff, 0xff, 3, 0, 9, 0], "the largest offset is the fill value");
        for cut in 0..stored.len() {
            assert_eq!(parameters(2, None).undo(&stored[..cut], &mut out), None);
        }
        for bits in [17, u32::MAX] {
            assert_eq!(parameters(2, None).undo(&chunk(bits, 0, &[0; 64]), &mut out), None);
        }
    }

    #[test]
    fn parameters_that_are_not_known_are_refused() {
        assert_eq!(ScaleOffset::new(&[0; 19]), None);
        for (index, value) in [(0, 1), (3, 2), (4, 3), (4, u32::MAX), (6, 2), (7, 2)] {
            let mut values = [0; VALUES];
            (values[0], values[4]) = (2, 4);
            values[index] = value;
            assert_eq!(ScaleOffset::new(&values), None, "{index}");
        }
    }
}
