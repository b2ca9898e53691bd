//! The checksum of HDF5's blocks of metadata.

/// Bob Jenkins' lookup3 hash, as HDF5 uses it.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let [mut a, mut b, mut c] = [start; 3];
    let add = |words: &[u8], a: &mut u32, b: &mut u32, c: &mut u32| {
        let word =
            |at: usize| words.iter().skip(at).take(4).rev().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        *a = a.wrapping_add(word(0));
        *b = b.wrapping_add(word(4));
        *c = c.wrapping_add(word(8));
    };
    let mut rest = bytes;
    while rest.len() > 12 {
        let (words, left) = rest.split_at(12);
        add(words, &mut a, &mut b, &mut c);
        a = a.wrapping_sub(c) ^ c.rotate_left(4);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(6);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(8);
        b = b.wrapping_add(a);
        a = a.wrapping_sub(c) ^ c.rotate_left(16);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(19);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(4);
        b = b.wrapping_add(a);
        rest = left;
    }
    if rest.is_empty() {
        return c;
    }
    add(rest, &mut a, &mut b, &mut c);
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

#[cfg(test)]
mod tests {
    use super::lookup3;

    #[test]
    fn the_checksum_is_that_of_hdf5() {
        // Those of `H5_checksum_lookup3` for an empty and a short text are Bob Jenkins' own examples.
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
