//! Random mutations of inputs, which are the same for the same seed.

/// A mutation specific to one target.
pub type Change = fn(&mut Random, &mut Vec<u8>);

const LARGEST: usize = 1 << 16;

/// Xorshift.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end.max(1) as u64) as usize
    }

    /// An input of the corpus with a few changes.
    pub fn mutation(&mut self, corpus: &[Vec<u8>], change: Option<Change>) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(4) {
            match change {
                Some(change) if self.below(2) == 0 => change(self, &mut input),
                _ => self.change(&mut input, corpus),
            }
        }
        input.truncate(LARGEST);
        input
    }

    /// Makes a change that applies to any bytes.
    pub fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        const NUMBERS: [u64; 8] = [0, 1, u64::MAX, 1 << 63, 1 << 60, 1 << 32, 0xffff_ffff, 0x7fff_ffff];
        let at = self.below(input.len());
        match self.below(6) {
            0 if !input.is_empty() => input[at] ^= 1 << self.below(8),
            1 if !input.is_empty() => input[at] = self.number() as u8,
            2 => {
                let number = NUMBERS[self.below(NUMBERS.len())].to_le_bytes();
                let width = 1 << self.below(4);
                for (to, byte) in input.iter_mut().skip(at).zip(&number[..width]) {
                    *to = *byte;
                }
            }
            3 => input.truncate(at),
            4 => {
                let end = (at + 1 + self.below(64)).min(input.len());
                let piece = input[at.min(end)..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            _ => {
                let other = &corpus[self.below(corpus.len())];
                let end = (at + 1 + self.below(64)).min(other.len());
                let piece = other.get(at..end).unwrap_or_default();
                for (to, byte) in input.iter_mut().skip(at).zip(piece) {
                    *to = *byte;
                }
            }
        }
    }
}

/// Mutates `input[..len]`, which may grow to `most`: half of the time as libFuzzer does, otherwise specific to the
/// target.
#[cfg(fuzzing)]
pub fn mutate(input: &mut [u8], len: usize, most: usize, seed: u32, change: Change) -> usize {
    let mut random = Random::new(u64::from(seed) << 17 | 0x9e37);
    if random.below(2) == 0 {
        return libfuzzer_sys::fuzzer_mutate(input, len, most);
    }
    let mut changed = input[..len].to_vec();
    change(&mut random, &mut changed);
    changed.truncate(most.min(input.len()));
    input[..changed.len()].copy_from_slice(&changed);
    changed.len()
}
