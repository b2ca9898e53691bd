//! Version-2 B-trees: of names, of attributes, of the large objects of a heap, of chunks.

use super::cursor::Cursor;
use super::{BlockRole, View, Watch, damaged};
use crate::error::Result;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Every node has a signature, a version, a type and a checksum.
const AROUND: u64 = 10;
/// What a node may have in a file that is shorter.
const SMALL_NODE: u64 = 1 << 16;
/// The types of trees.
pub(super) const LARGE_OBJECTS: u64 = 1;
pub(super) const LARGE_OBJECTS_BY_PLACE: u64 = 3;
pub(super) const LINKS_BY_NAME: u64 = 5;
pub(super) const LINKS_BY_ORDER: u64 = 6;
const SHARED_MESSAGES: u64 = 7;
pub(super) const ATTRIBUTES_BY_NAME: u64 = 8;
pub(super) const ATTRIBUTES_BY_ORDER: u64 = 9;
pub(super) const CHUNKS: u64 = 10;
pub(super) const FILTERED_CHUNKS: u64 = 11;

/// How the nodes of a tree are laid out.
pub(super) struct Tree {
    record: usize,
    /// Bytes of the number of records of a node.
    count: usize,
    /// By how far they are above the leaves.
    levels: Vec<Level>,
}

struct Level {
    /// The most records of a node.
    most: u64,
    /// Those of a node and all below it.
    most_below: u64,
    /// Bytes of the number of them.
    width: usize,
}

impl Tree {
    /// As libhdf5 computes it; none if nodes of that size cannot have a tree of that depth.
    fn new(view: &View<'_>, node: u64, record: u64, depth: u64) -> Option<Self> {
        let most = node.checked_sub(AROUND)?.checked_div(record)?;
        let count = width(most).filter(|width| *width <= 2)?;
        let mut levels = vec![Level { most, most_below: most, width: 0 }];
        for level in 1..=depth as usize {
            let below = &levels[level - 1];
            let pointer = (view.format.address + count + below.width) as u64;
            let most = node.checked_sub(AROUND + pointer)? / (record + pointer);
            let most_below = (most + 1).checked_mul(below.most_below)?.checked_add(most)?;
            // So that the number of records at least doubles with each level, and 64 levels are too many to be counted.
            width(most)?;
            levels.push(Level { most, most_below, width: width(most_below)? });
        }
        Some(Self { record: record as usize, count, levels })
    }
}

/// Bytes of a number up to that.
fn width(most: u64) -> Option<usize> {
    most.checked_ilog2().map(|bits| bits as usize / 8 + 1)
}

/// The header of such a tree.
pub(super) fn header(watch: &mut Watch, view: &View<'_>, address: u64, block: &[u8]) -> Result<()> {
    let (mut cursor, format) = (Cursor::new(block, 5), view.format);
    let fields = (|| {
        let fields = (cursor.number(1)?, cursor.number(4)?, cursor.number(2)?, cursor.number(2)?);
        let percents = (cursor.number(1)?, cursor.number(1)?);
        Some((fields, percents, address + cursor.at() as u64, cursor.number(format.address)?, cursor.number(2)?))
    })();
    let Some(((kind, node, record, depth), (split, merge), pointer, root, count)) = fields else { return Ok(()) };
    let impossible = || damaged(format!("the B-tree at {address} is invalid"));
    // libhdf5 takes the type that the tree says for that which it looks for.
    let axes = match watch.expected(address) {
        Some(BlockRole::Tree { kinds, axes }) if kinds.contains(&kind) => axes,
        None if kind == SHARED_MESSAGES => 0,
        _ => return Err(impossible()),
    };
    if !sizes(view, kind, axes).is_some_and(|sizes| sizes.contains(&record)) {
        return Err(impossible());
    }
    if node > view.len().max(SMALL_NODE) || split > 100 || merge == 0 || merge >= split / 2 {
        return Err(impossible());
    }
    let tree = Tree::new(view, node, record, depth).ok_or_else(impossible)?;
    if count > tree.levels[depth as usize].most || (count > 0 && view.is_nowhere(root)) {
        return Err(impossible());
    }
    watch.reach(view, root, pointer, BlockRole::Records { tree: Arc::new(tree), depth: depth as usize, count })
}

/// The possible sizes of a record of that type.
fn sizes(view: &View<'_>, kind: u64, axes: usize) -> Option<RangeInclusive<u64>> {
    let (address, length) = (view.format.address as u64, view.format.length as u64);
    let exactly = |size| Some(size..=size);
    let chunk = address + 8 * axes as u64;
    match kind {
        LARGE_OBJECTS => exactly(address + 2 * length),
        LARGE_OBJECTS_BY_PLACE => exactly(address + length),
        LINKS_BY_NAME => exactly(4 + 7),
        LINKS_BY_ORDER => exactly(8 + 7),
        SHARED_MESSAGES => Some(1..=u64::MAX),
        ATTRIBUTES_BY_NAME => exactly(8 + 1 + 4 + 4),
        ATTRIBUTES_BY_ORDER => exactly(8 + 1 + 4),
        CHUNKS => exactly(chunk),
        FILTERED_CHUNKS => Some(chunk + 1 + 4..=chunk + 8 + 4),
        _ => None,
    }
}

/// A node that leads to others.
pub(super) fn node(watch: &mut Watch, view: &View<'_>, address: u64, block: &[u8]) -> Result<()> {
    let Some(BlockRole::Records { tree, depth, count }) = watch.expected(address) else {
        return Err(damaged(format!("the node at {address} belongs to no B-tree")));
    };
    let Some(below) = depth.checked_sub(1) else { return Ok(()) };
    let mut cursor = Cursor::new(block, 6);
    let Some(()) = cursor.skip(count as usize * tree.record) else { return Ok(()) };
    for _ in 0..=count {
        let pointer = address + cursor.at() as u64;
        let child = cursor.number(view.format.address);
        let (Some(child), Some(count), Some(())) =
            (child, cursor.number(tree.count), cursor.skip(tree.levels[below].width))
        else {
            return Ok(());
        };
        if count > tree.levels[below].most || view.is_nowhere(child) {
            return Err(damaged(format!("the B-tree's node at {address} is invalid")));
        }
        watch.reach(view, child, pointer, BlockRole::Records { tree: tree.clone(), depth: below, count })?;
    }
    Ok(())
}
