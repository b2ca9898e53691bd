//! Comments, documentation and messages have no words that CONTRIBUTING.md rules out.

use super::{Result, files};
use std::path::Path;

/// The words and phrases that stand in quotation marks in the rule of CONTRIBUTING.md, in lower case.
fn ruled_out() -> Result<Vec<String>> {
    let rules = std::fs::read_to_string(root().join("CONTRIBUTING.md"))?;
    let rule = rules.split("\n- ").find(|rule| rule.starts_with(RULE)).ok_or("CONTRIBUTING.md has no such rule")?;
    let words: Vec<_> = rule.split('"').skip(1).step_by(2).map(|word| word.replace('\n', " ").to_lowercase()).collect();
    if words.is_empty() { Err("the rule has no words".into()) } else { Ok(words) }
}

/// How the rule begins.
const RULE: &str = "No personified";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines with one of these words, as `file:line: word: text`.
fn found_in(words: &[String], path: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        for word in words.iter().filter(|word| has(&lower, word)) {
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
    let words = ruled_out()?;
    let mut texts = Vec::new();
    for folder in ["src", "derive", "tests", "benches", "examples"] {
        texts.extend(files(folder, &["rs", "py", "md", "toml"])?);
    }
    texts.extend(files("docs", &["md"])?);
    for page in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"] {
        texts.push((page.into(), std::fs::read_to_string(root().join(page))?));
    }
    let found: Vec<_> = texts.iter().flat_map(|(path, text)| found_in(&words, path, &without_the_rule(text))).collect();
    assert!(found.is_empty(), "reword these, see CONTRIBUTING.md:\n{}", found.join("\n"));
    Ok(())
}

/// A text without the rule that has the words.
fn without_the_rule(text: &str) -> String {
    text.split("\n- ").map(|item| if item.starts_with(RULE) { "" } else { item }).collect::<Vec<_>>().join("\n- ")
}

#[test]
fn words_are_found_whole() {
    let words = ["hours".to_owned(), "a day".to_owned()];
    let found = |text| found_in(&words, Path::new("x.rs"), text).len();
    assert_eq!(found("// Hours pass.\n// It took a day."), 2);
    assert_eq!(found("// ours, a daylight"), 0);
    assert_eq!(found("fn meets_hours() {}"), 1);
}
