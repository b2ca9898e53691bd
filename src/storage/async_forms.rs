//! The async forms: each is its blocking function, as [`unblock`] runs it.

use super::Storage;
use super::entry::{ListEntry, ValueInfo};
use super::intent::Intent;
use super::leftover::Leftover;
use super::name::Name;
use super::query::{Query, QueryMatch};
use super::repair::Repair;
use super::report::SaveReport;
use super::sweep::Sweep;
use super::update::{Failure, MOST_TRIES, pause};
use super::verify::{Verification, VerifyDepth};
use super::version::Version;
use crate::array::AnyArray;
use crate::engine::unblock;
use crate::error::{Error, Result};
use crate::plugin::Value;
use crate::task::Scope;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// # Async forms
///
/// Nearly every function that reads or writes has an async form of the same name with `_async`. It does the same, fails
/// with the same errors, and does not block the executor that waits for it, which may be any. [`unblock`] says how, and
/// turns functions that have no form of their own, such as [`replace_arrays`](Self::replace_arrays), into futures.
/// Dropping the future cancels the work; see [`Task`](crate::Task).
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// # futures::executor::block_on(async {
/// storage.save_async("answer", &42).await?;
/// assert_eq!(storage.load_async::<i32>("answer").await?, 42);
/// assert_eq!(storage.list_async("**").await?.len(), 1);
/// storage.remove_async("answer").await?;
/// assert!(!storage.contains_async("answer").await?);
/// # Ok::<(), arraystow::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Storage {
    /// Runs a function of the storage and a name, or a glob, on the pool.
    fn away<T, F>(&self, name: &str, work: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Self, &str) -> Result<T> + Send + 'static,
    {
        let (storage, name) = (self.clone(), name.to_owned());
        unblock(move || work(&storage, &name))
    }

    /// The async form of [`save`](Self::save).
    ///
    /// The value is serialized when the function is called. The future owns the document and the arrays, but not the
    /// value. If it is dropped before the commit, what was written is removed. A commit that has begun completes.
    ///
    /// # Errors
    /// As for [`save`](Self::save).
    pub fn save_async<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
    ) -> impl Future<Output = Result<SaveReport>> + Send + use<T> {
        let planned = self.plan_save(name, value, Intent::Replace);
        unblock(move || planned?.carry_out_in_span())
    }

    /// The async form of [`create`](Self::create); see [`save_async`](Self::save_async).
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn create_async<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
    ) -> impl Future<Output = Result<SaveReport>> + Send + use<T> {
        let planned = self.plan_save(name, value, Intent::Create);
        unblock(move || planned?.carry_out_in_span())
    }

    /// The async form of [`save_if`](Self::save_if); see [`save_async`](Self::save_async).
    ///
    /// # Errors
    /// As for [`save_if`](Self::save_if).
    pub fn save_if_async<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
        version: &Version,
    ) -> impl Future<Output = Result<SaveReport>> + Send + use<T> {
        let planned = self.plan_save(name, value, Intent::ReplaceVersion(version.clone()));
        unblock(move || planned?.carry_out_in_span())
    }

    /// The async form of [`load`](Self::load).
    ///
    /// The type's `Deserialize` runs on the executor. It is started again after each wait for plain `ndarray` fields
    /// and external objects, so it may be called several times.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_async<T: DeserializeOwned>(&self, name: &str) -> impl Future<Output = Result<T>> + use<T> {
        let loading = self.load_versioned_async(name);
        async move { loading.await.map(|(value, _)| value) }
    }

    /// The async form of [`load_versioned`](Self::load_versioned); see [`load_async`](Self::load_async).
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_versioned_async<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<(T, Version)>> + use<T> {
        let (storage, name, scope) = (self.clone(), Name::parse(name), Scope::current());
        async move {
            let (value, write_id) = storage.load_one_async(name?, scope).await?;
            Ok((value, Version::of(&write_id)))
        }
    }

    /// The async form of [`update`](Self::update). `change` runs on the executor.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn update_async<T, R, E, F>(
        &self,
        name: &str,
        mut change: F,
    ) -> impl Future<Output = Result<R, E>> + use<T, R, E, F>
    where
        T: Serialize + DeserializeOwned,
        E: From<Error>,
        F: FnMut(&mut T) -> Result<R, E>,
    {
        let (storage, name, scope) = (self.clone(), name.to_owned(), Scope::current());
        async move {
            let mut tries = 1;
            loop {
                let loading = scope.clone().enter(|| storage.load_versioned_async::<T>(&name));
                let (mut value, version) = loading.await?;
                let changed = change(&mut value).map_err(Failure::Change);
                let saving = changed.map(|returned| {
                    let saving = || storage.save_if_async(&name, &value, &version);
                    (returned, scope.clone().enter(saving))
                });
                drop(value);
                let failure = match saving {
                    Ok((returned, saving)) => match saving.await {
                        Ok(_) => return Ok(returned),
                        Err(error) => Failure::Save(error),
                    },
                    Err(failure) => failure,
                };
                if tries == MOST_TRIES || !failure.may_be_stale() {
                    return Err(failure.into_error());
                }
                let (own, own_name) = (storage.clone(), name.clone());
                let looking = scope.offload(move || {
                    let is_other = own.is_other(&own_name, &version);
                    if is_other {
                        std::thread::sleep(pause(tries));
                    }
                    Ok::<_, Error>(is_other)
                });
                if !looking.await? {
                    return Err(failure.into_error());
                }
                tries += 1;
            }
        }
    }

    /// The async form of [`array`](Self::array).
    ///
    /// # Errors
    /// As for [`array`](Self::array).
    pub fn array_async(&self, name: &str, path: &str) -> impl Future<Output = Result<AnyArray>> + Send + use<> {
        let path = path.to_owned();
        self.away(name, move |storage, name| storage.array(name, &path))
    }

    /// The async form of [`value`](Self::value).
    ///
    /// # Errors
    /// As for [`value`](Self::value).
    pub fn value_async(&self, name: &str) -> impl Future<Output = Result<Value>> + use<> {
        self.load_async(name)
    }

    /// The async form of [`version`](Self::version).
    ///
    /// # Errors
    /// As for [`version`](Self::version).
    pub fn version_async(&self, name: &str) -> impl Future<Output = Result<Version>> + Send + use<> {
        self.away(name, Self::version)
    }

    /// The async form of [`list`](Self::list).
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    pub fn list_async(&self, glob: &str) -> impl Future<Output = Result<Vec<ListEntry>>> + Send + use<> {
        self.away(glob, Self::list)
    }

    /// The async form of [`exists`](Self::exists).
    ///
    /// # Errors
    /// As for [`exists`](Self::exists).
    pub fn exists_async(&self) -> impl Future<Output = Result<bool>> + Send + use<> {
        let storage = self.clone();
        unblock(move || storage.exists())
    }

    /// The async form of [`contains`](Self::contains).
    ///
    /// # Errors
    /// As for [`contains`](Self::contains).
    pub fn contains_async(&self, name: &str) -> impl Future<Output = Result<bool>> + Send + use<> {
        self.away(name, Self::contains)
    }

    /// The async form of [`info`](Self::info).
    ///
    /// # Errors
    /// As for [`info`](Self::info).
    pub fn info_async(&self, name: &str) -> impl Future<Output = Result<ValueInfo>> + Send + use<> {
        self.away(name, Self::info)
    }

    /// The async form of [`remove`](Self::remove). A removal that has begun completes.
    ///
    /// # Errors
    /// As for [`remove`](Self::remove).
    pub fn remove_async(&self, name: &str) -> impl Future<Output = Result<()>> + Send + use<> {
        self.away(name, Self::remove)
    }

    /// The async form of [`remove_if`](Self::remove_if). A removal that has begun completes.
    ///
    /// # Errors
    /// As for [`remove_if`](Self::remove_if).
    pub fn remove_if_async(&self, name: &str, version: &Version) -> impl Future<Output = Result<()>> + Send + use<> {
        let version = version.clone();
        self.away(name, move |storage, name| storage.remove_if(name, &version))
    }

    /// The async form of [`rename`](Self::rename). A rename in one step that has begun completes.
    ///
    /// # Errors
    /// As for [`rename`](Self::rename).
    pub fn rename_async(&self, name: &str, new_name: &str) -> impl Future<Output = Result<SaveReport>> + Send + use<> {
        let new_name = new_name.to_owned();
        self.away(name, move |storage, name| storage.rename(name, &new_name))
    }

    /// The async form of [`remove_matching`](Self::remove_matching).
    ///
    /// # Errors
    /// As for [`remove_matching`](Self::remove_matching).
    pub fn remove_matching_async(&self, glob: &str) -> impl Future<Output = Result<Vec<String>>> + Send + use<> {
        self.away(glob, Self::remove_matching)
    }

    /// The async form of [`remove_workflow`](Self::remove_workflow).
    ///
    /// # Errors
    /// As for [`remove_workflow`](Self::remove_workflow).
    pub fn remove_workflow_async(&self, workflow: &str) -> impl Future<Output = Result<Vec<String>>> + Send + use<> {
        self.away(workflow, Self::remove_workflow)
    }

    /// The async form of [`copy`](Self::copy).
    ///
    /// # Errors
    /// As for [`copy`](Self::copy).
    pub fn copy_async(&self, name: &str, other: &Self) -> impl Future<Output = Result<SaveReport>> + Send + use<> {
        let other = other.clone();
        self.away(name, move |storage, name| storage.copy(name, &other))
    }

    /// The async form of [`verify`](Self::verify).
    ///
    /// # Errors
    /// As for [`verify`](Self::verify).
    pub fn verify_async(
        &self,
        name: &str,
        depth: VerifyDepth,
    ) -> impl Future<Output = Result<Verification>> + Send + use<> {
        self.away(name, move |storage, name| storage.verify(name, depth))
    }

    /// The async form of [`verify_all`](Self::verify_all).
    ///
    /// # Errors
    /// As for [`verify_all`](Self::verify_all).
    pub fn verify_all_async(
        &self,
        depth: VerifyDepth,
    ) -> impl Future<Output = Result<Vec<Verification>>> + Send + use<> {
        let storage = self.clone();
        unblock(move || storage.verify_all(depth))
    }

    /// The async form of [`sweep`](Self::sweep).
    ///
    /// # Errors
    /// As for [`sweep`](Self::sweep).
    pub fn sweep_async(&self) -> impl Future<Output = Result<Sweep>> + Send + use<> {
        let storage = self.clone();
        unblock(move || storage.sweep())
    }

    /// The async form of [`repair`](Self::repair).
    ///
    /// # Errors
    /// As for [`repair`](Self::repair).
    pub fn repair_async(&self, glob: &str) -> impl Future<Output = Result<Repair>> + Send + use<> {
        self.away(glob, Self::repair)
    }
}

impl Sweep {
    /// The async form of [`remove`](Self::remove).
    ///
    /// # Errors
    /// As for [`remove`](Self::remove).
    pub fn remove_async(self) -> impl Future<Output = Result<Vec<Leftover>>> + Send + use<> {
        unblock(move || self.remove())
    }
}

impl Query {
    /// The async form of [`run`](Self::run). [`Storage::query`] has an example.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn run_async(&self) -> impl Future<Output = Result<Vec<QueryMatch>>> + Send + use<> {
        let query = self.clone();
        unblock(move || query.run())
    }

    /// The async form of [`run_each`](Self::run_each).
    ///
    /// # Errors
    /// As for [`run_each`](Self::run_each).
    pub fn run_each_async(&self) -> impl Future<Output = Result<Vec<Result<QueryMatch>>>> + Send + use<> {
        let query = self.clone();
        unblock(move || query.run_each())
    }
}
