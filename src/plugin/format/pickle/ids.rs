//! The ids in a pickle, and their places in its value. No Rust type is needed. Objects of classes are searched too.

use crate::plugin::document::id::PersistentId;
use crate::plugin::document::path::Path;
use crate::plugin::format::pickle::nodes::{Graph, Node, Ref};
use crate::plugin::format::pickle::scalar::Scalar;
use std::borrow::Cow;
use std::collections::HashMap;

/// An id in a pickle.
pub(in crate::plugin) struct FoundId {
    pub(in crate::plugin) id: PersistentId,
    /// The paths of its places in the value, as errors print them.
    pub(in crate::plugin) paths: Vec<String>,
    /// Whether it is the id of a plain `ndarray`.
    pub(in crate::plugin) plain: bool,
}

/// All ids, each once, in the order of the pickle. Ids below this many levels have no paths. Where the paths become too
/// large together, the rest is left out.
pub(super) fn find(graph: &Graph<'_>, levels: u16) -> Vec<FoundId> {
    let (mut found, mut at, mut by_file) = (Vec::new(), HashMap::new(), HashMap::new());
    for id in &graph.ids {
        let index = *by_file.entry(id.id.file()).or_insert(found.len());
        if index == found.len() {
            found.push(FoundId { id: id.id.clone(), paths: Vec::new(), plain: id.plain });
        }
        at.insert(id.node, index);
    }
    for (index, path) in search(graph, at, levels) {
        if let Some(found) = found.get_mut(index) {
            found.paths.push(path);
        }
    }
    found
}

/// The first place of a node.
pub(super) fn place_of(graph: &Graph<'_>, node: Ref, levels: u16) -> Option<String> {
    search(graph, HashMap::from([(node, 0)]), levels).into_iter().next().map(|(_, path)| path)
}

/// The paths of nodes.
fn search(graph: &Graph<'_>, at: HashMap<Ref, usize>, levels: u16) -> Vec<(usize, String)> {
    if at.is_empty() {
        return Vec::new();
    }
    let mut search = Search { graph, at, found: Vec::new(), seen: vec![false; graph.nodes.len()], is_full: false };
    search.walk(graph.root, &Path::Root, levels);
    search.found
}

struct Search<'g> {
    graph: &'g Graph<'g>,
    at: HashMap<Ref, usize>,
    found: Vec<(usize, String)>,
    /// The nodes that were walked. A node with several places gets the path of the first.
    seen: Vec<bool>,
    /// Whether the paths are as large together as a walk may be: one value may have very many places.
    is_full: bool,
}

impl Search<'_> {
    fn walk(&mut self, node: Ref, path: &Path<'_>, levels: u16) {
        if self.is_full {
            return;
        }
        if let Some(index) = self.at.get(&node) {
            let path = path.to_string();
            self.is_full = self.graph.take(path.len()).is_err();
            self.found.push((*index, path));
            return;
        }
        let (Some(seen), Some(levels)) = (self.seen.get_mut(node as usize), levels.checked_sub(1)) else { return };
        if std::mem::replace(seen, true) {
            return;
        }
        match self.graph.node(node) {
            Some(Node::List(elements) | Node::Tuple(elements) | Node::Set(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    self.walk(*element, &Path::Index(path, index), levels);
                }
            }
            Some(Node::Dict(entries)) => {
                for entry in entries.chunks_exact(2) {
                    let key = key_of(self.graph, entry[0]);
                    self.walk(entry[1], &Path::Key(path, &key), levels);
                }
            }
            // Its fields are mostly the entries of a dict.
            Some(Node::Object(object)) => object.parts.iter().for_each(|part| self.walk(*part, path, levels)),
            _ => {}
        }
    }
}

/// A key as paths have it.
fn key_of<'g>(graph: &'g Graph<'_>, node: Ref) -> Cow<'g, str> {
    match graph.node(node) {
        Some(Node::Scalar(Scalar::Text(text))) => Cow::Borrowed(text),
        Some(Node::Scalar(Scalar::Integer(value))) => Cow::Owned(value.to_string()),
        Some(Node::Scalar(Scalar::Bool(value))) => Cow::Owned(value.to_string()),
        _ => Cow::Borrowed("?"),
    }
}
