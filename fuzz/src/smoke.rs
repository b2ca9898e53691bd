//! Runs the targets without a fuzzer: over their corpus, then over mutations of it, which are the same every time.

use crate::random::{Change, Random};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time that one case may take: far more than any does.
const LONGEST: Duration = Duration::from_secs(10);
/// The memory that the program may use, including the C libraries.
const MOST_MEMORY: u64 = 1 << 30;

/// Runs a target. `change` is a mutation specific to the target. Arguments: `-runs=N`, or files to run instead.
///
/// # Panics
/// If a case panics or takes too long. Its bytes are left in a file.
pub fn run(target: &str, case: impl Fn(&[u8]) + Sync, change: Option<Change>) {
    let case = |input: &[u8]| crate::case(&case, input);
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
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
    let mut slowest = Duration::ZERO;
    let begun = Arc::new(Mutex::new(Instant::now()));
    watch(begun.clone());
    let mutated = (0..runs).map(|_| random.mutation(&corpus, change));
    for (number, input) in corpus.iter().cloned().chain(mutated).enumerate() {
        // Written before the run, so that the bytes are left if the case aborts the program.
        std::fs::write(&aside, &input).expect("the case cannot be written");
        let now = Instant::now();
        *begun.lock().unwrap_or_else(PoisonError::into_inner) = now;
        case(&input);
        slowest = slowest.max(now.elapsed());
        assert!(slowest < LONGEST, "case {number} takes {slowest:?}: {}", aside.display());
    }
    let _ = std::fs::remove_file(aside);
    let all = corpus.len() + runs;
    println!("{target}: {all} cases in {:.1?}, the slowest {slowest:.1?}", started.elapsed());
}

/// Aborts the program when a case takes too long or the program uses too much memory.
fn watch(begun: Arc<Mutex<Instant>>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(50));
            let memory = crate::memory::resident();
            let taken = begun.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
            if taken > 2 * LONGEST || memory > MOST_MEMORY {
                eprintln!("a case takes {taken:?}; {} MiB are in memory", memory >> 20);
                std::process::abort();
            }
        }
    });
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(&folder).expect("there is no corpus");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the corpus cannot be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("the corpus cannot be read")).collect()
}
