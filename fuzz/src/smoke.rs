//! The targets without a fuzzer: over their corpus, then over that many mutations of it, the same every time.

use std::path::Path;
use std::time::{Duration, Instant};

/// What one case may take: far more than any does.
const LONGEST: Duration = Duration::from_secs(10);
const LARGEST: usize = 1 << 16;

/// Runs a target. Arguments: `-runs=N`, and files to run instead.
///
/// # Panics
/// If a case panics or takes too long; its bytes are then in a file.
pub fn run(target: &str, case: impl Fn(&[u8])) {
    let mut runs = 1000;
    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.strip_prefix("-runs=") {
            Some(number) => runs = number.parse().expect("-runs= takes a number"),
            None => files.push(std::fs::read(&argument).expect("the file cannot be read")),
        }
    }
    if !files.is_empty() {
        files.iter().for_each(|file| case(file));
        return;
    }
    let corpus = corpus(target);
    assert!(!corpus.is_empty(), "there is no corpus of {target}");
    let started = Instant::now();
    let aside = std::env::temp_dir().join(format!("arraystow-fuzz-{target}-{}", std::process::id()));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut slowest = Duration::ZERO;
    let mutated = (0..runs).map(|_| random.mutation(&corpus));
    for (number, input) in corpus.iter().cloned().chain(mutated).enumerate() {
        // A case that aborts the program leaves its bytes.
        std::fs::write(&aside, &input).expect("the case cannot be kept");
        let begun = Instant::now();
        case(&input);
        slowest = slowest.max(begun.elapsed());
        assert!(slowest < LONGEST, "case {number} takes {slowest:?}: {}", aside.display());
    }
    let _ = std::fs::remove_file(aside);
    let all = corpus.len() + runs;
    println!("{target}: {all} cases in {:.1?}, the slowest {slowest:.1?}", started.elapsed());
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(&folder).expect("there is no corpus");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the corpus cannot be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("the corpus cannot be read")).collect()
}

/// Xorshift: the same numbers every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// One of the corpus with a few changes.
    fn mutation(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut input, corpus);
        }
        input.truncate(LARGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        const NUMBERS: [u64; 8] = [0, 1, u64::MAX, 1 << 63, 1 << 60, 1 << 32, 0xffff_ffff, 0x7fff_ffff];
        let at = self.below(input.len());
        match self.below(6) {
            0 if !input.is_empty() => input[at] ^= 1 << self.below(8),
            1 if !input.is_empty() => input[at] = self.next() as u8,
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
