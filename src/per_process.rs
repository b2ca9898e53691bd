//! Values that a forked child does not inherit, because only the thread that forked exists in the child.

use crate::error::Result;
use once_cell::sync::OnceCell;

/// One value for each process. A child never drops the value of its parent: that would wait for threads that do not
/// exist.
pub(crate) struct PerProcess<T> {
    first: OnceCell<Box<Owned<T>>>,
}

struct Owned<T> {
    process: u32,
    value: T,
    forked: OnceCell<Box<Owned<T>>>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { first: OnceCell::new() }
    }

    /// Returns the value of this process, made when it is first needed.
    pub(crate) fn get_or_try_init(&self, make: impl Fn() -> Result<T>) -> Result<&T> {
        let process = std::process::id();
        let make = || Ok(Box::new(Owned { process, value: make()?, forked: OnceCell::new() }));
        let mut owned = self.first.get_or_try_init(make)?;
        while owned.process != process {
            owned = owned.forked.get_or_try_init(make)?;
        }
        Ok(&owned.value)
    }
}
