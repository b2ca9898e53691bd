//! Watches what libhdf5 reads of a file, block by block, and fails for what libhdf5 would not return from.
//!
//! libhdf5 follows the pointers of a file without checking for repetition: a cyclic B-tree overflows its stack, a
//! B-tree with shared nodes is walked once for each path through it, and an endless list fills the memory. A block that
//! it has read stays in its cache, so what it walks is not bounded by what it reads. But it reads every block once
//! before it follows its pointers. Here each block is examined when it is read: of the blocks that may be walked from,
//! none may be reached from two places, and none from itself; lists end; types are nested as deep as people nest them.
//! So the blocks that are walked are a tree, and a walk takes no more steps than the file has blocks.
//!
//! What is malformed in another way is left to libhdf5, which checks the rest.

mod arrays;
mod cursor;
mod globals;
mod headers;
mod heaps;
mod messages;
mod records;
mod text_fill;
mod trees;
mod types;
mod view;

pub(super) use globals::{Collection, Objects};
pub(super) use text_fill::TextFill;
pub(super) use view::Source;

use crate::error::{Error, Result};
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use view::{Format, View, damaged};

/// What libhdf5 says that it reads, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Header,
    Data,
    Other,
}

pub(super) struct Watch {
    most_chunks: u64,
    format: Option<Format>,
    /// Every block that a walk may come to, with the pointer that leads there.
    reached: HashMap<u64, (u64, BlockRole)>,
    /// The messages that others refer to, by type and header, which are found to be no references themselves.
    referred: HashSet<(u64, u64)>,
    /// The fill values that libhdf5 does not see, by the header of their dataset.
    text_fills: HashMap<u64, Option<TextFill>>,
}

/// What a block must be, as the pointer to it says.
#[derive(Clone)]
enum BlockRole {
    /// A further piece of a header.
    Piece,
    /// A node of a tree of names.
    Names,
    /// A node of a version-1 tree of chunks with this many axes, that of the elements' bytes included.
    Chunks(usize),
    /// The header of a version-2 tree of one of these types; its records, if they are of chunks, have this many axes.
    Tree { kinds: RangeInclusive<u64>, axes: usize },
    /// A node of a version-2 tree, so far above the leaves, with so many records.
    Records { tree: Arc<records::Tree>, depth: usize, count: u64 },
    /// A block of a fractal heap that leads to other blocks.
    HeapBlock { heap: heaps::Heap, offset: u64 },
    /// A block of a fractal heap with elements.
    HeapData { heap: heaps::Heap, offset: u64 },
}

impl Watch {
    /// Watches a file with at most this many chunks.
    pub(super) fn new(most_chunks: usize) -> Self {
        let most_chunks = most_chunks as u64;
        Self {
            most_chunks,
            format: None,
            reached: HashMap::new(),
            referred: HashSet::new(),
            text_fills: HashMap::new(),
        }
    }

    /// Looks at a block that was read, before libhdf5 gets it.
    pub(super) fn see(&mut self, source: &dyn Source, position: u64, kind: BlockKind, block: &[u8]) -> Result<()> {
        let signature = block.first_chunk::<4>().unwrap_or(&[0; 4]);
        match signature {
            // Before a dataset can be asked of what kind it is, libhdf5 makes room for all parts that a virtual one
            // claims to have, be they billions. The list of them is a global heap, of which nothing that is read here
            // has need.
            b"GCOL" => {
                return Err(Error::unsupported(
                    "the dataset is a view of other datasets (a virtual dataset), or has lists of variable length in \
                        its fill value; arraystow opens neither",
                ));
            }
            // It would put blocks into libhdf5's cache that were never seen here.
            b"MDCI" => {
                return Err(Error::unsupported(
                    "the file contains an image of libhdf5's cache, which arraystow does not read; rewrite it with \
                        h5repack",
                ));
            }
            b"\x89HDF" if self.format.is_none() => return self.start(source, position),
            _ => {}
        }
        let Some(format) = self.format else { return Ok(()) };
        let Some(address) = position.checked_sub(format.base) else { return Ok(()) };
        let view = View { source, format };
        match signature {
            b"TREE" => trees::node(self, &view, address, block),
            b"BTHD" => records::header(self, &view, address, block),
            b"BTIN" => records::node(self, &view, address, block),
            b"HEAP" => heaps::local(&view, block),
            b"FRHP" => heaps::fractal(self, &view, address, block),
            b"FHIB" => heaps::block(self, &view, address, block),
            b"FHDB" => heaps::data(self, &view, address, block),
            b"EAHD" => arrays::extensible(self, &view, block),
            b"FAHD" => arrays::fixed(self, &view, block),
            b"OHDR" => headers::look(self, &view, address),
            // The first version has no signature. What is taken for a header and is none has nothing to refuse.
            [1, ..] if kind == BlockKind::Header => headers::look(self, &view, address),
            _ if kind == BlockKind::Data => types::huge(block),
            _ => Ok(()),
        }
    }

    /// The fill value of the dataset of strings whose header is there, if it has one.
    pub(super) fn text_fill(&self, header: u64) -> Option<TextFill> {
        self.text_fills.get(&header).copied().flatten()
    }

    /// Learns from the superblock how numbers are stored.
    fn start(&mut self, source: &dyn Source, position: u64) -> Result<()> {
        let len = source.end().saturating_sub(position).min(16) as usize;
        let block = source.read(position, len)?;
        let sizes = match block.get(8) {
            Some(0 | 1) => block.get(13).zip(block.get(14)),
            _ => block.get(9).zip(block.get(10)),
        };
        let Some((address, length)) = sizes else { return Ok(()) };
        let (address, length) = (usize::from(*address), usize::from(*length));
        if [address, length].iter().any(|bytes| ![2, 4, 8].contains(bytes)) {
            return Err(Error::unsupported(format!(
                "the file has addresses of {address} and lengths of {length} bytes"
            )));
        }
        self.format = Some(Format { base: position, address, length });
        Ok(())
    }

    /// Notes that the pointer leads to that block; refuses a second pointer to it.
    fn reach(&mut self, view: &View<'_>, block: u64, pointer: u64, node: BlockRole) -> Result<()> {
        if view.is_nowhere(block) {
            return Ok(());
        }
        let (first, _) = self.reached.entry(block).or_insert((pointer, node));
        if *first == pointer {
            return Ok(());
        }
        Err(damaged(format!("its pointers at {first} and {pointer} both lead to the block at {block}")))
    }

    /// What the block must be, if a pointer leads there.
    fn expected(&self, block: u64) -> Option<BlockRole> {
        self.reached.get(&block).map(|(_, node)| node.clone())
    }
}
