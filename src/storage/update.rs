//! Changes of an object on which others may be at work: versions, and changes that are made again.

use super::Storage;
use super::intent::Intent;
use super::name::Name;
use super::read::head;
use super::report::SaveReport;
use super::version::Version;
use crate::error::{Error, Result};
use crate::trace::in_span;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How often a change is made before the update gives up.
pub(super) const MOST_TRIES: u32 = 64;

/// The longest time between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(256);

impl Storage {
    /// Returns the version of the value with this name. Only the head of the document is read.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// let report = storage.save("answer", &42)?;
    /// assert_eq!(storage.version("answer")?, report.version);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if its head is damaged.
    pub fn version(&self, name: &str) -> Result<Version> {
        self.version_of(&Name::parse(name)?)
    }

    fn version_of(&self, name: &Name) -> Result<Version> {
        Ok(Version::of(head(&*self.place, name)?.manifest.write_id()))
    }

    /// Loads the value like [`load`](Self::load), and also returns its version, for [`save_if`](Self::save_if).
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_versioned<T: DeserializeOwned>(&self, name: &str) -> Result<(T, Version)> {
        let (value, write_id) = in_span!("load", document = name; self.load_one(&Name::parse(name)?)?);
        Ok((value, Version::of(&write_id)))
    }

    /// Saves the value like [`save`](Self::save), but only over this version. The report has the version that the save
    /// has made.
    ///
    /// Only this version is compared, even if the value has arrays that were loaded from an older version.
    /// [`create`](Self::create) saves only if there is no value.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// storage.save("answer", &41)?;
    /// let (answer, version) = storage.load_versioned::<i32>("answer")?;
    /// let version = storage.save_if("answer", &(answer + 1), &version)?.version;
    ///
    /// storage.save("answer", &0)?; // by another program
    /// let error = storage.save_if("answer", &43, &version).unwrap_err();
    /// assert!(error.is_conflict());
    /// assert_eq!(storage.load::<i32>("answer")?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`save`](Self::save); `Conflict` if the value has another version or does not exist.
    pub fn save_if<T: ?Sized + Serialize>(&self, name: &str, value: &T, version: &Version) -> Result<SaveReport> {
        self.save_now(name, value, Intent::ReplaceVersion(version.clone()))
    }

    /// Loads the value with this name, changes it and saves it, as one step: if the value was replaced in the meantime,
    /// all of this is done again. Neither the changes of other programs nor this change are lost. Returns the result of
    /// `change`.
    ///
    /// `change` may run several times, each time on the current value. If it fails, nothing is saved. If it fails and
    /// the value was replaced in the meantime, it runs again, because the outdated value may have been the reason.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{ChunkedArray, Result};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Run {
    ///     step: u64,
    ///     field: ChunkedArray<f64>,
    /// }
    ///
    /// let field = ChunkedArray::from_ndarray(ndarray::Array2::zeros((100, 100)), &[50, 50])?;
    /// storage.save("run", &Run { step: 0, field })?;
    ///
    /// // In any number of threads and programs:
    /// let step = storage.update("run", |run: &mut Run| -> Result<u64> {
    ///     run.field = &run.field + 1.0;
    ///     run.step += 1;
    ///     Ok(run.step)
    /// })?;
    /// assert_eq!(step, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The error of `change`; the errors of [`load`](Self::load) and [`save`](Self::save); `Conflict` only if the value
    /// was replaced during each of 64 attempts, with increasing pauses between them.
    pub fn update<T, R, E>(&self, name: &str, mut change: impl FnMut(&mut T) -> Result<R, E>) -> Result<R, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<Error>,
    {
        let mut tries = 1;
        loop {
            let (mut value, version) = self.load_versioned::<T>(name)?;
            let changed = change(&mut value).map_err(Failure::Change);
            let saved = changed
                .and_then(|returned| self.save_if(name, &value, &version).map(|_| returned).map_err(Failure::Save));
            // What is held of an old version may keep it on the disk.
            drop(value);
            let failure = match saved {
                Ok(returned) => return Ok(returned),
                Err(failure) => failure,
            };
            if tries == MOST_TRIES || !failure.may_be_stale() || !self.is_other(name, &version) {
                return Err(failure.into_error());
            }
            std::thread::sleep(pause(tries));
            tries += 1;
        }
    }

    /// Whether the value was replaced or removed since it was of this version.
    pub(super) fn is_other(&self, name: &str, version: &Version) -> bool {
        match self.version(name) {
            Ok(found) => found != *version,
            Err(error) => error.is_not_found(),
        }
    }
}

/// Why a try has failed.
pub(super) enum Failure<E> {
    Change(E),
    Save(Error),
}

impl<E: From<Error>> Failure<E> {
    /// Whether the cause may be that the value was replaced: never if the value may have been saved.
    pub(super) fn may_be_stale(&self) -> bool {
        match self {
            Self::Change(_) => true,
            Self::Save(error) => !error.is_unknown_outcome() && !error.is_cancelled(),
        }
    }

    pub(super) fn into_error(self) -> E {
        match self {
            Self::Change(error) => error,
            Self::Save(error) => error.into(),
        }
    }
}

/// A random time, so that writers that met do not meet again.
pub(super) fn pause(tries: u32) -> Duration {
    let longest = Duration::from_millis(1 << tries.min(16)).min(LONGEST_PAUSE);
    let random = uuid::Uuid::new_v4().as_u128() as u32;
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
