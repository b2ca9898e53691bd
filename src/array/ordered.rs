//! Numbers as integers of the same order, for counting and sorting.

use super::{AnyNumber, DataType, Number};
use half::{bf16, f16};

/// The bits of a key.
pub(crate) const fn key_bits<T>() -> u32 {
    8 * size_of::<T>() as u32
}

/// An integer of `key_bits` bits, which is less than that of every greater number. `None` for NaN, and for complex
/// numbers, which have no order. Both zeros are one number.
#[inline]
pub(crate) fn key<T: Number>(x: T) -> Option<u64> {
    let sign = 1 << (key_bits::<T>() - 1);
    match x.to_value() {
        AnyNumber::UInt(x) => Some(x),
        AnyNumber::Int(x) => Some((x as u64).wrapping_add(sign) & (u64::MAX >> (64 - key_bits::<T>()))),
        AnyNumber::Float(x) if !x.is_nan() => {
            let x = x + 0.0;
            let bits = match T::DATA_TYPE {
                DataType::Float16 => u64::from(f16::from_f64(x).to_bits()),
                DataType::BFloat16 => u64::from(bf16::from_f64(x).to_bits()),
                DataType::Float32 => u64::from((x as f32).to_bits()),
                _ => x.to_bits(),
            };
            Some(if bits & sign == 0 { bits | sign } else { !bits & (sign | (sign - 1)) })
        }
        AnyNumber::Float(_) | AnyNumber::Complex(_) => None,
    }
}

/// The number of a key.
pub(crate) fn number_of<T: Number>(key: u64) -> f64 {
    let sign = 1 << (key_bits::<T>() - 1);
    if is_float::<T>() {
        let bits = if key & sign == 0 { !key & (sign | (sign - 1)) } else { key ^ sign };
        return match T::DATA_TYPE {
            DataType::Float16 => f16::from_bits(bits as u16).to_f64(),
            DataType::BFloat16 => bf16::from_bits(bits as u16).to_f64(),
            DataType::Float32 => f64::from(f32::from_bits(bits as u32)),
            _ => f64::from_bits(bits),
        };
    }
    match T::default().to_value() {
        AnyNumber::Int(_) => (i128::from(key) - i128::from(sign)) as f64,
        _ => key as f64,
    }
}

/// The difference of the numbers of two keys, of which `low` is not greater. Exact for integers, as far as `f64` is.
pub(crate) fn distance<T: Number>(low: u64, high: u64) -> f64 {
    if is_float::<T>() { number_of::<T>(high) - number_of::<T>(low) } else { (high - low) as f64 }
}

fn is_float<T: Number>() -> bool {
    matches!(T::default().to_value(), AnyNumber::Float(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_order<T: Number + PartialOrd>(numbers: &[T]) {
        for pair in numbers.windows(2) {
            let (a, b) = (key(pair[0]), key(pair[1]));
            assert!(a < b && a.is_some(), "{pair:?}: {a:?} {b:?}");
        }
        for x in numbers {
            let found = key(*x).map(number_of::<T>);
            assert_eq!(found, Some(f64::from_value(x.to_value())), "{x:?}");
        }
    }

    #[test]
    fn keys_have_the_order_of_the_numbers() {
        in_order(&[false, true]);
        in_order(&[i8::MIN, -1, 0, 1, i8::MAX]);
        in_order(&[i32::MIN, -70_000, -1, 0, 1, i32::MAX]);
        in_order(&[i64::MIN, -1, 0, 1, i64::MAX]);
        in_order(&[0_u8, 1, u8::MAX]);
        in_order(&[0_u64, 1, u64::MAX]);
        let floats = [f64::NEG_INFINITY, f64::MIN, -1.0, -f64::MIN_POSITIVE, -5e-324, 0.0, 5e-324, 1.0, f64::INFINITY];
        in_order(&floats);
        in_order(&[f32::NEG_INFINITY, f32::MIN, -1.5, -1e-45, 0.0, 1e-45, 1.0, f32::MAX, f32::INFINITY]);
        in_order(&[f16::NEG_INFINITY, f16::MIN, f16::NEG_ONE, f16::ZERO, f16::ONE, f16::INFINITY]);
        let floats =
            [bf16::NEG_INFINITY, bf16::NEG_ONE, bf16::ZERO, bf16::from_f32(1e-9), bf16::from_f32(1e10), bf16::MAX];
        in_order(&floats);
        assert_eq!((key(f32::NAN), key(-0.0_f64)), (None, key(0.0_f64)));
    }
}
