//! Objects of a file by their paths: step by step, so that no link leads out of the file and none leads in a cycle.

use super::library::Handle;
use super::links::{self, Link, Object, ObjectKind};
use crate::error::{Error, ErrorKind, Result};
use crate::near::did_you_mean;
use std::ffi::{CStr, CString};

/// Soft links that are followed on the way to one object.
const MOST_LINKS: usize = 16;
/// Groups that are kept of those on the way to one object.
const MOST_GROUPS: usize = 16;
/// Names of a group that are compared with one that is not there.
const MOST_NAMES: usize = 1000;

/// The steps of a path; the slash before it and those between make no difference.
pub(super) fn steps(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|step| !step.is_empty() && *step != ".")
}

/// An object, and where it is.
pub(super) struct FoundObject {
    pub(super) object: Object,
    /// Its name, which is empty for the root.
    pub(super) name: String,
    /// The groups that it is in, the innermost last, and not more than a few.
    pub(super) groups: Vec<Handle>,
}

/// Opens the object at a path of the file. Soft links within the file are followed.
pub(super) fn open(file: &Handle, path: &str) -> Result<Object> {
    find(file, path).map(|found| found.object)
}

/// Opens the object at a path of the file, with the groups that it is in.
pub(super) fn find(file: &Handle, path: &str) -> Result<FoundObject> {
    let root = || links::open(file, c"/");
    let mut at = root()?;
    let (mut name, mut groups) = (String::new(), Vec::new());
    let mut walked = String::from("/");
    // The next one last.
    let mut left: Vec<String> = steps(path).rev().map(str::to_owned).collect();
    let mut followed = 0;
    while let Some(step) = left.pop() {
        if at.kind != ObjectKind::Group {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("there is no {step:?} in {walked:?}, which is not a group"),
            ));
        }
        let link_name = c_name(&step)?;
        match links::link(&at.handle, &link_name)? {
            None => return Err(missing(&at.handle, &walked, &step)),
            Some(Link::Hard) => {
                let next = links::open(&at.handle, &link_name)?;
                if groups.len() == MOST_GROUPS {
                    groups.remove(0);
                }
                groups.push(std::mem::replace(&mut at, next).handle);
                name.clone_from(&step);
                if walked.len() > 1 {
                    walked.push('/');
                }
                walked.push_str(&step);
            }
            Some(Link::Soft(len)) => {
                followed += 1;
                if followed > MOST_LINKS {
                    return Err(Error::limit(format!(
                        "the path {path:?} goes through more than {MOST_LINKS} links, or through a cycle of links"
                    )));
                }
                let target = links::soft_path(&at.handle, &link_name, len)?;
                if target.starts_with('/') {
                    (at, walked) = (root()?, String::from("/"));
                    groups.clear();
                }
                left.extend(steps(&target).rev().map(str::to_owned));
            }
            Some(Link::Elsewhere) => return Err(elsewhere(&link_name)),
        }
    }
    Ok(FoundObject { object: at, name, groups })
}

/// The error for a link that leads out of the file.
pub(super) fn elsewhere(name: &CStr) -> Error {
    Error::unsupported(format!(
        "{name:?} is a link out of this file, which arraystow does not follow; open the file that it leads to"
    ))
}

fn c_name(name: &str) -> Result<CString> {
    CString::new(name)
        .map_err(|_| Error::new(ErrorKind::InvalidName, format!("{name:?} cannot be a name in an HDF5 file")))
}

fn missing(group: &Handle, walked: &str, wanted: &str) -> Error {
    let mut names = Vec::new();
    let listed = links::each(group, |name, _| {
        names.extend(name.into_string());
        names.len() < MOST_NAMES
    });
    let near = listed.ok().and_then(|()| did_you_mean(wanted, names.iter().map(String::as_str)));
    let near = near.unwrap_or_default();
    Error::new(ErrorKind::NotFound, format!("there is nothing called {wanted:?} in the group {walked:?}{near}"))
}
