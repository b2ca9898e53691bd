//! Integers of more than 128 bits: two's complement, little-endian.

/// The most digits of an integer: Python's own default limit.
const MOST_DIGITS: usize = 4300;
/// Bytes of the largest integer with that many digits.
const MOST_BYTES: usize = 1787;

/// The integer, if only `u128` holds it.
pub(super) fn to_u128(bytes: &[u8]) -> Option<u128> {
    let (low, high) = bytes.split_first_chunk::<16>()?;
    (high == [0]).then(|| u128::from_le_bytes(*low))
}

/// The integer in decimal digits.
pub(super) fn to_decimal(bytes: &[u8]) -> Result<String, String> {
    /// Digits per division.
    const STEP: usize = 18;
    if bytes.len() > MOST_BYTES {
        return Err(format!("an integer has {} bytes, which is more than {MOST_DIGITS} digits", bytes.len()));
    }
    let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let mut words: Vec<u64> = bytes.chunks(4).map(|word| word_of(word, negative)).collect();
    if negative {
        negate(&mut words);
    }
    let mut groups = Vec::new();
    while words.iter().any(|word| *word != 0) {
        let mut rest = 0_u128;
        for word in words.iter_mut().rev() {
            let value = rest << 32 | u128::from(*word);
            (*word, rest) = ((value / 10_u128.pow(STEP as u32)) as u64, value % 10_u128.pow(STEP as u32));
        }
        groups.push(rest);
    }
    let digits: String = groups.iter().rev().map(|group| format!("{group:018}")).collect();
    let sign = if negative { "-" } else { "" };
    Ok(format!("{sign}{}", digits.trim_start_matches('0')))
}

/// Up to four bytes as a number below 2^32.
fn word_of(bytes: &[u8], negative: bool) -> u64 {
    let mut word = if negative { [0xff; 4] } else { [0; 4] };
    word[..bytes.len()].copy_from_slice(bytes);
    u32::from_le_bytes(word).into()
}

fn negate(words: &mut [u64]) {
    let mut carry = 1;
    for word in words {
        let negated = (!*word & 0xffff_ffff) + carry;
        (*word, carry) = (negated & 0xffff_ffff, negated >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::{to_decimal, to_u128};

    #[test]
    fn decimal_digits_are_those_of_the_number() {
        let power = |exponent: usize| [vec![0; exponent / 8], vec![1 << (exponent % 8)], vec![0]].concat();
        assert_eq!(to_decimal(&power(128)).as_deref(), Ok("340282366920938463463374607431768211456"));
        assert_eq!(
            to_decimal(&power(200)).as_deref(),
            Ok("1606938044258990275541962092341162602522202993782792835301376")
        );
        // -2^135: bit 135 and all bits above it are 1.
        let minus = [vec![0; 16], vec![0x80]].concat();
        assert_eq!(to_decimal(&minus).as_deref(), Ok("-43556142965880123323311949751266331066368"));
        assert_eq!(to_decimal(&[vec![0xff; 17], vec![0x7f]].concat()).map(|digits| digits.len()), Ok(44));
        assert!(to_decimal(&[1; 2000]).is_err());
    }

    #[test]
    fn the_largest_of_rust_is_a_number() {
        assert_eq!(to_u128(&[vec![0xff; 16], vec![0]].concat()), Some(u128::MAX));
        assert_eq!(to_u128(&[vec![0xff; 16], vec![1]].concat()), None);
        assert_eq!(to_u128(&[0xff; 17]), None);
    }
}
