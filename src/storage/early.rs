//! Saves whose walk writes large arrays: what is asked before the first of them, and how they are announced.

use super::Storage;
use super::intent::Intent;
use super::name::Name;
use super::place::{Announced, Claim, Expected, Present, Still, replaced};
use super::version::Version;
use crate::error::Result;
#[cfg(feature = "zarr")]
use crate::plugin::Manifest;
use crate::plugin::{EarlyArrays, EarlyStored};
use crate::task::{check_cancelled, unstoppable};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What a walk has written, and the announcements of it. Dropped, it is removed.
#[derive(Default)]
pub(super) struct EarlySave {
    pub(super) stored: EarlyStored,
    // After the arrays: as long as one is there, it is announced.
    announced: Vec<Box<dyn Announced>>,
    /// What must hold once the arrays are announced: a sweep and a removal look for announcements after it.
    /// It gets the manifest of what is under the name, if that is looked at, and is asked again before the last step.
    pub(super) then: Option<Arc<Still>>,
    /// The write id of the new version, if it is known before.
    pub(super) write_id: Option<String>,
}

impl EarlySave {
    /// Nothing was written early. The check runs once the arrays are announced, and in the last step.
    #[cfg(feature = "zarr")]
    pub(super) fn then(
        check: impl Fn(Option<&Manifest>) -> Result<()> + Send + Sync + 'static,
        write_id: &str,
    ) -> Self {
        Self { then: Some(Arc::new(check)), write_id: Some(write_id.to_owned()), ..Self::default() }
    }

    /// Ends the announcements, now that another one has the arrays. It is an error if one of them was over before,
    /// since a sweep may have taken the arrays.
    pub(super) fn is_announced_again(&mut self) -> Result<()> {
        let checked = self.announced.iter().try_for_each(|announced| announced.check());
        unstoppable(|| self.announced.drain(..).for_each(|announced| drop(announced.end())));
        checked.and_then(|()| self.then.as_ref().map_or(Ok(()), |check| check(None)))
    }
}

type Announcements = Rc<RefCell<Vec<Box<dyn Announced>>>>;

/// The names of what the walk of a save writes.
pub(super) struct EarlyNames {
    arrays: Rc<EarlyArrays>,
    announced: Announcements,
}

impl EarlyNames {
    pub(super) fn new(storage: &Storage, name: &Name, intent: &Intent) -> Self {
        let announced = Announcements::default();
        let (protocols, document) = (storage.protocols(name.workflow()), Some(name.as_str().to_owned()));
        let announce = {
            let (storage, name, announced) = (storage.clone(), name.clone(), announced.clone());
            let wanted = Wanted::of(intent);
            move |ids: &[&str]| announce(&storage, &name, ids, &wanted, &announced)
        };
        Self { arrays: Rc::new(EarlyArrays::new(&protocols, document, Some(Box::new(announce)))), announced }
    }

    /// What writes the arrays.
    pub(super) fn arrays(&self) -> &Rc<EarlyArrays> {
        &self.arrays
    }

    /// What was written, when the walk has ended.
    pub(super) fn finish(self) -> EarlySave {
        EarlySave { stored: self.arrays.finish(), announced: self.announced.take(), then: None, write_id: None }
    }
}

/// Announces arrays that a walk is about to write. Before the first, what is under the name is examined: what cannot be
/// replaced is refused here.
fn announce(storage: &Storage, name: &Name, ids: &[&str], wanted: &Wanted, announced: &Announcements) -> Result<()> {
    if announced.borrow().is_empty() {
        check_cancelled()?;
        let before = storage.replaceable(name)?;
        let found = before.manifest.as_ref();
        match wanted {
            Wanted::Nothing => {
                let present = found.map_or(Present::Nothing, |found| Present::document(Some(found)));
                Expected::Nothing.check(present)?;
            }
            Wanted::Version(version) if found.is_none_or(|found| Version::of(found.write_id()) != *version) => {
                return Err(replaced());
            }
            Wanted::Version(_) | Wanted::Anything => {}
        }
    }
    let new = storage.place.announce(name, ids, &[], Claim::Fresh)?;
    announced.borrow_mut().extend(new);
    Ok(())
}

/// What must be under the name, as far as the intent says it.
enum Wanted {
    Anything,
    Nothing,
    Version(Version),
}

impl Wanted {
    fn of(intent: &Intent) -> Self {
        match intent {
            Intent::Replace | Intent::Copy => Self::Anything,
            Intent::Create | Intent::CreateCopy => Self::Nothing,
            Intent::ReplaceVersion(version) => Self::Version(version.clone()),
        }
    }
}
