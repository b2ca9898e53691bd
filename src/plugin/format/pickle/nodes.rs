//! The values of a pickle, as a graph: a value with several places is one node.

use crate::plugin::document::id::PersistentId;
use crate::plugin::format::pickle::elements::{NumpyElements, NumpyType};
use crate::plugin::format::pickle::scalar::Scalar;
use std::cell::Cell;

/// The number of a node.
pub(super) type Ref = u32;

/// One value of a pickle.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Scalar(Scalar<'a>),
    List(Vec<Ref>),
    Tuple(Vec<Ref>),
    Set(Vec<Ref>),
    /// Keys and values in turn.
    Dict(Vec<Ref>),
    /// The name of a class or function.
    Global(Box<Global<'a>>),
    /// The elements of a numpy array.
    Elements(Box<NumpyElements<'a>>),
    /// A numpy dtype.
    NumpyType(Box<NumpyType>),
    /// A numpy array that has no elements yet.
    Unfilled,
    /// An object that only Python code can build.
    Object(Box<Object>),
}

/// A name in a module of Python.
#[derive(Clone, Copy, Debug)]
pub(super) struct Global<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
}

impl Global<'_> {
    pub(super) fn text(self) -> String {
        const MOST: usize = 100;
        let short = |name: &str| name.chars().take(MOST).flat_map(char::escape_debug).collect::<String>();
        format!("{}.{}", short(self.module), short(self.name))
    }
}

/// An object of a class that is not read.
#[derive(Debug)]
pub(super) struct Object {
    /// The class, or the function that makes it; none for an extension's number.
    pub(super) callee: Option<Ref>,
    /// Its arguments and its state.
    pub(super) parts: Vec<Ref>,
}

/// An id, and the node that stands for it.
#[derive(Debug)]
pub(super) struct Id {
    pub(super) node: Ref,
    pub(super) id: PersistentId,
    /// Whether it is the id of a plain `ndarray`.
    pub(super) plain: bool,
}

/// A pickle that was read.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) root: Ref,
    /// In the order of the pickle.
    pub(super) ids: Vec<Id>,
    /// Bytes that walks may still take; see [`take`](Self::take).
    left: Cell<u64>,
}

/// The bytes that a walk of a small pickle may take.
const LEAST: u64 = 4 << 20;
/// The bytes that a walk may take, as a multiple of the pickle's length.
const TIMES: u64 = 64;

impl<'a> Graph<'a> {
    pub(super) fn new(nodes: Vec<Node<'a>>, root: Ref, ids: Vec<Id>, bytes: usize) -> Self {
        Self { nodes, root, ids, left: Cell::new(LEAST.saturating_add((bytes as u64).saturating_mul(TIMES))) }
    }

    pub(super) fn node(&self, node: Ref) -> Option<&Node<'a>> {
        self.nodes.get(node as usize)
    }

    /// The name of an object that only Python code can build.
    pub(super) fn class_of(&self, object: &Object) -> String {
        const MOST_STEPS: usize = 16;
        let first_argument = |object: &Object| match self.node(*object.parts.first()?) {
            Some(Node::Tuple(arguments)) => self.node(*arguments.first()?),
            _ => None,
        };
        let mut object = object;
        for _ in 0..MOST_STEPS {
            match (object.callee.and_then(|callee| self.node(callee)), first_argument(object)) {
                // These functions make an object of the class in their arguments.
                (Some(Node::Global(callee)), Some(Node::Global(class))) if callee.module.starts_with("copy") => {
                    return class.text();
                }
                (Some(Node::Global(_)), Some(Node::NumpyType(numpy_type))) => return numpy_type.scalar_name(),
                (Some(Node::NumpyType(numpy_type)), _) => {
                    return format!("numpy.ndarray with elements of {}", numpy_type.scalar_name());
                }
                (Some(Node::Global(callee)), _) => return callee.text(),
                (Some(Node::Object(callee)), _) => object = callee,
                (None, _) if object.callee.is_none() => return "an extension of copyreg".to_owned(),
                _ => break,
            }
        }
        "?".to_owned()
    }

    /// Counts a value of this many bytes. A few bytes of a pickle can name one value in very many places; a walk, which
    /// takes each place for a value of its own, then ends with an error.
    pub(super) fn take(&self, bytes: usize) -> Result<(), String> {
        match self.left.get().checked_sub(1 + bytes as u64) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                Err("values that occur in several places of the pickle make it too large, since each place is read as \
                    a copy"
                    .to_owned())
            }
        }
    }
}
