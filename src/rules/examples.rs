//! The lengths of the examples, beside those of the same programs in Python.

use super::Result;
use std::path::Path;

/// The lines of code, without blank lines and comments.
fn lines(path: &Path, comments: &[&str]) -> Result<usize> {
    let text = std::fs::read_to_string(path)?;
    let is_code = |line: &&str| !line.is_empty() && !comments.iter().any(|comment| line.starts_with(comment));
    Ok(text.lines().map(str::trim).filter(is_code).count())
}

#[test]
fn are_at_most_twice_as_long_as_in_python_and_as_long_as_their_page_says() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/examples.md"))?;
    for name in ["heat", "weights", "climate", "sweep", "tiles"] {
        let folder = root.join("examples").join(name);
        let main = [folder.join("main.rs"), folder.join("src/main.rs")].into_iter().find(|path| path.exists());
        let rust = lines(&main.ok_or("there is no main.rs")?, &["//", "#!["])?;
        let python = lines(&folder.join(format!("{name}.py")), &["#", "\"\"\""])?;
        assert!(rust <= 2 * python, "{name}: {rust} lines, and {python} in Python");
        let row = page.lines().find(|line| line.starts_with(&format!("| `examples/{name}`")));
        let row = row.ok_or("the page has no row of it")?;
        assert!(row.contains(&format!("| {rust} | {python} |")), "{name}: {rust} and {python}, not {row}");
    }
    Ok(())
}
