//! `repack`: other chunks, another codec or another format for the arrays of a value.

use super::{Call, print_json};
use crate::arguments::RepackArguments;
use crate::fault::{Fault, Outcome};
use crate::text;
use arraystow::{AnyArray, ArrayFormat, ArrayInfo, ChunkGrid, Codec, Storage};
use serde_json::json;

pub(super) fn run(call: &Call, arguments: &RepackArguments) -> Outcome<()> {
    let RepackArguments { place, name, arrays, chunks, codec, format } = arguments;
    if chunks.is_none() && codec.is_none() && format.is_none() {
        return Err(Fault::Usage("choose --chunks, --codec or --format".to_owned()));
    }
    call.existing(place)?;
    let storage = match format {
        Some(format) => call.build(place, Storage::builder(place).array_format(*format))?,
        None => call.open(place)?,
    };
    let before = storage.info(name)?;
    let is_chosen =
        |array: &ArrayInfo| arrays.as_ref().is_none_or(|glob| array.paths.iter().any(|path| matches(glob, path)));
    if let (Some(glob), false) = (arrays, before.arrays.iter().any(is_chosen)) {
        return Err(Fault::Other(format!("{name:?} has no stored array at a path like {glob:?}")));
    }
    let wanted = Wanted { chunks: chunks.as_deref(), codec: *codec, format: *format };
    let mut repacked = 0;
    let report = call.watched(|| {
        Ok(storage.replace_arrays(name, |info, array| {
            if !is_chosen(info) {
                return Ok(None);
            }
            let replaced = wanted.of(info, array)?;
            repacked += usize::from(replaced.is_some());
            Ok(replaced)
        })?)
    })?;
    let (before, after) = (before.array_bytes(), storage.info(name)?.array_bytes());
    if call.json {
        return print_json(&json!({
            "name": name, "arrays": repacked, "bytes_before": before, "bytes_after": after, "version": report.version,
        }));
    }
    let (from, to) = (text::bytes(before), text::bytes(after));
    call.done(&format!("{name}: {repacked} arrays written again; the arrays take {to}, before it was {from}"));
    Ok(())
}

/// How arrays are to be stored.
struct Wanted<'a> {
    chunks: Option<&'a [u64]>,
    codec: Option<Codec>,
    format: Option<ArrayFormat>,
}

impl Wanted<'_> {
    /// The array to be stored so; none if it is already, as far as that is known without opening it.
    fn of(&self, info: &ArrayInfo, array: &AnyArray) -> arraystow::Result<Option<AnyArray>> {
        let chunks = self.chunks.map(|chunks| chunks.iter().map(|len| usize::try_from(*len).unwrap_or(usize::MAX)));
        let chunks = chunks.map(Iterator::collect::<Vec<_>>);
        let grid = chunks.map(|chunks| ChunkGrid::regular(array.shape(), &chunks)).transpose()?;
        let grid = grid.filter(|grid| grid != array.grid());
        let format = self.format.filter(|format| *format != info.format);
        let stored = array.stored_codec()?;
        let is_same_codec = self.codec.is_none_or(|codec| Some(codec) == stored);
        if grid.is_none() && format.is_none() && is_same_codec {
            return Ok(None);
        }
        let array = grid.map_or_else(|| Ok(array.clone()), |grid| array.rechunk(grid))?;
        let kept = || stored.filter(|codec| fits(*codec, format.unwrap_or(info.format)));
        let codec = self.codec.or_else(kept).map_or_else(|| Codec::gzip(4), Ok)?;
        // An array with a codec of its own is written again.
        array.with_codec(codec).map(Some)
    }
}

/// Whether arrays of a format can have a codec.
fn fits(codec: Codec, format: ArrayFormat) -> bool {
    let name = codec.to_string();
    format != ArrayFormat::Hdf5 || !(name.starts_with("blosc") || name.starts_with("pcodec"))
}

/// Whether a path is like a pattern, in which `*` is any text.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == path };
    let Some(rest) = path.strip_prefix(before) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_paths() {
        assert!(matches("runs[*].field", "runs[3].field") && matches("*", "") && matches("*.field", "a.b.field"));
        assert!(!matches("runs[*]", "runs[3].field") && !matches("field", "fields") && matches("a", "a"));
    }
}
