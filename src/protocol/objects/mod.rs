//! Objects under a prefix of an object store: the requests that read and write arrays and documents.
//!
//! The number of requests at a time is bounded, for all threads and saves together. Every error names the object.

mod failure;
mod folders;
mod reader;

pub(crate) use folders::Listing;

use crate::error::{Error, ErrorKind, Result};
use crate::protocol::client::ClientState;
use crate::protocol::listing::Lists;
use crate::protocol::runtime::{wait, wait_reading};
use crate::protocol::secrets::Secrets;
use bytes::Bytes;
use futures::{StreamExt, stream};
use object_store::list::PaginatedListStore;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, UpdateVersion,
};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The metadata of an object with the id of its writer.
const WRITER: Attribute = Attribute::Metadata(Cow::Borrowed("attempt"));

/// A prefix of an object store.
#[derive(Clone)]
pub(crate) struct Objects {
    client: Arc<dyn ObjectStore>,
    lists: Arc<Lists>,
    folder: Path,
    /// The name of the store in messages, such as `s3://bucket`.
    store: Arc<str>,
    /// Identifies the store within this process.
    identity: Arc<str>,
    shared: Arc<ClientState>,
    secrets: Secrets,
    is_urgent: bool,
}

/// Which object a put may replace.
#[derive(Clone, Debug)]
pub(crate) enum Replace {
    Any,
    /// No object: the key must not exist.
    Nothing,
    /// Only this version of the object.
    Version(ObjectVersion),
}

/// A version of an object, as its store identifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectVersion {
    e_tag: Option<String>,
    version: Option<String>,
}

impl ObjectVersion {
    /// Returns the tag by which the store distinguishes the versions of an object. A weak tag does not. Azure's
    /// listings have no quotes around it.
    pub(crate) fn tag(&self) -> Option<&str> {
        let tag = self.e_tag.as_deref().filter(|tag| !tag.starts_with("W/"))?;
        Some(tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag))
    }
}

impl From<&ObjectMeta> for ObjectVersion {
    fn from(meta: &ObjectMeta) -> Self {
        Self { e_tag: meta.e_tag.clone(), version: meta.version.clone() }
    }
}

impl Objects {
    pub(crate) fn new(client: Arc<dyn ObjectStore>, folder: &str, store: String) -> Result<Self> {
        let folder = Path::parse(folder.trim_matches('/')).map_err(|error| {
            Error::new(ErrorKind::InvalidName, "the folder in the object store has an invalid name").with_source(error)
        })?;
        let shared = ClientState::of(&client);
        let identity = format!("{:p}", Arc::as_ptr(&client).cast::<u8>()).into();
        let lists = Arc::new(Lists::new(client.clone(), None));
        let (store, secrets, is_urgent) = (store.into(), Secrets::default(), false);
        Ok(Self { shared, identity, lists, client, folder, store, secrets, is_urgent })
    }

    /// Lists page by page.
    pub(super) fn listing(mut self, pages: Option<Arc<dyn PaginatedListStore>>) -> Self {
        self.lists = Arc::new(Lists::new(self.client.clone(), pages));
        self
    }

    /// Keeps these secrets out of errors.
    pub(super) fn hiding(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// Marks this as a client of the store with this identity.
    pub(super) fn of_store(mut self, identity: &str) -> Self {
        self.identity = identity.into();
        self
    }

    /// Returns the objects below a folder of this one.
    pub(crate) fn below(&self, folder: &str) -> Result<Self> {
        let folder = if folder.is_empty() { self.folder.clone() } else { self.path(folder)? };
        Ok(Self { folder, ..self.clone() })
    }

    /// Returns the same objects. Their requests do not wait for the data of saves in progress.
    pub(crate) fn urgent(self) -> Self {
        Self { is_urgent: true, ..self }
    }

    /// Returns whether the store heeds the conditions of a put. This is tried once for each client.
    pub(crate) fn heeds_conditions(&self, find_out: impl FnOnce() -> Result<bool>) -> Result<bool> {
        self.shared.heeds_conditions.get_or_try_init(find_out).copied()
    }

    /// Returns whether the store is already known to heed them.
    pub(crate) fn is_known_to_heed(&self) -> bool {
        self.shared.heeds_conditions.get() == Some(&true)
    }

    /// Describes an object in messages.
    pub(crate) fn describe(&self, key: &str) -> String {
        let separator = if self.folder.as_ref().is_empty() || key.is_empty() { "" } else { "/" };
        format!("{}/{}{separator}{key}", self.store, self.folder)
    }

    /// Returns a string that identifies an object within this process, as long as a client of its store exists.
    pub(crate) fn identity(&self, key: &str) -> String {
        format!("{} {}/{key}", self.identity, self.folder)
    }

    fn path(&self, key: &str) -> Result<Path> {
        let whole = if self.folder.as_ref().is_empty() { key.to_owned() } else { format!("{}/{key}", self.folder) };
        Path::parse(&whole).map_err(|error| {
            Error::new(ErrorKind::InvalidName, format!("{whole:?} cannot be the key of an object")).with_source(error)
        })
    }

    /// Returns the object's bytes and its version. Fails without reading if it has more than `most` bytes.
    pub(crate) fn get(&self, key: &str, most: u64) -> Result<(Bytes, ObjectVersion)> {
        wait_reading(self.clone().getting(key.to_owned(), most))
    }

    pub(crate) async fn getting(self, key: String, most: u64) -> Result<(Bytes, ObjectVersion)> {
        let path = self.path(&key)?;
        let _permit = self.permit().await?;
        let got = async {
            let result = self.client.get(&path).await?;
            let version = ObjectVersion::from(&result.meta);
            if result.meta.size > most {
                return Ok(Err(result.meta.size));
            }
            Ok(Ok((result.bytes().await?, version)))
        };
        let got = got.await.map_err(|error| self.failed("read", &key, error))?;
        got.map_err(|size| {
            let text = format!("the object has {size} bytes, but can have at most {most}");
            Error::limit(text).at_location(self.describe(&key))
        })
    }

    /// Returns a part of the object's bytes, and the length of the object.
    pub(crate) fn get_range(&self, key: &str, range: GetRange) -> Result<(Bytes, u64)> {
        let (this, key) = (self.clone(), key.to_owned());
        wait_reading(async move {
            let path = this.path(&key)?;
            let _permit = this.permit().await?;
            let options = GetOptions { range: Some(range), ..GetOptions::default() };
            let got = async {
                let result = this.client.get_opts(&path, options).await?;
                let size = result.meta.size;
                Ok((result.bytes().await?, size))
            };
            got.await.map_err(|error| this.failed("read", &key, error))
        })
    }

    /// Writes an object in one step.
    pub(crate) fn put(&self, key: &str, contents: Bytes, replace: Replace) -> Result<()> {
        wait(self.clone().putting(key.to_owned(), contents, replace))
    }

    pub(crate) async fn putting(self, key: String, contents: Bytes, replace: Replace) -> Result<()> {
        self.putting_unless(key, contents, replace, &AtomicBool::new(false)).await
    }

    /// Writes a new object, with the id of its writer as metadata if the store keeps metadata.
    pub(crate) fn put_new(&self, key: &str, contents: Bytes, by: &str) -> Result<()> {
        let (this, key, by) = (self.clone(), key.to_owned(), by.to_owned());
        wait(async move {
            let path = this.path(&key)?;
            let _permit = this.permit().await?;
            let put = |attributes: Attributes| {
                let options = PutOptions { mode: PutMode::Create, attributes, ..PutOptions::default() };
                this.client.put_opts(&path, PutPayload::from_bytes(contents.clone()), options)
            };
            let put = match put(Attributes::from_iter([(WRITER, by)])).await {
                Err(object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. }) => {
                    put(Attributes::new()).await
                }
                put => put,
            };
            put.map(drop).map_err(|error| this.failed("written", &key, error))
        })
    }

    /// Returns the id of the writer of an object that `put_new` has put.
    pub(crate) fn put_by(&self, key: &str) -> Option<String> {
        let (this, path) = (self.clone(), self.path(key).ok()?);
        let looked = wait_reading(async move {
            let _permit = this.permit().await?;
            let head = this.client.get_opts(&path, GetOptions { head: true, ..GetOptions::default() }).await;
            Ok(head.ok().and_then(|found| found.attributes.get(&WRITER).map(|by| by.as_ref().to_owned())))
        });
        looked.ok().flatten()
    }

    /// Like `putting`, but does nothing if `given_up` was set before the request began. A request in progress is never
    /// dropped, because the store might still carry it out later.
    pub(crate) async fn putting_unless(
        self,
        key: String,
        contents: Bytes,
        replace: Replace,
        given_up: &AtomicBool,
    ) -> Result<()> {
        let path = self.path(&key)?;
        let mode = match replace {
            Replace::Any => PutMode::Overwrite,
            Replace::Nothing => PutMode::Create,
            Replace::Version(ObjectVersion { e_tag, version }) => PutMode::Update(UpdateVersion { e_tag, version }),
        };
        let _permit = self.permit().await?;
        if given_up.load(Ordering::Acquire) {
            return Ok(());
        }
        let put = self.client.put_opts(&path, PutPayload::from_bytes(contents), PutOptions::from(mode)).await;
        put.map(drop).map_err(|error| self.failed("written", &key, error))
    }

    /// Begins an upload in parts.
    pub(crate) async fn beginning_parts(self, key: String) -> Result<Box<dyn object_store::MultipartUpload>> {
        let path = self.path(&key)?;
        let _permit = self.permit().await?;
        self.client.put_multipart(&path).await.map_err(|error| self.failed("written", &key, error))
    }

    /// Returns the error for a part that cannot be written.
    pub(crate) fn not_written(&self, key: &str, error: object_store::Error) -> Error {
        self.failed("written", key, error)
    }

    /// Returns the length of an object in bytes.
    pub(crate) fn len(&self, key: &str) -> Result<u64> {
        let (this, key) = (self.clone(), key.to_owned());
        wait_reading(async move {
            let path = this.path(&key)?;
            let _permit = this.permit().await?;
            this.client.head(&path).await.map(|meta| meta.size).map_err(|error| this.failed("looked up", &key, error))
        })
    }

    /// Returns whether the object exists.
    pub(crate) fn exists(&self, key: &str) -> Result<bool> {
        let (this, key) = (self.clone(), key.to_owned());
        wait_reading(async move {
            let path = this.path(&key)?;
            let _permit = this.permit().await?;
            match this.client.head(&path).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(this.failed("looked up", &key, error)),
            }
        })
    }

    /// Removes an object. A missing object is not an error.
    pub(crate) fn remove(&self, key: &str) -> Result<()> {
        self.remove_all(&[key.to_owned()])
    }

    /// Removes objects, a thousand with one request if the store supports it. A missing object is not an error.
    /// Continues after an error, and returns the first one.
    pub(crate) fn remove_all(&self, keys: &[String]) -> Result<()> {
        let paths = keys.iter().map(|key| self.path(key)).collect::<Result<Vec<_>>>()?;
        let (this, first) = (self.clone(), keys.first().cloned().unwrap_or_default());
        wait(async move {
            let _permit = this.permit().await?;
            let mut removed = this.client.delete_stream(stream::iter(paths.into_iter().map(Ok)).boxed());
            let mut failed = None;
            while let Some(result) = removed.next().await {
                if let Err(error) = result
                    && !matches!(error, object_store::Error::NotFound { .. })
                {
                    failed.get_or_insert(error);
                }
            }
            failed.map_or(Ok(()), |error| Err(this.failed("removed", &first, error)))
        })
    }

    /// Returns whether both are in one store, so that the server can copy.
    pub(crate) fn same_store(&self, other: &Self) -> bool {
        self.identity == other.identity
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        self.shared.check_process()?;
        // The semaphores are never closed.
        let requests = if self.is_urgent { &self.shared.urgent } else { &self.shared.requests };
        let permit = requests.acquire().await;
        permit.map_err(|error| Error::new(ErrorKind::Io, "no more requests are possible").with_source(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_a_listing_is_that_of_the_object() {
        let version = |tag: &str| ObjectVersion { e_tag: Some(tag.to_owned()), version: None };
        for (tag, expected) in
            [("\"0x8D93\"", Some("0x8D93")), ("0x8D93", Some("0x8D93")), ("\"", Some("\"")), ("W/\"0x8D93\"", None)]
        {
            assert_eq!(version(tag).tag(), expected, "{tag}");
        }
    }
}
