//! Zarr arrays that other programs have written, anywhere below a folder, which is local or in an object store.

use super::facts::Facts;
use super::fetch::below;
use super::json;
use super::metadata::{ATTRIBUTES_NAME, MOST_BYTES, Metadata, array_name};
use super::reader::Reader;
use crate::backend::ArrayReader;
use crate::backend::found::{ArrayForm, FoundArrays, Listing};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::near::did_you_mean;
use crate::protocol::ZarrVersion;
use crate::protocol::store::ByteStore;
use crate::task::check_cancelled;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;

/// The metadata of a group in version 2.
const GROUP_NAME: &str = ".zgroup";
/// Places that are asked for their metadata at a time.
const AT_A_TIME: usize = 32;

/// A folder with Zarr arrays, to read.
#[derive(Clone)]
pub(crate) struct ForeignZarr {
    store: Arc<dyn ByteStore>,
}

/// What is at a path.
enum ZarrNode {
    Array(Metadata),
    Group,
    Nothing,
}

impl ForeignZarr {
    pub(crate) fn new(store: Arc<dyn ByteStore>) -> Self {
        Self { store }
    }

    /// How many chunks are best read at the same time.
    pub(crate) fn concurrency(&self) -> usize {
        self.store.concurrency()
    }

    /// Opens the array at a path; the empty one is the folder itself.
    pub(crate) fn array(&self, path: &str, limits: &Limits) -> Result<Arc<dyn ArrayReader>> {
        let path = normal(path);
        let opened = Reader::open(self.store.clone(), path.clone(), limits, true);
        let reader = opened.map_err(|error| {
            let error = match error.kind() {
                ErrorKind::NotFound => self.missing(&path),
                ErrorKind::Unsupported if self.is_group(&path) => is_group(&path),
                _ => error,
            };
            error.at_location(self.store.describe(&path))
        })?;
        Ok(Arc::new(reader))
    }

    /// Lists the arrays at a path and in the groups below it.
    pub(crate) fn list(&self, at: &str, limits: &Limits) -> Result<FoundArrays> {
        let at = normal(at);
        let mut listing = Listing::new();
        let mut left = VecDeque::from([at.clone()]);
        while !left.is_empty() && !listing.is_full() {
            check_cancelled()?;
            let batch: Vec<String> = left.drain(..left.len().min(AT_A_TIME)).collect();
            for (path, node) in batch.iter().zip(self.nodes(&batch)) {
                match node {
                    Ok(ZarrNode::Array(metadata)) => {
                        let form =
                            form(&metadata, limits).map_err(|error| error.at_location(self.store.describe(path)));
                        listing.add(shown(path), form);
                    }
                    // The folder that is asked for need be no group.
                    Ok(node) if matches!(node, ZarrNode::Group) || *path == at => {
                        for name in self.store.folders(path)? {
                            let path = below(path, &name);
                            if !listing.take(path.len()) {
                                break;
                            }
                            left.push_back(path);
                        }
                    }
                    Ok(_) => {}
                    Err(error) if error.is_cancelled() => return Err(error),
                    Err(error) => listing.refuse(shown(path), error),
                }
            }
        }
        let found = listing.finish();
        if found.arrays.is_empty()
            && !at.is_empty()
            && matches!(self.nodes(std::slice::from_ref(&at)).pop(), Some(Ok(ZarrNode::Nothing)))
        {
            return Err(self.missing(&at).at_location(self.store.describe(&at)));
        }
        Ok(found)
    }

    /// What is at each of some paths.
    fn nodes(&self, paths: &[String]) -> Vec<Result<ZarrNode>> {
        let names = [array_name(ZarrVersion::V3), array_name(ZarrVersion::V2), ATTRIBUTES_NAME, GROUP_NAME];
        let keys = |path: &String| names.map(|name| (below(path, name), MOST_BYTES));
        let wanted: Vec<_> = paths.iter().flat_map(keys).collect();
        match self.store.get_each(&wanted) {
            Ok(found) => found.chunks(names.len()).map(|found| Ok(node(found))).collect(),
            Err(error) if paths.len() == 1 || error.is_cancelled() => {
                paths.iter().map(|_| Err(error.clone())).collect()
            }
            // One of them fails: then each for itself.
            Err(_) => paths.iter().flat_map(|path| self.nodes(std::slice::from_ref(path))).collect(),
        }
    }

    fn is_group(&self, path: &str) -> bool {
        matches!(self.nodes(&[path.to_owned()]).pop(), Some(Ok(ZarrNode::Group)))
    }

    /// The error for a path at which there is no array.
    fn missing(&self, path: &str) -> Error {
        if self.is_group(path) {
            return is_group(path);
        }
        let (group, name) = path.rsplit_once('/').unwrap_or(("", path));
        let names = match !path.is_empty() && self.is_group(group) {
            true => self.store.folders(group).unwrap_or_default(),
            false => Vec::new(),
        };
        let near = did_you_mean(name, names.iter().map(String::as_str)).unwrap_or_default();
        Error::new(ErrorKind::NotFound, format!("there is no Zarr array at {:?}{near}", shown(path)))
    }
}

/// The error for a group where an array is wanted.
fn is_group(path: &str) -> Error {
    Error::invalid(format!("{:?} is a group: name an array in it", shown(path)))
}

/// What these metadata are of: those of version 3, those of version 2 and its attributes, those of a group of
/// version 2.
fn node(found: &[Option<Bytes>]) -> ZarrNode {
    let get = |index: usize| found.get(index).and_then(Option::as_ref);
    if let Some(array) = get(0) {
        // Attributes, which may have NaN in them, are passed over.
        let members = json::members(array, Some(&["node_type"]));
        return match members.as_ref().and_then(|members| members.get("node_type")) {
            Some(node_type) if node_type == "group" => ZarrNode::Group,
            _ => ZarrNode::Array(Metadata { version: ZarrVersion::V3, array: array.to_vec(), attributes: None }),
        };
    }
    match (get(1), get(3)) {
        (Some(array), _) => {
            let attributes = get(2).map(|attributes| attributes.to_vec());
            ZarrNode::Array(Metadata { version: ZarrVersion::V2, array: array.to_vec(), attributes })
        }
        (None, Some(_)) => ZarrNode::Group,
        (None, None) => ZarrNode::Nothing,
    }
}

fn form(metadata: &Metadata, limits: &Limits) -> Result<ArrayForm> {
    let facts = Facts::read(metadata, limits, true)?;
    let grid = facts.described.as_ref().map_or(&facts.layout.grid, |described| &described.grid).clone();
    Ok(ArrayForm { data_type: facts.data_type, grid })
}

/// The path as a key: the slash before it and those between make no difference.
fn normal(path: &str) -> String {
    path.split('/').filter(|step| !step.is_empty() && *step != ".").collect::<Vec<_>>().join("/")
}

/// The path of a key, as Zarr has it.
fn shown(key: &str) -> String {
    format!("/{key}")
}
