//! Comments, documentation and messages have no words that CONTRIBUTING.md rules out.

use super::{Result, files};
use std::path::Path;

/// Parts of lines, in lower case: words of persons for programs, and phrases that say a fact backwards.
const RULED_OUT: &[&str] = &[
    "told",
    "tells",
    "of ours",
    "nobody",
    "somebody",
    "whoever",
    "his",
    "that is no",
    "anybody",
    "those who",
    "only who",
];

/// The lines with a word that is ruled out, as `file:line: word: text`.
fn found_in(path: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        let lower = lower.replace("that is no longer", "");
        for word in RULED_OUT.iter().filter(|word| has(&lower, word)) {
            found.push(format!("{}:{}: {word:?}: {}", path.display(), index + 1, line.trim()));
        }
    }
    found
}

/// Whether a line has these words, and not as a part of longer ones.
fn has(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let is_letter = |c: char| c.is_alphanumeric();
        let before = line[..at].chars().next_back().is_some_and(is_letter);
        let after = line[at + words.len()..].chars().next().is_some_and(is_letter);
        !before && !after
    })
}

#[test]
fn no_word_is_ruled_out() -> Result<()> {
    let mut texts = Vec::new();
    for folder in ["src", "derive", "tests", "benches", "examples"] {
        texts.extend(files(folder, &["rs", "py", "md", "toml"])?);
    }
    texts.extend(files("docs", &["md"])?);
    for page in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"] {
        texts.push((page.into(), std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page))?));
    }
    let mut found = Vec::new();
    for (path, text) in texts {
        // This file has the list. CONTRIBUTING.md has it too, in one line.
        if path.ends_with("src/rules/words.rs") {
            continue;
        }
        let listed = path.ends_with("CONTRIBUTING.md");
        let text = if listed {
            text.lines()
                .map(|line| if line.contains("No personified") { "" } else { line })
                .collect::<Vec<_>>()
                .join("\n")
        } else {
            text
        };
        found.extend(found_in(&path, &text));
    }
    assert!(found.is_empty(), "reword these, see CONTRIBUTING.md:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn words_are_found_whole() {
    let found = |text| found_in(Path::new("x.rs"), text).len();
    assert_eq!(found("// Nobody reads it.\n// It is told."), 2);
    assert_eq!(found("// this history of hours, retold"), 0);
    assert_eq!(found("fn meets_nobody() {}"), 1);
}
