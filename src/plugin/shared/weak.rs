//! The weak reference.

use crate::plugin::shared::strong::Shared;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

/// A reference to a [`Shared`] value that does not keep it alive. After loading, it refers to the same allocation.
///
/// It is saved as a reference if the saved value also contains a [`Shared`] of the same allocation. Otherwise it is
/// empty after loading.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{Shared, Storage, WeakShared};
///
/// let storage = Storage::open(folder.path())?;
/// let (held, outside) = (Shared::new(1), Shared::new(2));
/// storage.save("pair", &(Shared::downgrade(&held), Shared::downgrade(&outside), held))?;
///
/// let (to_held, to_outside, held): (WeakShared<i32>, WeakShared<i32>, Shared<i32>) = storage.load("pair")?;
/// assert!(to_held.upgrade().is_some_and(|target| Shared::ptr_eq(&target, &held)));
/// assert!(to_outside.upgrade().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// While a value is being loaded, [`upgrade`](Self::upgrade) returns `None` until the shared value is built.
pub struct WeakShared<T: 'static> {
    target: Target<T>,
}

enum Target<T> {
    Known(Weak<T>),
    /// Handed out by a load before its value was there. All references to one value have one of these.
    Loading(Arc<OnceLock<Weak<T>>>),
}

impl<T> WeakShared<T> {
    /// Returns an empty reference, to no value.
    #[must_use]
    pub const fn new() -> Self {
        Self { target: Target::Known(Weak::new()) }
    }

    /// A reference that leads to what will be put there.
    pub(in crate::plugin) fn loading(target: Arc<OnceLock<Weak<T>>>) -> Self {
        Self { target: Target::Loading(target) }
    }

    /// Returns the value, if it is still alive.
    #[must_use]
    pub fn upgrade(&self) -> Option<Shared<T>> {
        self.weak()?.upgrade().map(Shared::from)
    }

    /// Returns whether both refer to the same allocation, or both to none.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        let nowhere = Weak::new();
        self.weak().unwrap_or(&nowhere).ptr_eq(other.weak().unwrap_or(&nowhere))
    }

    fn weak(&self) -> Option<&Weak<T>> {
        match &self.target {
            Target::Known(weak) => Some(weak),
            Target::Loading(target) => target.get(),
        }
    }
}

impl<T> Shared<T> {
    /// Makes a value that contains a weak reference to itself, like [`Arc::new_cyclic`]. The reference is empty until
    /// the value exists.
    #[must_use]
    pub fn new_cyclic(value: impl FnOnce(&WeakShared<T>) -> T) -> Self {
        Self::from(Arc::new_cyclic(|weak| value(&WeakShared::from(weak.clone()))))
    }

    /// Returns a reference that does not keep the value alive. See [`WeakShared`] for an example.
    #[must_use]
    pub fn downgrade(this: &Self) -> WeakShared<T> {
        WeakShared::from(Arc::downgrade(Self::as_arc(this)))
    }
}

impl<T> From<Weak<T>> for WeakShared<T> {
    fn from(weak: Weak<T>) -> Self {
        Self { target: Target::Known(weak) }
    }
}

impl<T> From<&Shared<T>> for WeakShared<T> {
    fn from(shared: &Shared<T>) -> Self {
        Shared::downgrade(shared)
    }
}

impl<T> Clone for WeakShared<T> {
    fn clone(&self) -> Self {
        let target = match &self.target {
            Target::Known(weak) => Target::Known(weak.clone()),
            Target::Loading(target) => Target::Loading(target.clone()),
        };
        Self { target }
    }
}

impl<T> Default for WeakShared<T> {
    /// A reference that leads nowhere.
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for WeakShared<T> {
    /// As [`Weak`]: without the value, which may lead back here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
