//! What the server holds, and what is asked of it.

use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) data: Bytes,
    pub(crate) etag: String,
    pub(crate) modified: SystemTime,
    pub(crate) metadata: Option<HashMap<String, String>>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) objects: Mutex<BTreeMap<String, Object>>,
    pub(crate) counter: AtomicU64,
    pub(crate) requests: Mutex<BTreeMap<&'static str, usize>>,
    pub(crate) latency_us: AtomicU64,
    /// Every n-th request is refused with 503.
    pub(crate) refuse_every: AtomicU64,
    /// So many requests are still answered; all others are refused with 503.
    pub(crate) requests_left: AtomicU64,
    /// One was refused so.
    pub(crate) is_down: AtomicBool,
    /// Requests of these kinds are not permitted.
    pub(crate) forbidden: Mutex<Vec<&'static str>>,
    /// Puts of keys that end so wait, and how many do.
    pub(crate) held_end: Mutex<Option<String>>,
    pub(crate) held: AtomicU64,
    /// What comes right after the next put of a key with this part, as if another program were a moment later.
    pub(crate) intruder: Mutex<Option<(String, Vec<u8>)>>,
    /// With the next put of this key go all objects whose keys begin so.
    pub(crate) thief: Mutex<Option<(String, String)>>,
    /// So many puts of keys with this part are carried out but answered with 503.
    pub(crate) lost_answers: AtomicU64,
    pub(crate) lost_part: Mutex<String>,
    /// Conditions are ignored, as some servers do.
    pub(crate) ignores_conditions: AtomicBool,
    /// Objects that are uploaded in parts, by their upload ids.
    pub(crate) uploads: Mutex<BTreeMap<String, BTreeMap<i32, Bytes>>>,
    pub(crate) under_way: AtomicU64,
    pub(crate) most_under_way: AtomicU64,
}

pub(crate) struct UnderWay(pub(crate) Arc<State>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, SeqCst);
    }
}

impl State {
    pub(crate) fn object(&self, data: Bytes) -> Object {
        let etag = format!("{:032x}", self.counter.fetch_add(1, SeqCst));
        Object { data, etag, modified: SystemTime::now(), metadata: None }
    }
}
