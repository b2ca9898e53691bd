//! Two actors that take turns: only one of them moves at a time, and a test says at which of their steps the turn goes
//! over to the other. So every interleaving with so many changes of turn can be tried, one after another.
//!
//! A step is a call on the file system or a request to a store. Who has the turn and makes no step for a while waits
//! for the other one, for libhdf5's lock perhaps: the turn then goes over.

use arraystow::faults::{Call, Watcher};
use std::cell::Cell;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

const A_WHILE: Duration = Duration::from_millis(20);

thread_local! {
    static ACTOR: Cell<Option<usize>> = const { Cell::new(None) };
}

pub struct Turns {
    state: Mutex<State>,
    changed: Condvar,
    moved: tokio::sync::Notify,
}

struct State {
    current: usize,
    steps: usize,
    /// The steps before which the turn goes over.
    switches: Vec<usize>,
    done: [bool; 2],
    /// How often the current actor has waited for a lock in a row.
    waiting: usize,
}

impl Turns {
    pub fn new(first: usize, switches: &[usize]) -> Self {
        let state = State { current: first, steps: 0, switches: switches.to_vec(), done: [false; 2], waiting: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new(), moved: tokio::sync::Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn tell(&self) {
        self.changed.notify_all();
        self.moved.notify_waiters();
    }

    /// Runs one actor's work on this thread; it has no turn afterwards.
    pub fn act<R>(&self, actor: usize, work: impl FnOnce() -> R) -> R {
        struct Done<'a>(&'a Turns, usize);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                ACTOR.set(None);
                let mut state = self.0.lock();
                state.done[self.1] = true;
                if state.current == self.1 {
                    state.current = 1 - self.1;
                }
                drop(state);
                self.0.tell();
            }
        }
        ACTOR.set(Some(actor));
        let _done = Done(self, actor);
        work()
    }

    /// All steps that were made.
    pub fn steps(&self) -> usize {
        self.lock().steps
    }

    /// Waits on this thread until it is the actor's turn.
    fn wait(&self, actor: usize, is_lock: bool) {
        let mut state = self.lock();
        if is_lock && state.current == actor {
            state.waiting += 1;
            // The other one has it.
            if state.waiting > 1 && !state.done[1 - actor] {
                state.current = 1 - actor;
                state.waiting = 0;
                self.tell();
            }
        } else if !is_lock {
            state.waiting = 0;
        }
        loop {
            while state.current != actor {
                let steps = state.steps;
                let (now, waited) = self.changed.wait_timeout(state, A_WHILE).unwrap();
                state = now;
                if waited.timed_out() && state.steps == steps {
                    state.current = actor;
                }
            }
            if !state.take(actor) {
                return;
            }
            self.tell();
        }
    }

    /// The same without blocking the thread.
    pub async fn wait_async(&self, actor: usize) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            let steps = {
                let mut state = self.lock();
                if state.current == actor {
                    if !state.take(actor) {
                        return;
                    }
                    drop(state);
                    self.tell();
                    continue;
                }
                state.steps
            };
            if tokio::time::timeout(A_WHILE, moved).await.is_err() {
                let mut state = self.lock();
                if state.steps == steps {
                    state.current = actor;
                }
            }
        }
    }
}

impl State {
    /// Makes a step, unless the turn goes over before it.
    fn take(&mut self, actor: usize) -> bool {
        if self.switches.first() == Some(&self.steps) {
            self.switches.remove(0);
            if !self.done[1 - actor] {
                self.current = 1 - actor;
                return true;
            }
        }
        self.steps += 1;
        false
    }
}

/// Makes every call of an actor's thread a step.
pub struct InTurns(pub std::sync::Arc<Turns>);

impl Watcher for InTurns {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        if let Some(actor) = ACTOR.get() {
            self.0.wait(actor, matches!(call, Call::Lock(_)));
        }
        Ok(())
    }
}
