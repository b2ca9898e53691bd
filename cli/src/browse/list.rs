//! The list at the left: values, and the arrays of those that are open.

use crate::fault::Outcome;
use crate::text::clean;
use arraystow::{ArrayInfo, Storage};

/// A value, and its arrays while it is open.
struct Entry {
    name: String,
    arrays: Option<Vec<ArrayInfo>>,
}

/// What a row of the list stands for.
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    Value(&'a str),
    Array(&'a str, &'a ArrayInfo),
}

/// Values and open arrays, of which one row is selected.
pub(super) struct List {
    entries: Vec<Entry>,
    /// For each row the number of the value, and that of the array.
    rows: Vec<(usize, Option<usize>)>,
    selected: usize,
}

impl List {
    pub(super) fn read(storage: &Storage) -> Outcome<Self> {
        let entries = storage.list("**")?.into_iter().map(|entry| Entry { name: entry.name, arrays: None });
        let mut list = Self { entries: entries.collect(), rows: Vec::new(), selected: 0 };
        list.arrange();
        Ok(list)
    }

    fn arrange(&mut self) {
        let rows = self.entries.iter().enumerate().flat_map(|(number, entry)| {
            let arrays = 0..entry.arrays.as_ref().map_or(0, Vec::len);
            std::iter::once((number, None)).chain(arrays.map(move |array| (number, Some(array))))
        });
        self.rows = rows.collect();
    }

    fn row(&self, row: usize) -> Option<Row<'_>> {
        let (number, array) = self.rows.get(row)?;
        let entry = self.entries.get(*number)?;
        Some(match array {
            None => Row::Value(&entry.name),
            Some(array) => Row::Array(&entry.name, entry.arrays.as_ref()?.get(*array)?),
        })
    }

    pub(super) fn selected(&self) -> Option<Row<'_>> {
        self.row(self.selected)
    }

    /// Selects another row, as near as the ends allow.
    pub(super) fn step(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
    }

    /// Shows the arrays of the selected value, and goes to the first of them.
    pub(super) fn open(&mut self, storage: &Storage) -> Outcome<()> {
        let Some((number, None)) = self.rows.get(self.selected).copied() else { return Ok(()) };
        let Some(entry) = self.entries.get_mut(number) else { return Ok(()) };
        if entry.arrays.is_none() {
            entry.arrays = Some(storage.info(&entry.name)?.arrays);
        }
        let has_arrays = entry.arrays.as_ref().is_some_and(|arrays| !arrays.is_empty());
        self.arrange();
        self.step(isize::from(has_arrays));
        Ok(())
    }

    /// Hides the arrays of the selected value, and goes to it.
    pub(super) fn close(&mut self) {
        let Some((number, _)) = self.rows.get(self.selected).copied() else { return };
        if let Some(entry) = self.entries.get_mut(number) {
            entry.arrays = None;
        }
        self.arrange();
        self.selected = self.rows.iter().position(|row| *row == (number, None)).unwrap_or(0);
    }

    /// The texts of at most so many rows around the selected one, each with whether it is that one.
    pub(super) fn lines(&self, most: usize) -> Vec<(String, bool)> {
        let first = self.selected.saturating_sub(most / 2).min(self.rows.len().saturating_sub(most));
        let rows = (first..self.rows.len()).take(most);
        let text = |row: usize| match self.row(row)? {
            Row::Value(name) => {
                let is_open = self.rows.get(row).is_some_and(|(number, _)| self.entries[*number].arrays.is_some());
                Some(format!("{} {}", if is_open { '▾' } else { '▸' }, clean(name)))
            }
            Row::Array(_, info) => {
                let path = info.paths.first().map_or("", String::as_str);
                Some(format!("    {}", if path.is_empty() { "the value".to_owned() } else { clean(path) }))
            }
        };
        rows.filter_map(|row| Some((text(row)?, row == self.selected))).collect()
    }
}
