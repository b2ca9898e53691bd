//! The values of a pickle that is being read.

use crate::plugin::format::pickle::nodes::{Node, Ref};

pub(super) struct Store<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    /// Bytes that may still be copied.
    left: usize,
}

impl<'a> Store<'a> {
    /// A store for a pickle of this many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        const LEAST: usize = 1 << 20;
        Self { nodes: Vec::new(), left: bytes.saturating_mul(8).saturating_add(LEAST) }
    }

    pub(super) fn add(&mut self, node: Node<'a>) -> Result<Ref, String> {
        let number = Ref::try_from(self.nodes.len()).map_err(|_| "it has more values than can be counted")?;
        self.nodes.push(node);
        Ok(number)
    }

    pub(super) fn node(&self, node: Ref) -> Result<&Node<'a>, String> {
        self.nodes.get(node as usize).ok_or_else(|| "it names a value that does not exist".to_owned())
    }

    /// Counts bytes that are copied: a few bytes of a pickle can ask for very many copies.
    pub(super) fn copying(&mut self, bytes: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(bytes).ok_or("it makes too many copies of its values")?;
        Ok(())
    }
}
