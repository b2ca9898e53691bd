//! A table that is stored as a Parquet file beside the document. Only the columns that the program uses are read.
//!
//! `cargo run -p arraystow-example-parquet-table`

#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use arraystow::persistent::{BoxError, ExternalFiles, PersistentSerializer};
use arraystow::{ChunkedArray, Persistent, Storage};
use bytes::Bytes;
use parquet::data_type::DoubleType;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

type BoxResult<T> = Result<T, BoxError>;

/// Columns of numbers, in memory or in a Parquet file. Cheap to clone.
#[derive(Clone, Persistent)]
enum Table {
    Here(Arc<BTreeMap<String, Vec<f64>>>),
    Stored(Arc<StoredTable>),
}

impl Table {
    fn names(&self) -> BoxResult<Vec<String>> {
        match self {
            Self::Here(columns) => Ok(columns.keys().cloned().collect()),
            Self::Stored(stored) => {
                let reader = SerializedFileReader::new(StoredTable::clone(stored))?;
                let schema = reader.metadata().file_metadata().schema_descr();
                Ok(schema.columns().iter().map(|column| column.name().to_owned()).collect())
            }
        }
    }

    /// One column; the others are not read.
    fn column(&self, name: &str) -> BoxResult<Vec<f64>> {
        match self {
            Self::Here(columns) => Ok(columns.get(name).ok_or_else(|| no_column(name))?.clone()),
            Self::Stored(stored) => {
                let index = self.names()?.iter().position(|known| known == name).ok_or_else(|| no_column(name))?;
                let reader = SerializedFileReader::new(StoredTable::clone(stored))?;
                let mut values = Vec::new();
                for group in 0..reader.num_row_groups() {
                    let group = reader.get_row_group(group)?;
                    let rows = usize::try_from(group.metadata().num_rows())?;
                    let mut column =
                        parquet::column::reader::get_typed_column_reader::<DoubleType>(group.get_column_reader(index)?);
                    column.read_records(rows, None, None, &mut values)?;
                }
                Ok(values)
            }
        }
    }
}

fn no_column(name: &str) -> String {
    format!("the table has no column {name:?}")
}

/// The file of a table, in the form that Parquet needs to read parts of it.
#[derive(Clone)]
struct StoredTable {
    files: ExternalFiles,
    len: u64,
}

const EXTENSION: &str = "parquet";

impl Length for StoredTable {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for StoredTable {
    type T = arraystow::FileReader;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let opened = self.files.open(EXTENSION);
        let mut file = opened.map_err(|error| ParquetError::External(error.into()))?;
        file.seek(SeekFrom::Start(start))?;
        Ok(file)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let mut bytes = Vec::with_capacity(length);
        self.get_read(start)?.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// Stores tables as Parquet files.
struct ParquetTables;

impl PersistentSerializer for ParquetTables {
    type Object = Table;
    const NAME: &'static str = "example.org/parquet-tables";

    fn write(&self, table: &Table, files: &ExternalFiles) -> BoxResult<()> {
        let names = table.names()?;
        let columns: Vec<String> = names.iter().map(|name| format!("REQUIRED DOUBLE {name};")).collect();
        let schema = Arc::new(parse_message_type(&format!("message table {{ {} }}", columns.concat()))?);
        let file = files.create(EXTENSION)?;
        let mut writer = SerializedFileWriter::new(file, schema, Arc::default())?;
        let mut group = writer.next_row_group()?;
        for name in &names {
            let values = table.column(name)?;
            let mut column = group.next_column()?.ok_or("the schema has fewer columns than the table")?;
            column.typed::<DoubleType>().write_batch(&values, None, None)?;
            column.close()?;
        }
        group.close()?;
        Ok(writer.into_inner()?.finish()?)
    }

    fn read(&self, files: &ExternalFiles) -> BoxResult<Table> {
        // Only the length is checked; no data is read.
        let len = files.open(EXTENSION)?.len();
        Ok(Table::Stored(Arc::new(StoredTable { files: files.clone(), len })))
    }

    fn remove(&self, files: &ExternalFiles) -> BoxResult<()> {
        Ok(files.remove(EXTENSION)?)
    }

    fn identity(&self, table: &Table) -> Option<usize> {
        Some(match table {
            Table::Here(columns) => Arc::as_ptr(columns) as usize,
            Table::Stored(stored) => Arc::as_ptr(stored) as usize,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Campaign {
    ship: String,
    stations: Table,
    depth: ChunkedArray<f32>,
}

fn main() -> BoxResult<()> {
    let folder = tempfile::tempdir()?;
    let storage = Storage::builder(folder.path()).serializer(ParquetTables).open()?;

    let stations = BTreeMap::from([
        ("latitude".to_owned(), (0..1000).map(|i| 54.0 + f64::from(i) / 500.0).collect()),
        ("temperature".to_owned(), (0..1000).map(|i| 11.5 - f64::from(i % 40) / 8.0).collect()),
    ]);
    let depth = ChunkedArray::from_fn(&[1000, 600], &[250, 300], |region| {
        let first = region.start()[1];
        ndarray::ArrayD::from_shape_fn(region.shape(), |at| (first + at[1]) as f32)
    })?;
    storage.save(
        "north-sea/1996",
        &Campaign { ship: "Meteor".into(), stations: Table::Here(Arc::new(stations)), depth },
    )?;

    let campaign: Campaign = storage.load("north-sea/1996")?;
    let temperature = campaign.stations.column("temperature")?; // the latitudes are not read
    let mean = temperature.iter().sum::<f64>() / temperature.len() as f64;
    println!("{}: {} stations, {mean:.2} degrees on the average", campaign.ship, temperature.len());
    println!("greatest depth: {} m", campaign.depth.max()?);
    for object in storage.info("north-sea/1996")?.external_objects {
        println!("{} is kept by {}: {} bytes in {}", object.paths[0], object.serializer, object.bytes, object.files[0]);
    }

    storage.remove("north-sea/1996")?; // the Parquet file too
    assert_eq!(storage.list("**")?.len(), 0);
    Ok(())
}
