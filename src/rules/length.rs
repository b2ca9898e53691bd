//! Files are short: a file has one responsibility.

use super::{Result, files};

/// The most lines of a file.
const MOST_LINES: usize = 400;

#[test]
fn files_have_at_most_400_lines() -> Result<()> {
    let mut long = Vec::new();
    for folder in ["src", "derive/src", "tests", "benches", "examples", "fuzz/src"] {
        for (path, text) in files(folder, &["rs", "py"])? {
            let lines = text.lines().count();
            if lines > MOST_LINES {
                long.push(format!("{} has {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "divide these files by responsibility:\n{}", long.join("\n"));
    Ok(())
}
