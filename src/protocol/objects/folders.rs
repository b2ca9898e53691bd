//! Requests about all objects of a folder: listing, counting, removing, copying.

use super::Objects;
use crate::error::Result;
use crate::protocol::client::CONCURRENCY;
use crate::protocol::runtime::{wait, wait_reading};
use crate::protocol::store::Below;
use crate::task::Scope;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{CopyOptions, ObjectMeta, ObjectStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The objects and folders directly in a folder, by name.
pub(crate) struct Listing {
    pub(crate) objects: Vec<(String, ObjectMeta)>,
    pub(crate) folders: Vec<String>,
}

impl Objects {
    /// Returns whether there is any object below a folder, with one request.
    pub(crate) fn any_below(&self, folder: &str) -> Result<bool> {
        let (this, folder) = (self.clone(), folder.to_owned());
        wait_reading(async move {
            let path = this.path(&folder)?;
            let _permit = this.permit().await?;
            let first = this.lists.below(&path).next().await;
            first.transpose().map(|first| first.is_some()).map_err(|error| this.failed("listed", &folder, error))
        })
    }

    /// Returns the number of objects below a folder, and the sum of their lengths.
    pub(crate) fn below_is(&self, folder: &str) -> Result<Below> {
        let (this, folder) = (self.clone(), folder.to_owned());
        wait_reading(async move {
            let path = this.path(&folder)?;
            let _permit = this.permit().await?;
            let listed = this.lists.below(&path);
            let add = |below: Below, meta: ObjectMeta| async move { Ok(below.and(meta.size)) };
            listed.try_fold(Below::default(), add).await.map_err(|error| this.failed("listed", &folder, error))
        })
    }

    /// Returns the keys of all objects below a folder, relative to it, and their lengths.
    pub(crate) fn keys_below(&self, folder: &str) -> Result<Vec<(String, u64)>> {
        let (this, folder) = (self.clone(), folder.to_owned());
        wait_reading(async move {
            let path = this.path(&folder)?;
            let _permit = this.permit().await?;
            let listed = this.lists.below(&path).try_collect::<Vec<_>>().await;
            let listed = listed.map_err(|error| this.failed("listed", &folder, error))?;
            let key = |meta: &ObjectMeta| {
                let below = meta.location.as_ref().get(path.as_ref().len()..)?.trim_start_matches('/');
                Some((below.to_owned(), meta.size))
            };
            Ok(listed.iter().filter_map(key).collect())
        })
    }

    /// Returns the objects and folders directly in a folder, by name.
    pub(crate) fn list(&self, folder: &str) -> Result<Listing> {
        let (this, folder) = (self.clone(), folder.to_owned());
        wait_reading(async move {
            let path = if folder.is_empty() { this.folder.clone() } else { this.path(&folder)? };
            let _permit = this.permit().await?;
            let listed = this.lists.within(&path).await;
            let listed = listed.map_err(|error| this.failed("listed", &folder, error))?;
            // Entries outside the folder are ignored. The folder itself may be an object too.
            let name = |found: &Path| {
                let mut parts = found.prefix_match(&path)?;
                let name = parts.next()?.as_ref().to_owned();
                parts.next().is_none().then_some(name)
            };
            let objects = listed.objects.into_iter().filter_map(|meta| Some((name(&meta.location)?, meta)));
            Ok(Listing {
                objects: objects.collect(),
                folders: listed.common_prefixes.iter().filter_map(name).collect(),
            })
        })
    }

    /// Returns the names of objects directly in a folder that begin with this character, as far as one page of a
    /// listing has them.
    pub(crate) fn names_from(&self, folder: &str, first: char) -> Result<Vec<String>> {
        const PAGE: usize = 1000;
        let (this, folder) = (self.clone(), folder.to_owned());
        wait_reading(async move {
            let path = if folder.is_empty() { this.folder.clone() } else { this.path(&folder)? };
            let before = path.clone().join(first.to_string());
            let _permit = this.permit().await?;
            let mut listed = this.lists.below_after(&path, Some(&before)).take(PAGE);
            let mut names = Vec::new();
            while let Some(meta) = listed.try_next().await.map_err(|error| this.failed("listed", &folder, error))? {
                let key = meta.location.as_ref();
                let below = key.get(path.as_ref().len()..).unwrap_or_default().trim_start_matches('/');
                if !below.starts_with(first) {
                    break;
                }
                if !below.contains('/') {
                    names.push(below.to_owned());
                }
            }
            Ok(names)
        })
    }

    /// Removes every object below a folder, a thousand with one request if the store supports it. After an error no
    /// request is begun, and those that were sent are awaited: the store might still carry them out. An object that is
    /// gone already is no error.
    pub(crate) fn remove_below(&self, folder: &str) -> Result<()> {
        let (this, folder) = (self.clone(), folder.to_owned());
        wait(async move {
            let path = this.path(&folder)?;
            let _permit = this.permit().await?;
            let has_failed = Arc::new(AtomicBool::new(false));
            let goes_on = has_failed.clone();
            let listed = this.lists.below(&path).map_ok(|meta| meta.location);
            let listed = listed.take_while(move |_| std::future::ready(!goes_on.load(Ordering::Relaxed))).boxed();
            let mut removed = this.client.delete_stream(listed);
            let mut result = Ok(());
            while let Some(one) = removed.next().await {
                match one {
                    Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => {
                        has_failed.store(true, Ordering::Relaxed);
                        result = result.and(Err(this.failed("removed", &folder, error)));
                    }
                }
            }
            result
        })
    }

    /// Copies an object on the server, within one store.
    pub(crate) fn copy(&self, from: &Self, from_key: &str, to_key: &str) -> Result<()> {
        let (this, source, target) = (self.clone(), from.path(from_key)?, self.path(to_key)?);
        let location = from_key.to_owned();
        wait(async move {
            let _permit = this.permit().await?;
            let copied = this.client.copy_opts(&source, &target, CopyOptions::default()).await;
            copied.map_err(|error| this.failed("copied", &location, error))
        })
    }

    /// Copies every object below a folder of the same store, on the server, and returns the number and bytes. After an
    /// error no copy is begun, and those that were sent are awaited: the store might still carry them out.
    pub(crate) fn copy_below(&self, from: &Self, from_folder: &str, to_folder: &str) -> Result<Below> {
        let (this, from) = (self.clone(), from.clone());
        let (from_folder, to_folder) = (from_folder.to_owned(), to_folder.to_owned());
        let scope = Scope::current();
        wait(async move {
            from.shared.check_process()?;
            let (source, target) = (from.path(&from_folder)?, this.path(&to_folder)?);
            let listed = from.lists.below(&source).try_collect().await;
            let found: Vec<ObjectMeta> = listed.map_err(|error| from.failed("copied", &from_folder, error))?;
            let below = found.iter().fold(Below::default(), |below, meta| below.and(meta.size));
            let has_failed = AtomicBool::new(false);
            let copies = found.into_iter().map(|ObjectMeta { location: path, .. }| {
                let below = path.as_ref().get(source.as_ref().len()..).unwrap_or_default();
                let to = Path::parse(format!("{target}{below}"));
                let (this, to_folder, scope, has_failed) = (&this, &to_folder, &scope, &has_failed);
                async move {
                    let _permit = this.permit().await?;
                    if has_failed.load(Ordering::Relaxed) || scope.check().is_err() {
                        return Ok(());
                    }
                    let copied = async { this.client.copy_opts(&path, &to?, CopyOptions::default()).await };
                    copied.await.map_err(|error| {
                        has_failed.store(true, Ordering::Relaxed);
                        this.failed("copied", to_folder, error)
                    })
                }
            });
            let copies = stream::iter(copies).buffer_unordered(CONCURRENCY);
            let first_error = |first: Result<()>, copied: Result<()>| async { first.and(copied) };
            copies.fold(Ok(()), first_error).await?;
            scope.check()?;
            Ok(below)
        })
    }
}
