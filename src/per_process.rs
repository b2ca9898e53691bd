//! Values that a forked child does not take over: it has no threads but the one that forked.

use crate::error::Result;
use once_cell::sync::OnceCell;

/// One value for each process. That of the process that forked is never dropped: to stop threads that are not there would
/// wait for them.
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

    /// The value of this process, made when it is first needed.
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
