//! Plain arrays that a walk meets: large ones are written at once, so that they are not in memory twice, and the others
//! when the walk has ended.

use crate::array::{ArrayMeta, BorrowedElements, Chunking, is_same};
use crate::error::Result;
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::external::early::EarlyArrays;
use crate::plugin::walk::context::{lift, saving};
use crate::plugin::walk::stack::on_reading_stack;

/// Adds elements that were copied out of the value.
pub(in crate::plugin) fn add_plain(elements: PlainElements, path: String) -> Result<PersistentId> {
    if let Some(lent) = elements.lent()
        && let Some(early) = saving(|state| state.early(elements.byte_len()))?
        && early.writes_well(elements.byte_len())
    {
        return add_early(&*lent, &early, path);
    }
    saving(|state| state.add_plain(elements, path))?
}

/// Writes elements now, as long as they are borrowed, with the context lifted.
pub(in crate::plugin) fn add_early(
    elements: &dyn BorrowedElements,
    early: &EarlyArrays,
    path: String,
) -> Result<PersistentId> {
    let shape = elements.lengths();
    let (known, grid, meta) = saving(|state| {
        let options = state.options();
        let own = ArrayMeta::of_labels(elements.labels());
        let (grid, meta) = (options.grid(shape), own.or(options.meta()));
        (state.plain_at(&path), grid, meta)
    })?;
    let grid = grid.and_then(|grid| match grid {
        Some(grid) => Ok(grid),
        None => Chunking::default().grid(shape, elements.data_type().size()),
    });
    let grid = grid.map_err(|error| error.at_path(&path))?;
    let written = {
        let _lifted = lift();
        // A format may walk twice.
        if let Some((_, id)) = known.into_iter().find(|(known, _)| is_same(elements, &**known)) {
            return Ok(id);
        }
        on_reading_stack(|| early.write(elements, &grid, &meta, &path))?
    };
    saving(|state| state.add_written(written, path))
}
