//! The metadata of small arrays, which libhdf5 makes once for each kind.
//!
//! Two arrays are of one kind if they have the same data type, the same layout and descriptions of the same length.
//! Their files are equal but for the elements, the checksums, the description, and the checksum of the block with the
//! description. So a file of a kind is made by copying. A kind is copied only after two files of it, with different
//! descriptions, that libhdf5 has made: the copy of the one with the description of the other must be the other.

mod drawing;

use super::create::Plan;
use crate::array::{DataType, StoredLayout};
use crate::error::Result;
use crate::lock::Mutex;
pub(super) use drawing::Drawing;
use drawing::{Block, draw};

/// The most bytes of the elements of an array whose file is made in memory.
const SMALL: usize = 64 << 10;
/// The most chunks of it, each of which has a checksum.
const MOST_CHUNKS: usize = 1024;
/// The longest description of it, in bytes.
const LONGEST: usize = 8 << 10;
/// The kinds that are remembered. A description is longer by one byte where a number in its path has one more digit.
const MOST_KINDS: usize = 32;

/// The kinds that were met last.
static KINDS: Mutex<Vec<Kind>> = Mutex::new(Vec::new());

struct Kind {
    data_type: DataType,
    layout: StoredLayout,
    first: Drawing,
    first_description: String,
    /// Where the description is that is exchanged; none as long as that is not known.
    block: Option<Block>,
    /// Whether copying was tried and came to something else than libhdf5 made.
    is_hopeless: bool,
}

impl Kind {
    fn is_of(&self, plan: &Plan<'_>) -> bool {
        self.first_description.len() == plan.description.len()
            && self.data_type == *plan.data_type
            && self.layout == *plan.layout
    }

    /// The file of an array of this kind, if it can be copied.
    fn copy(&self, description: &str) -> Option<Drawing> {
        if self.first_description == description {
            return Some(self.first.clone());
        }
        self.block.as_ref()?.exchange(&self.first, description)
    }

    /// Learns from a second file of this kind how its files differ.
    fn learn(&mut self, second: &Drawing, description: &str) {
        let block = Block::find(&self.first, &self.first_description);
        let copied = block.as_ref().and_then(|block| block.exchange(&self.first, description));
        self.is_hopeless = copied.as_ref() != Some(second);
        self.block = block.filter(|_| !self.is_hopeless);
    }
}

/// The file of a small array without its elements and checksums; none if the array is to be made in its file.
pub(super) fn file_of(plan: &Plan<'_>) -> Result<Option<Drawing>> {
    let layout = plan.layout;
    let bytes =
        layout.chunk_bytes(plan.data_type.size()).and_then(|chunk| chunk.checked_mul(layout.grid.chunk_count()));
    let is_small = bytes.is_some_and(|bytes| bytes <= SMALL) && layout.grid.chunk_count() <= MOST_CHUNKS;
    // Strings of any length are in a heap that libhdf5 fills.
    let is_small = is_small && !plan.data_type.is_text();
    if !is_small || plan.description.len() > LONGEST || !plan.filters.is_empty() || !plan.labels.is_empty() {
        return Ok(None);
    }
    // A lock that is held is not waited for: a forked child has it from a thread that the child does not have.
    let known = KINDS.try_lock().and_then(|kinds| kinds.iter().find(|kind| kind.is_of(plan))?.copy(plan.description));
    if known.is_some() {
        return Ok(known);
    }
    let drawing = draw(plan)?;
    let Some(mut kinds) = KINDS.try_lock() else { return Ok(Some(drawing)) };
    match kinds.iter_mut().find(|kind| kind.is_of(plan)) {
        Some(kind) if kind.block.is_none() && !kind.is_hopeless => kind.learn(&drawing, plan.description),
        Some(_) => {}
        None => {
            if kinds.len() == MOST_KINDS {
                kinds.remove(0);
            }
            kinds.push(Kind {
                data_type: plan.data_type.clone(),
                layout: layout.clone(),
                first: drawing.clone(),
                first_description: plan.description.to_owned(),
                block: None,
                is_hopeless: false,
            });
        }
    }
    Ok(Some(drawing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{ArrayMeta, ChunkGrid, Labels};
    use crate::backend::hdf5::description::Description;
    use crate::backend::{ArraySpec, FirstPlace, layout};
    use crate::limits::Limits;

    /// The file of an array at this path of a value, as it is used and as libhdf5 makes it.
    fn both(data_type: &DataType, grid: &ChunkGrid, path: &str) -> (Drawing, Drawing) {
        let first = FirstPlace { document: Some("document".into()), path: Some(path.into()) };
        let meta = ArrayMeta::default();
        let spec = ArraySpec { data_type: data_type.clone(), grid: grid.clone(), meta, first, kept_chunk: None };
        let layout = layout::of(&spec, &Limits::default()).unwrap();
        let description = Description::new(&spec, &layout).unwrap().to_json().unwrap();
        let labels = Labels::NONE;
        let plan = Plan { data_type, layout: &layout, filters: &[], description: &description, labels: &labels };
        (file_of(&plan).unwrap().unwrap(), draw(&plan).unwrap())
    }

    #[test]
    fn a_copied_file_is_the_one_that_libhdf5_makes() {
        let record = DataType::from_name(r#"{"record":[["a","int16"],["b","text[5]"]]}"#).unwrap();
        let types = ["float64", "bool", "complex64", "datetime64[ns]", "text[7]", "bfloat16"];
        let types = types.map(|name| DataType::from_name(name).unwrap()).into_iter().chain([record]);
        let grids: [(&[usize], &[usize]); 5] =
            [(&[16, 16], &[16, 16]), (&[600], &[100]), (&[10, 21], &[4, 8]), (&[], &[]), (&[0, 3], &[1, 3])];
        for data_type in types {
            for (shape, chunk) in grids {
                let grid = ChunkGrid::regular(shape, chunk).unwrap();
                for number in 0..12 {
                    // A long path makes libhdf5 lay out the header in another way.
                    for path in [format!("[{number}]"), format!("{}.{number}", "long".repeat(100))] {
                        let (used, made) = both(&data_type, &grid, &path);
                        assert_eq!(used, made, "{data_type} {shape:?} {path}");
                        let kinds = KINDS.lock();
                        let kind = kinds.iter().find(|kind| kind.first == made || kind.block.is_some());
                        assert!(kind.is_some() && kinds.iter().all(|kind| !kind.is_hopeless), "{data_type} {shape:?}");
                    }
                }
                let mut kinds = KINDS.lock();
                assert!(kinds.iter().filter(|kind| kind.block.is_some()).count() >= 2, "{data_type} {shape:?}");
                kinds.clear();
            }
        }
    }
}
