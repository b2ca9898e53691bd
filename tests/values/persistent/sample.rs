//! Serializers of types without serde, and places for them.

use arraystow::persistent::{BoxError, ExternalFiles, PersistentSerializer};
use arraystow::{ChunkedArray, Durability, Persistent, Storage, StorageBuilder};
use arraystow_s3_server::Server;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;

/// A table of columns, as of another crate. Two files: names and values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table(pub Arc<Columns>);

#[derive(Debug, PartialEq)]
pub(super) struct Columns {
    pub names: Vec<String>,
    pub values: Vec<f64>,
}

pub(super) fn table(rows: usize) -> Table {
    let names = vec!["x".to_owned(), "y".to_owned()];
    Table(Arc::new(Columns { names, values: (0..2 * rows).map(|i| i as f64 / 4.0).collect() }))
}

pub(super) struct Tables;

impl PersistentSerializer for Tables {
    type Object = Table;
    const NAME: &'static str = "example.org/tables";

    fn write(&self, table: &Table, files: &ExternalFiles) -> Result<(), BoxError> {
        let mut names = files.create("names.json")?;
        serde_json::to_writer(&mut names, &table.0.names)?;
        names.finish()?;
        let mut values = files.create("values")?;
        for value in &table.0.values {
            values.write_all(&value.to_le_bytes())?;
        }
        Ok(values.finish()?)
    }

    fn read(&self, files: &ExternalFiles) -> Result<Table, BoxError> {
        let names = serde_json::from_reader(files.open("names.json")?)?;
        let mut bytes = Vec::new();
        files.open("values")?.read_to_end(&mut bytes)?;
        let values = bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        Ok(Table(Arc::new(Columns { names, values })))
    }

    fn remove(&self, files: &ExternalFiles) -> Result<(), BoxError> {
        files.remove("names.json")?;
        Ok(files.remove("values")?)
    }

    fn identity(&self, table: &Table) -> Option<usize> {
        Some(Arc::as_ptr(&table.0) as usize)
    }
}

/// A text that stays where it is until a part of it is asked for.
#[derive(Clone, Debug, Persistent)]
pub(super) enum Text {
    Here(Arc<str>),
    Stored(ExternalFiles),
}

impl Text {
    /// A few bytes from the middle.
    pub(super) fn part(&self, at: u64, len: usize) -> arraystow::Result<String> {
        match self {
            Self::Here(text) => Ok(text[at as usize..at as usize + len].to_owned()),
            Self::Stored(stored) => {
                let mut file = stored.open("")?;
                let mut bytes = vec![0; len];
                let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
                read.map_err(|error| error.downcast::<arraystow::Error>().unwrap())?;
                Ok(String::from_utf8(bytes).unwrap())
            }
        }
    }
}

pub(super) struct Texts;

impl PersistentSerializer for Texts {
    type Object = Text;
    const NAME: &'static str = "example.org/texts";
    const VERSION: &'static str = "3.1";

    fn write(&self, text: &Text, files: &ExternalFiles) -> Result<(), BoxError> {
        let mut file = files.create("")?;
        match text {
            Text::Here(text) => file.write_all(text.as_bytes())?,
            Text::Stored(stored) => {
                std::io::copy(&mut stored.open("")?, &mut file)?;
            }
        }
        Ok(file.finish()?)
    }

    fn read(&self, files: &ExternalFiles) -> Result<Text, BoxError> {
        Ok(Text::Stored(files.clone()))
    }

    fn remove(&self, files: &ExternalFiles) -> Result<(), BoxError> {
        Ok(files.remove("")?)
    }
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Run {
    pub name: String,
    #[serde(with = "arraystow::persistent")]
    pub table: Table,
    pub field: ChunkedArray<f32>,
    pub mask: Array2<i64>,
}

pub(super) fn run() -> Run {
    let field = Array2::from_shape_fn((30, 20), |(i, j)| (20 * i + j) as f32);
    Run {
        name: "run".into(),
        table: table(1000),
        field: ChunkedArray::from_ndarray(field, &[10, 10]).unwrap(),
        mask: Array2::from_elem((30, 30), 7),
    }
}

pub(super) fn assert_run(loaded: &Run) {
    let saved = run();
    assert_eq!((&loaded.name, &loaded.table, &loaded.mask), (&saved.name, &saved.table, &saved.mask));
    assert_eq!(loaded.field.compute().unwrap(), saved.field.compute().unwrap());
}

/// Where a storage is.
pub(super) enum Place {
    Folder(tempfile::TempDir),
    Server(Server),
}

pub(super) fn places() -> [Place; 2] {
    [Place::Folder(tempfile::tempdir().unwrap()), Place::Server(Server::start())]
}

impl Place {
    /// A builder without any serializer.
    pub(super) fn bare(&self) -> StorageBuilder {
        match self {
            Self::Folder(folder) => Storage::builder(folder.path()).durability(Durability::NotSynced),
            Self::Server(server) => server.builder("runs"),
        }
    }

    pub(super) fn storage(&self) -> Storage {
        self.bare().serializer(Tables).serializer(Texts).open().unwrap()
    }

    /// Everything that is there, but locks and the group of the arrays.
    pub(super) fn files(&self) -> Vec<String> {
        match self {
            Self::Folder(folder) => arraystow_tests::files(folder.path()).into_iter().collect(),
            Self::Server(server) => {
                let keys = server.keys().into_iter().filter(|key| !key.ends_with("dask_arrays/zarr.json"));
                keys.map(|key| key.trim_start_matches("runs/").to_owned()).collect()
            }
        }
    }

    /// The one file that ends so.
    pub(super) fn file(&self, end: &str) -> String {
        let mut files = self.files().into_iter().filter(|file| file.ends_with(end));
        let file = files.next().unwrap_or_else(|| panic!("there is no {end}"));
        assert_eq!(files.next(), None);
        file
    }

    pub(super) fn read(&self, file: &str) -> Vec<u8> {
        match self {
            Self::Folder(folder) => std::fs::read(folder.path().join(file)).unwrap(),
            Self::Server(server) => server.read(&format!("runs/{file}")),
        }
    }

    pub(super) fn write(&self, file: &str, bytes: &[u8]) {
        match self {
            Self::Folder(folder) => std::fs::write(folder.path().join(file), bytes).unwrap(),
            Self::Server(server) => server.write(&format!("runs/{file}"), bytes),
        }
    }

    pub(super) fn remove(&self, file: &str) {
        match self {
            Self::Folder(folder) => std::fs::remove_file(folder.path().join(file)).unwrap(),
            Self::Server(server) => server.remove(&format!("runs/{file}")),
        }
    }
}
