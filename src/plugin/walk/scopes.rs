//! The settings that are in force while the `Serialize` or `Deserialize` of a field runs.

use crate::plugin::walk::context::{loading, saving};
use crate::plugin::walk::options::Options;
use std::marker::PhantomData;

/// Options in force until this is dropped. Not `Send`: they are in force on this thread.
pub(in crate::plugin) struct OptionsScope {
    outer: Options,
    not_send: PhantomData<*const ()>,
}

/// Puts options in force; nothing outside a save.
pub(in crate::plugin) fn enter(name: &'static str, options: Options) -> Option<OptionsScope> {
    let outer = saving(|state| state.options().enter(name, options));
    outer.ok().map(|outer| OptionsScope { outer, not_send: PhantomData })
}

/// Puts options in force again whose name one of serde's buffers has kept.
pub(in crate::plugin) fn enter_again(name: &'static str) -> Option<OptionsScope> {
    let known = saving(|state| state.options().named(name)).ok()?;
    enter(name, known?)
}

impl Drop for OptionsScope {
    fn drop(&mut self) {
        let _ = saving(|state| state.options().put(self.outer));
    }
}

/// Conversion in force until this is dropped. Not `Send`: it is in force on this thread.
struct ConversionScope {
    outer: bool,
    not_send: PhantomData<*const ()>,
}

impl Drop for ConversionScope {
    fn drop(&mut self) {
        let _ = loading(|state| state.conversion().ask(self.outer));
    }
}

fn ask() -> Option<ConversionScope> {
    let outer = loading(|state| state.conversion().ask(true));
    outer.ok().map(|outer| ConversionScope { outer, not_send: PhantomData })
}

/// Whether plain arrays are to be converted.
pub(in crate::plugin) fn is_conversion_asked() -> bool {
    loading(|state| state.conversion().is_asked()).unwrap_or(false)
}

/// Reads something with arrays converted.
pub(in crate::plugin) fn converting<R>(read: impl FnOnce() -> R) -> R {
    let _scope = ask();
    read()
}
