//! The table of forms and formats: what was expected of each cell, what happened, and the page that is made of it.

use crate::formats::{Format, Outcome};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{Debug, Write as _};
use std::path::Path;

/// Why something does not round trip, and what to do instead; a note below the table.
pub(crate) type Why = &'static str;

/// What is expected of a cell that does not round trip: what the error says, and why.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// The save fails.
    Refused(&'static str, Why),
    /// The load fails.
    Unreadable(&'static str, Why),
    /// The load gives another value.
    Differs(Why),
}

pub(crate) type But<'a> = &'a [(Format, Expected)];

struct Cell {
    format: Format,
    expected: Option<Expected>,
    outcome: Outcome,
}

struct Row {
    part: &'static str,
    form: &'static str,
    with: &'static str,
    cells: Vec<Cell>,
}

#[derive(Default)]
pub(crate) struct Table {
    part: &'static str,
    rows: Vec<Row>,
}

impl Table {
    /// The rows that follow belong to this part of the page.
    pub(crate) fn part(&mut self, part: &'static str) {
        self.part = part;
    }

    /// A form without an array.
    pub(crate) fn row<T>(&mut self, form: &'static str, value: T, but: But<'_>)
    where
        T: Serialize + DeserializeOwned + PartialEq + Debug,
    {
        self.with(form, "", value, but);
    }

    /// A form with an array of some kind in it.
    pub(crate) fn with<T>(&mut self, form: &'static str, with: &'static str, value: T, but: But<'_>)
    where
        T: Serialize + DeserializeOwned + PartialEq + Debug,
    {
        let cells = Format::ALL.map(|format| Cell {
            format,
            expected: but.iter().find(|(of, _)| *of == format).map(|(_, expected)| *expected),
            outcome: format.try_it(&value),
        });
        self.rows.push(Row { part: self.part, form, with, cells: cells.into() });
    }

    /// Panics with all cells that are not as expected, in either direction.
    pub(crate) fn check(&self) {
        let mut wrong = String::new();
        for row in &self.rows {
            for cell in &row.cells {
                let fits = match (&cell.expected, &cell.outcome) {
                    (None, Outcome::Same) => true,
                    (Some(Expected::Refused(text, _)), Outcome::Refused(error)) => error.contains(text),
                    (Some(Expected::Unreadable(text, _)), Outcome::Unreadable(error)) => error.contains(text),
                    (Some(Expected::Differs(_)), Outcome::Differs(_)) => true,
                    _ => false,
                };
                if !fits {
                    let Row { part, form, with, .. } = row;
                    let Cell { format, outcome, expected } = cell;
                    let expected = expected.as_ref().map_or("the same".to_owned(), |it| format!("{it:.80?}"));
                    let _ = writeln!(wrong, "{part}, {form} {with}, {format:?}: {outcome:.400?}, not {expected}");
                }
            }
        }
        assert!(wrong.is_empty(), "\n{wrong}");
    }

    /// The page: `before`, the tables, the notes.
    pub(crate) fn page(&self, before: &str, after: &str) -> String {
        let mut page = before.to_owned();
        let mut notes: Vec<Why> = Vec::new();
        let mut part = "";
        let mut last: Option<(&str, String)> = None;
        for (at, row) in self.rows.iter().enumerate() {
            if row.part != part {
                part = row.part;
                let names = Format::ALL.map(Format::name).join(" | ");
                let _ = write!(page, "\n## {part}\n\n| | {names} |\n|{}\n", " --- |".repeat(1 + Format::ALL.len()));
                last = None;
            }
            let cells: String = row.cells.iter().map(|cell| format!(" {} |", mark(cell, &mut notes))).collect();
            // One line for all kinds of arrays, unless they differ.
            let alike = |other: &&Row| other.part == part && other.form == row.form;
            let differ = self.rows.iter().filter(alike).any(|other| !same_cells(other, row));
            let line = if differ && !row.with.is_empty() {
                format!("| {}, with {} |{cells}\n", row.form, row.with)
            } else {
                format!("| {} |{cells}\n", row.form)
            };
            if last.as_ref().is_none_or(|(form, known)| *form != row.form || *known != line) {
                page += &line;
            }
            last = Some((row.form, line));
            assert!(at < 1000);
        }
        page += "\n## Why not, and what to do instead\n\n";
        for (at, note) in notes.iter().enumerate() {
            let _ = writeln!(page, "{}. {note}", at + 1);
        }
        page + after
    }
}

fn same_cells(one: &Row, other: &Row) -> bool {
    let key = |cell: &Cell| match cell.expected {
        None => ("", ""),
        Some(Expected::Refused(_, why)) => ("refused", why),
        Some(Expected::Unreadable(_, why)) => ("unreadable", why),
        Some(Expected::Differs(why)) => ("differs", why),
    };
    one.cells.iter().map(key).eq(other.cells.iter().map(key))
}

fn mark(cell: &Cell, notes: &mut Vec<Why>) -> String {
    let (word, why) = match cell.expected {
        None => return "yes".to_owned(),
        Some(Expected::Refused(_, why)) => ("refused", why),
        Some(Expected::Unreadable(_, why)) => ("not read", why),
        Some(Expected::Differs(why)) => ("**differs**", why),
    };
    let known = notes.iter().position(|note| *note == why);
    let number = known.unwrap_or_else(|| {
        notes.push(why);
        notes.len() - 1
    });
    format!("{word} ({})", number + 1)
}

/// Compares a page with the file of the repository, or writes the file.
pub(crate) fn compare(file: &str, page: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("ARRAYSTOW_WRITE_DOCS").is_some() {
        std::fs::write(&file, page).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == page, "{} is not what the test makes: ARRAYSTOW_WRITE_DOCS=1 writes it", file.display());
}
