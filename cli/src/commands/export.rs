//! `export`: an array or a part of a value as a file of another program.

use super::{Call, npy, pack, plot};
use crate::arguments::PlotArguments;
use crate::arrays::choose;
use crate::elements::{json_texts, nested, texts};
use crate::fault::{Fault, Outcome};
use crate::files::{self, NewFile};
use crate::json::Converter;
use crate::plot::Part;
use crate::values::{self, read};
use arraystow::{AnyArray, AnyNdArray, DataType, Storage, Value};
use ndarray::{Slice, SliceInfoElem};
use serde_json::Value as Json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// What is written, and where.
pub(super) struct Wanted {
    pub(super) place: String,
    pub(super) name: String,
    pub(super) path: Option<String>,
    pub(super) slice: Option<String>,
    pub(super) file: PathBuf,
    pub(super) force: bool,
}

pub(super) fn run(call: &Call, wanted: Wanted) -> Outcome<()> {
    let Wanted { place, name, path, slice, file, force } = wanted;
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending {
        "npy" | "csv" | "json" => {}
        "png" | "svg" => {
            let picture = PlotArguments::of(place, name, path);
            return plot::run(call, &PlotArguments { slice, output: Some(file), force, ..picture });
        }
        "h5" | "hdf5" if path.is_none() && slice.is_none() => return pack::pack(call, &place, &name, &file, force),
        "h5" | "hdf5" => {
            let text = "an HDF5 file has the whole value: leave out --path and --slice, or write a .json file";
            return Err(Fault::Usage(text.to_owned()));
        }
        _ => {
            let endings = "write a file that ends in .npy, .csv, .json, .png, .svg or .h5";
            return Err(Fault::Usage(format!("{}: {endings}", file.display())));
        }
    }
    let storage = call.existing(&place)?;
    // The array is known before a file is made, and a file is complete when it has its name.
    let content = match ending {
        "json" => json_of(&storage, &name, path.as_deref(), slice.as_deref())?,
        _ => {
            let (array, info) = choose(&storage, &name, path.as_deref())?;
            Content::Array(part(&array, slice.as_deref(), info.dims.as_deref())?)
        }
    };
    files::check(&file, force)?;
    let (new, out) = NewFile::create(&file, force)?;
    let mut out = BufWriter::new(out);
    call.watched(|| match (&content, ending) {
        (Content::Array(array), "npy") => npy::write(array, slabs(array)?, &mut out),
        (Content::Array(array), "csv") => csv(array, &mut out),
        (Content::Array(array), _) => json_elements(array, &mut out),
        (Content::Json(value), _) => {
            serde_json::to_writer_pretty(&mut out, value)?;
            Ok(writeln!(out)?)
        }
    })?;
    out.flush()?;
    out.get_ref().sync_all()?;
    new.finish()?;
    call.wrote(&file)
}

/// What a file gets.
enum Content {
    Array(AnyArray),
    Json(Json),
}

/// The part of an array; all of it if none is chosen.
fn part(array: &AnyArray, slice: Option<&str>, dims: Option<&[String]>) -> Outcome<AnyArray> {
    match slice {
        Some(_) => Ok(array.slice(&Part::parse(slice, array.shape(), dims, None)?.elements)?),
        None => Ok(array.clone()),
    }
}

/// A part of a value as JSON; of an array its elements.
fn json_of(storage: &Storage, name: &str, path: Option<&str>, slice: Option<&str>) -> Outcome<Content> {
    let ((value, info), path) = (read(storage, name)?, path.unwrap_or_default());
    let found = values::part(&value, name, path)?;
    match (found.resolved(), slice) {
        (Value::Array(array), slice) => Ok(Content::Array(part(array, slice, array.dims())?)),
        (_, Some(_)) => Err(Fault::Usage("--slice is for arrays: choose one with --path".to_owned())),
        (_, None) => Ok(Content::Json(Converter::new(&info).value(found))),
    }
}

/// The elements as nested lists.
fn json_elements(array: &AnyArray, out: &mut BufWriter<File>) -> Outcome<()> {
    let Some((_, row)) = array.shape().split_first() else {
        let element = json_texts(&array.compute()?)?;
        return Ok(writeln!(out, "{}", element.concat())?);
    };
    write!(out, "[")?;
    let mut is_first = true;
    for slab in slabs(array)? {
        let slab = slab?;
        let texts = json_texts(&slab)?;
        let rows = slab.shape().first().copied().unwrap_or(0);
        for index in 0..rows {
            write!(out, "{}", if is_first { "\n" } else { ",\n" })?;
            is_first = false;
            let len = texts.len() / rows;
            nested(row, &texts[index * len..(index + 1) * len], out)?;
        }
    }
    Ok(writeln!(out, "\n]")?)
}

/// The array in slabs of its first axis, each of at most 64 MiB or one step of the axis, so that memory stays bounded.
fn slabs(array: &AnyArray) -> Outcome<impl Iterator<Item = Outcome<AnyNdArray>>> {
    const MOST_BYTES: usize = 64 << 20;
    let shape = array.shape().to_vec();
    let (rows, row) = match shape.split_first() {
        Some((rows, rest)) => (*rows, rest.iter().product::<usize>().saturating_mul(array.data_type().size())),
        None => (1, 0),
    };
    // Whole chunks, so that none is read twice.
    let chunk = array.grid().chunk_shape().and_then(|chunk| chunk.first().copied()).unwrap_or(1).max(1);
    let steps = (MOST_BYTES / row.max(1) / chunk).max(1).saturating_mul(chunk);
    let array = array.clone();
    Ok((0..rows).step_by(steps.max(1)).map(move |start| {
        if shape.is_empty() {
            return Ok(array.compute()?);
        }
        let mut slice: Vec<SliceInfoElem> = shape.iter().map(|_| Slice::from(..).into()).collect();
        slice[0] = Slice::from(start..(start + steps).min(rows)).into();
        Ok(array.slice(slice)?.compute()?)
    }))
}

/// One column or several. Records of one axis have a column for each field, with its name above it. Floating-point
/// numbers are written so that they are read back as they are.
fn csv(array: &AnyArray, out: &mut BufWriter<File>) -> Outcome<()> {
    if !(1..=2).contains(&array.ndim()) {
        let cure = "choose a part with --slice, or write a .json file";
        return Err(Fault::Other(format!("a table has one axis or two, and the array has {}: {cure}", array.ndim())));
    }
    let mut writer = csv::Writer::from_writer(out);
    let mut write = |row: &[String]| writer.write_record(row).map_err(|error| Fault::Other(error.to_string()));
    let fields: Vec<String> = match array.data_type() {
        DataType::Record(record) if array.ndim() == 1 => {
            record.fields().iter().map(|field| field.name().to_owned()).collect()
        }
        _ => Vec::new(),
    };
    if !fields.is_empty() {
        write(&fields)?;
    }
    for slab in slabs(array)? {
        match slab? {
            AnyNdArray::Encoded(records) if !fields.is_empty() => {
                let columns = fields.iter().map(|field| texts(&records.field(field)?));
                let columns = columns.collect::<Outcome<Vec<_>>>()?;
                for row in 0..records.shape().first().copied().unwrap_or(0) {
                    write(&columns.iter().filter_map(|column| column.get(row).cloned()).collect::<Vec<_>>())?;
                }
            }
            slab => {
                let columns = slab.shape().get(1).copied().unwrap_or(1);
                texts(&slab)?.chunks(columns.max(1)).try_for_each(&mut write)?;
            }
        }
    }
    writer.flush()?;
    Ok(())
}
