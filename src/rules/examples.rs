//! The lengths of the examples, beside those of the same programs in Python; the program of the page for newcomers.

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

/// The page's program is `examples/start.rs`, without its head; the page's second block comes before its last line.
#[test]
fn the_program_of_the_first_page_is_an_example() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/start.md"))?;
    let example = std::fs::read_to_string(root.join("examples/start.rs"))?;
    let block = |kind: &str| {
        let (_, rest) = page.split_once(&format!("```{kind}\n"))?;
        rest.split_once("```").map(|(block, _)| block)
    };
    let program = block("rust,no_run").ok_or("the page has no program")?;
    let next = block("rust,ignore").ok_or("the page has no next lines")?;
    let indented: String =
        next.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("    {line}\n") }).collect();
    let whole = program.replace("    Ok(())\n", &format!("\n{indented}    Ok(())\n"));
    let (_, of_example) = example.split_once("\n\n").ok_or("the example has no head")?;
    assert_eq!(of_example, whole, "docs/start.md and examples/start.rs differ");
    Ok(())
}
