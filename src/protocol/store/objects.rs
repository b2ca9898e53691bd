//! Bytes under keys in an object store.

use super::{Below, ByteStore, Copied, Part, Puts};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::protocol::client::CONCURRENCY;
use crate::protocol::objects::{Objects, Replace};
use crate::protocol::runtime::{handle, wait, wait_reading};
use bytes::Bytes;
use futures::future::try_join_all;
use object_store::{GetRange, ObjectMeta};
use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// How the objects begin that are made to read the store's clock.
const CLOCK: &str = "clock-";

impl ByteStore for Objects {
    fn get(&self, key: &str, most: u64) -> Result<Bytes> {
        Objects::get(self, key, most).map(|(bytes, _)| bytes)
    }

    fn get_each(&self, keys: &[(String, u64)]) -> Result<Vec<Option<Bytes>>> {
        let requests = keys.iter().map(|(key, most)| {
            let request = self.clone().getting(key.clone(), *most);
            async move {
                match request.await {
                    Ok((bytes, _)) => Ok(Some(bytes)),
                    Err(error) if error.is_not_found() => Ok(None),
                    Err(error) => Err(error),
                }
            }
        });
        let requests: Vec<_> = requests.collect();
        wait_reading(async move { try_join_all(requests).await })
    }

    fn get_part(&self, key: &str, part: Part) -> Result<(Bytes, u64)> {
        let range = match part {
            Part::Range(range) => GetRange::Bounded(range),
            Part::Last(bytes) => GetRange::Suffix(bytes),
        };
        self.get_range(key, range)
    }

    fn put_through(&self, _: &str, key: &str, contents: Vec<u8>) -> Result<()> {
        Objects::put(self, key, contents.into(), Replace::Any)
    }

    fn put_new(&self, _: &str, key: &str, contents: Vec<u8>, by: &str) -> Result<bool> {
        match Objects::put_new(self, key, contents.into(), by) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn put_by(&self, key: &str) -> Option<String> {
        Objects::put_by(self, key)
    }

    fn ages(&self, folder: &str) -> Result<Vec<(String, Duration)>> {
        let name = format!("{CLOCK}{}", uuid::Uuid::new_v4());
        let clock = format!("{folder}/{name}");
        Objects::put(self, &clock, Bytes::new(), Replace::Any)?;
        let listed = self.list(folder);
        let _ = self.remove(&clock);
        let listed = listed?.objects;
        let now = listed.iter().find(|(found, _)| *found == name).map(|(_, meta)| meta.last_modified);
        let now = now.ok_or_else(|| {
            let text = "the store does not list what was just written to it, so its clock cannot be read";
            Error::new(ErrorKind::Io, text).at_location(self.describe(folder))
        })?;
        let age = |(name, meta): (String, ObjectMeta)| (name, (now - meta.last_modified).to_std().unwrap_or_default());
        Ok(listed.into_iter().filter(|(found, _)| !found.starts_with(CLOCK)).map(age).collect())
    }

    fn puts(&self) -> Box<dyn Puts> {
        Box::new(ObjectPuts { objects: self.clone(), under_way: Mutex::default(), given_up: Arc::default() })
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Objects::exists(self, key)
    }

    fn keys_below(&self, folder: &str) -> Result<Vec<(String, u64)>> {
        Objects::keys_below(self, folder)
    }

    fn below_is(&self, folder: &str) -> Result<Below> {
        Objects::below_is(self, folder)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>> {
        self.list(folder).map(|listed| listed.folders)
    }

    fn remove_all(&self, keys: &[String]) -> Result<()> {
        Objects::remove_all(self, keys)
    }

    fn remove_below(&self, folder: &str) -> Result<()> {
        Objects::remove_below(self, folder)
    }

    fn copy_from(&self, from: &dyn ByteStore, from_folder: &str, to_folder: &str) -> Result<Option<Copied>> {
        // What comes from another store passes through this process, like what comes from a folder.
        let from = from.as_any().downcast_ref::<Self>().filter(|from| self.same_store(from));
        let Some(from) = from else { return Ok(None) };
        let below = self.copy_below(from, from_folder, to_folder)?;
        Ok(Some(Copied { below, was_read: false }))
    }

    fn take_over(&self, from: &dyn ByteStore, from_key: &str, to_key: &str) -> Result<bool> {
        match from.as_any().downcast_ref::<Self>() {
            Some(from) if self.same_store(from) => self.copy(from, from_key, to_key).map(|()| true),
            _ => Ok(false),
        }
    }

    /// An object is durable when its PUT is answered.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn writes_as(&self, other: &dyn ByteStore) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self.same_store(other))
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn is_local(&self) -> bool {
        false
    }

    fn describe(&self, key: &str) -> String {
        Objects::describe(self, key)
    }

    fn identity(&self, key: &str) -> String {
        Objects::identity(self, key)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Puts that run in the background.
struct ObjectPuts {
    objects: Objects,
    under_way: Mutex<JoinSet<Result<()>>>,
    given_up: Arc<AtomicBool>,
}

impl Puts for ObjectPuts {
    fn put(&self, key: String, contents: Cow<'_, [u8]>, held: Box<dyn Send>) -> Result<()> {
        let (objects, given_up) = (self.objects.clone(), self.given_up.clone());
        let contents = Bytes::from(contents.into_owned());
        let mut puts = self.under_way.lock();
        puts.spawn_on(
            async move {
                let _held = held;
                objects.putting_unless(key, contents, Replace::Any, &given_up).await
            },
            handle()?,
        );
        // Checks the puts that have ended, so that an error is returned early.
        while let Some(ended) = puts.try_join_next() {
            joined(ended)?;
        }
        Ok(())
    }

    fn settle(&self) -> Result<()> {
        let mut puts = std::mem::take(&mut *self.under_way.lock());
        let given_up = self.given_up.clone();
        wait(async move {
            let mut result = Ok(());
            while let Some(ended) = puts.join_next().await {
                if let Err(error) = joined(ended) {
                    given_up.store(true, Ordering::Release);
                    result = result.and(Err(error));
                }
            }
            result
        })
    }
}

impl Drop for ObjectPuts {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Release);
        let _ = self.settle();
    }
}

fn joined(ended: Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    ended.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "a request was not completed: its code panicked")))
}
