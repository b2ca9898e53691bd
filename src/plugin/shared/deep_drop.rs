//! Dropping long chains. A value that holds a value that holds a value would be dropped by nested calls, and a list of
//! some ten thousand would overflow the stack. Below a few nested calls, values are put aside and dropped when the
//! first call returns.

use std::any::Any;
use std::cell::{Cell, RefCell};

/// The number of nested calls.
const MOST_DEEP: usize = 64;

struct Chain {
    depth: Cell<usize>,
    aside: RefCell<Vec<Box<dyn Any>>>,
}

thread_local! {
    static CHAIN: Chain = const { Chain { depth: Cell::new(0), aside: RefCell::new(Vec::new()) } };
}

/// Goes one call deeper. If that is too deep, puts aside the value that `hold` returns, which keeps it from being
/// dropped.
pub(in crate::plugin) fn enter(hold: impl FnOnce() -> Option<Box<dyn Any>>) {
    // While the thread ends, there is no list any more: then the stack must do.
    let _ = CHAIN.try_with(|chain| {
        let depth = chain.depth.get();
        chain.depth.set(depth + 1);
        if depth >= MOST_DEEP {
            chain.aside.borrow_mut().extend(hold());
        }
    });
}

/// Goes up again when it is dropped; the last to do so drops what was put aside. The field after the one that is
/// watched.
#[derive(Clone)]
pub(in crate::plugin) struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        /// Goes up even if a value panics.
        struct Up<'a>(&'a Cell<usize>);
        impl Drop for Up<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get().saturating_sub(1));
            }
        }

        let _ = CHAIN.try_with(|chain| {
            let up = Up(&chain.depth);
            if chain.depth.get() == 1 {
                // The depth stays 1 meanwhile, so that no other call gets here.
                loop {
                    let value = chain.aside.borrow_mut().pop();
                    if value.is_none() {
                        break;
                    }
                    drop(value);
                }
            }
            drop(up);
        });
    }
}
