//! Lists the datasets in a file. The work is bounded, whatever the file says: each group is entered once, however many
//! names it has.

use super::file::File;
use super::header::{damaged, form};
use super::library::Handle;
use super::links::{self, Link, ObjectKind};
use super::others_labels;
use super::paths::{self, elsewhere};
use crate::backend::found::{FoundArrays, Listing};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::task::check_cancelled;
use std::collections::HashSet;
use std::ffi::CString;

/// The datasets at and below a path. What cannot be read is listed with the reason.
pub(super) fn list(file: &File, at: &str, file_len: u64, limits: &Limits) -> Result<FoundArrays> {
    let mut listing = Listing::new();
    let start = file.call(|root| paths::open(root, at)).map_err(|error| damaged(error, "the file is damaged"))?;
    let path: String = paths::steps(at).flat_map(|step| ["/", step]).collect();
    let mut seen = HashSet::from([start.token]);
    let mut groups: Vec<(String, Handle)> = Vec::new();
    match start.kind {
        ObjectKind::Group => groups.push((path, start.handle)),
        ObjectKind::Dataset => listing.add(path, file.call(|_| form(&start.handle, file_len, limits))),
        ObjectKind::Other => {}
    }
    while let Some((path, group)) = groups.pop() {
        check_cancelled()?;
        let links = match attempt(file, || links_of(&group, path.len(), &mut listing)) {
            Ok(links) => links,
            Err(error) => {
                listing.refuse(path, error);
                continue;
            }
        };
        for (name, link) in links {
            // What it leads to is listed where it is.
            if let Link::Soft(_) = link {
                continue;
            }
            let Ok(text) = name.to_str() else {
                let text = name.to_string_lossy();
                listing.refuse(format!("{path}/{text}"), Error::unsupported("its name is not UTF-8"));
                continue;
            };
            let path = format!("{path}/{text}");
            if link != Link::Hard {
                listing.refuse(path, elsewhere(&name));
                continue;
            }
            let opened = attempt(file, || links::open(&group, &name)).map(|object| (object.kind, object));
            match opened {
                Ok((ObjectKind::Dataset, object)) => {
                    let form = attempt(file, || form(&object.handle, file_len, limits));
                    match attempt(file, || others_labels::is_only_length(file, &object.handle)) {
                        Ok(true) => listing.add_length(path, form),
                        _ => listing.add(path, form),
                    }
                }
                Ok((ObjectKind::Group, object)) if seen.insert(object.token) => groups.push((path, object.handle)),
                Ok(_) => {}
                Err(error) => listing.refuse(path, error),
            }
        }
        if listing.is_full() {
            break;
        }
    }
    // What failed because of that is in no list.
    check_cancelled()?;
    Ok(listing.finish())
}

/// Does something with the file, which can be used on if it fails.
fn attempt<R>(file: &File, work: impl FnOnce() -> Result<R>) -> Result<R> {
    file.attempt(|_| work()).map_err(|error| damaged(error, "this part of the file is damaged"))
}

/// The links of a group, as many as there is room for in the listing.
fn links_of(group: &Handle, path_len: usize, listing: &mut Listing) -> Result<Vec<(CString, Link)>> {
    let mut links = Vec::new();
    links::each(group, |name, link| {
        let is_room = listing.take(path_len + 1 + name.as_bytes().len());
        if is_room {
            links.push((name, link));
        }
        is_room
    })?;
    Ok(links)
}
