//! SHA-1, the checksum at the end of FunctionFuse's documents. It protects against damage and not against forgery.

/// Bytes of a SHA-1.
pub(in crate::plugin) const SHA1_BYTES: usize = 20;

const BLOCK: usize = 64;

/// A SHA-1 in the making.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Sha1 {
    state: [u32; 5],
    /// The bytes of the block that is not yet full.
    rest: Vec<u8>,
    len: u64,
}

impl Sha1 {
    pub(in crate::plugin) fn new() -> Self {
        let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
        Self { state, rest: Vec::with_capacity(BLOCK), len: 0 }
    }

    /// Returns the SHA-1 of these bytes.
    pub(in crate::plugin) fn of(bytes: &[u8]) -> [u8; SHA1_BYTES] {
        Self::new().with(bytes).finish()
    }

    /// Appends bytes.
    pub(in crate::plugin) fn with(mut self, bytes: &[u8]) -> Self {
        self.len = self.len.wrapping_add(bytes.len() as u64);
        let (begin, whole) = bytes.split_at(bytes.len().min((BLOCK - self.rest.len()) % BLOCK));
        self.rest.extend_from_slice(begin);
        if self.rest.len() == BLOCK {
            let full = std::mem::take(&mut self.rest);
            compress(&mut self.state, &full);
        }
        let mut blocks = whole.chunks_exact(BLOCK);
        blocks.by_ref().for_each(|block| compress(&mut self.state, block));
        self.rest.extend_from_slice(blocks.remainder());
        self
    }

    pub(in crate::plugin) fn finish(self) -> [u8; SHA1_BYTES] {
        let bits = self.len.wrapping_mul(8);
        let zeros = (2 * BLOCK - 9 - self.rest.len()) % BLOCK;
        let padding = [&[0x80][..], &[0; BLOCK][..zeros], &bits.to_be_bytes()].concat();
        let Self { state, .. } = self.with(&padding);
        let mut hash = [0; SHA1_BYTES];
        for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        hash
    }
}

fn compress(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0_u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for at in 16..80 {
        words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (round, word) in words.into_iter().enumerate() {
        let (mixed, constant) = match round / 20 {
            0 => ((b & c) | (!b & d), 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant).wrapping_add(word);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (word, added) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(added);
    }
}

#[cfg(test)]
mod tests {
    use super::Sha1;

    fn hex(bytes: &[u8]) -> String {
        Sha1::of(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_examples_of_the_standard_come_out() {
        assert_eq!(hex(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(two_blocks), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_eq!(hex(&[b'a'; 1_000_000]), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }

    #[test]
    fn parts_give_what_the_whole_gives() {
        let bytes: Vec<u8> = (0..=255).collect();
        for cut in 0..bytes.len() {
            let (one, other) = bytes.split_at(cut);
            assert_eq!(Sha1::new().with(one).with(other).finish(), Sha1::of(&bytes), "{cut}");
        }
    }
}
