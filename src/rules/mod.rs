//! Checks the files of the project against the rules in CONTRIBUTING.md.

mod examples;
mod imports;
mod length;
mod pages;
mod rooms;
mod words;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Returns the files of the project below a folder whose names have one of these endings, with their texts.
fn files(folder: &str, endings: &[&str]) -> Result<Vec<(std::path::PathBuf, String)>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut left) = (Vec::new(), vec![root.join(folder)]);
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().and_then(|ending| ending.to_str()).is_some_and(|own| endings.contains(&own)) {
                let text = std::fs::read_to_string(&path)?;
                found.push((path.strip_prefix(root)?.to_owned(), text));
            }
        }
    }
    found.sort();
    Ok(found)
}
