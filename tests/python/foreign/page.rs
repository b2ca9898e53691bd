//! `docs/foreign.md`: what is read of the files of other programs, as it was found. `ARRAYSTOW_WRITE_DOCS=1` writes it
//! anew.

use std::fs;
use std::path::Path;

/// One row: the part of the page, what it is, and what became of it.
pub(super) struct Row {
    pub(super) section: String,
    pub(super) label: String,
    /// Nothing if it is read; otherwise why not.
    pub(super) refused: Option<String>,
}

/// The rows as tables, a heading above each.
fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    for section in rows.chunk_by(|a, b| a.section == b.section) {
        text += &format!("\n### {}\n\n| | read |\n| --- | --- |\n", section[0].section);
        for row in section {
            match &row.refused {
                None => text += &format!("| {} | yes |\n", row.label),
                Some(why) => text += &format!("| {} | no: {} |\n", row.label, why.replace('|', "\\|")),
            }
        }
    }
    text
}

/// Compares the tables of a part of the page, between two of its comments, with what was found.
#[track_caller]
pub(super) fn check(part: &str, rows: &[Row]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/foreign.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {part} -->\n"), format!("\n<!-- end of {part} -->"));
    let (before, rest) = page.split_once(&begin).unwrap();
    let (found, after) = rest.split_once(&end).unwrap();
    let wanted = tables(rows);
    if found == wanted {
        return;
    }
    if std::env::var_os("ARRAYSTOW_WRITE_DOCS").is_some() {
        fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).unwrap();
        return;
    }
    panic!("docs/foreign.md is not what is true; ARRAYSTOW_WRITE_DOCS=1 writes it anew:\n{wanted}");
}
