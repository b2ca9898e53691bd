//! Version-1 B-trees: of the names of a group, of the chunks of a dataset.

use super::cursor::Cursor;
use super::{BlockRole, View, Watch, damaged};
use crate::error::Result;

const NAMES: u64 = 0;

/// A node of such a tree.
pub(super) fn node(watch: &mut Watch, view: &View<'_>, address: u64, block: &[u8]) -> Result<()> {
    let mut cursor = Cursor::new(block, 4);
    let (Some(kind), Some(level), Some(count)) = (cursor.number(1), cursor.number(1), cursor.number(2)) else {
        return Ok(());
    };
    let (key, node) = if kind == NAMES {
        // Several places say where the root of such a tree is; what is met first without a parent is one.
        if watch.expected(address).is_none() {
            watch.reach(view, address, address, BlockRole::Names)?;
        }
        (view.format.length, BlockRole::Names)
    } else {
        match watch.expected(address) {
            Some(BlockRole::Chunks(axes)) => (8 + 8 * axes, BlockRole::Chunks(axes)),
            _ => return Err(damaged(format!("the chunk index at {address} belongs to no dataset"))),
        }
    };
    if level == 0 && kind != NAMES {
        // What follows are the chunks themselves.
        return Ok(());
    }
    if cursor.skip(2 * view.format.address).is_none() {
        return Ok(());
    }
    for _ in 0..count {
        let Some(()) = cursor.skip(key) else { return Ok(()) };
        let pointer = address + cursor.at() as u64;
        let Some(child) = cursor.number(view.format.address) else { return Ok(()) };
        watch.reach(view, child, pointer, node.clone())?;
    }
    Ok(())
}
