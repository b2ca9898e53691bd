//! The strong reference.

use crate::plugin::shared::deep_drop::{Leave, enter};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// An [`Arc`] whose identity is kept: however often it occurs in a value that is saved, its contents are saved once,
/// and are one allocation again after loading.
///
/// Use it for a value with several owners, such as a node of a graph, or a table that many rows refer to. For
/// references that must not keep their value alive, such as those from a child to its parent, use
/// [`WeakShared`](crate::WeakShared).
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{Shared, Storage, WeakShared};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Node {
///     name: String,
///     parent: WeakShared<Node>,
///     children: Vec<Shared<Node>>,
/// }
///
/// let tree = Shared::new_cyclic(|root| Node {
///     name: "root".into(),
///     parent: WeakShared::new(),
///     children: ["left", "right"]
///         .map(|name| Shared::new(Node { name: name.into(), parent: root.clone(), children: Vec::new() }))
///         .into(),
/// });
/// let right = tree.children[1].clone();
///
/// let storage = Storage::open(folder.path())?;
/// storage.save("tree", &(tree, right))?;
///
/// let (tree, right): (Shared<Node>, Shared<Node>) = storage.load("tree")?;
/// assert!(Shared::ptr_eq(&tree.children[1], &right));
/// assert!(right.parent.upgrade().is_some_and(|parent| Shared::ptr_eq(&parent, &tree)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As with `Arc`, its functions have no `self`: `Shared::ptr_eq(&a, &b)`. A method call always goes to the value
/// inside.
///
/// # Where it works
///
/// In [`Storage`](crate::Storage), [`to_vec`](crate::to_vec), [`to_writer`](crate::to_writer) and their counterparts,
/// anywhere in the saved value: in options, lists, maps and enums of every representation, in trait objects (as
/// `Shared<Box<dyn Trait>>`), under `flatten`, and in other shared values. With a serializer of your own
/// ([`serialize`](crate::serialize)), the shared values are stored in a file beside the arrays, to which the document's
/// references refer. It is removed by [`Protocols::remove_object`](crate::Protocols::remove_object), not with the
/// document.
///
/// The identity is that of the `Arc` and its type. A value that is loaded as two different types becomes two
/// allocations.
///
/// A generic type needs a bound, since nothing is borrowed from the document:
/// `#[serde(bound(deserialize = "T: serde::de::DeserializeOwned"))]`.
///
/// # Options
///
/// Options of fields (`#[stow(..)]`, [`astype`](fn@crate::astype)) apply to a shared value from the first field that
/// contains it.
///
/// # Cycles
///
/// Values that own one another, through a `Mutex` for example, would never be freed. Saving them is an error that names
/// the cycle. Make one of the references a [`WeakShared`](crate::WeakShared).
///
/// # Long chains
///
/// A list of a million links is saved, loaded and dropped like any other value, without deep recursion. Loading may
/// call `Deserialize` more than once for one value.
pub struct Shared<T: 'static> {
    // In this order: dropped between `enter` and `Leave`.
    value: Arc<T>,
    leave: Leave,
}

impl<T> Shared<T> {
    /// Makes a new shared value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self::from(Arc::new(value))
    }

    /// Returns the `Arc` inside.
    ///
    /// ```
    /// use arraystow::Shared;
    /// use std::sync::Arc;
    ///
    /// let name = Shared::new("a name".to_owned());
    /// assert_eq!(Arc::strong_count(Shared::as_arc(&name)), 1);
    /// let arc: Arc<String> = Shared::into_arc(name);
    /// assert_eq!(*arc, "a name");
    /// ```
    #[must_use]
    pub fn as_arc(this: &Self) -> &Arc<T> {
        &this.value
    }

    /// Turns it into the `Arc` inside. See [`as_arc`](Self::as_arc) for an example.
    #[must_use]
    pub fn into_arc(this: Self) -> Arc<T> {
        this.value.clone()
    }

    /// Returns whether both are one allocation.
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Arc::ptr_eq(&this.value, &other.value)
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        enter(|| (Arc::strong_count(&self.value) == 1).then(|| Box::new(self.value.clone()) as _));
    }
}

impl<T> From<Arc<T>> for Shared<T> {
    fn from(value: Arc<T>) -> Self {
        Self { value, leave: Leave }
    }
}

impl<T> From<Shared<T>> for Arc<T> {
    fn from(shared: Shared<T>) -> Self {
        Shared::into_arc(shared)
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), leave: self.leave.clone() }
    }
}

impl<T: Default> Default for Shared<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> AsRef<T> for Shared<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

impl<T> Borrow<T> for Shared<T> {
    fn borrow(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    /// Compares the values; see [`ptr_eq`](Shared::ptr_eq).
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T: PartialOrd> PartialOrd for Shared<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for Shared<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T: Hash> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}
