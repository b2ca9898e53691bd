//! An S3 server in the process that starts it: real HTTP, real signatures, objects in memory. Conditional puts are
//! exact; latency, refusals and lost answers come on demand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "it serves tests")]

mod service;
mod state;

use bytes::Bytes;
use service::{Service, serve};
use state::State;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

pub const BUCKET: &str = "bucket";
pub const KEY: &str = "test-key";
pub const SECRET: &str = "a-secret-that-must-stay-hidden";

/// The server. A clone is another handle on it; it runs as long as the program.
#[derive(Clone)]
pub struct Server {
    state: Arc<State>,
    pub endpoint: String,
}

impl Server {
    pub fn start() -> Self {
        let (send, receive) = std::sync::mpsc::channel();
        let state = Arc::new(State::default());
        state.requests_left.store(u64::MAX, SeqCst);
        let served = Service(state.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                send.send(listener.local_addr().unwrap()).unwrap();
                serve(served, listener).await;
            });
        });
        let endpoint = format!("http://{}", receive.recv().unwrap());
        Self { state, endpoint }
    }

    /// A server of another process, which can be asked for nothing but its storages and clients.
    pub fn elsewhere(endpoint: &str) -> Self {
        Self { state: Arc::default(), endpoint: endpoint.to_owned() }
    }

    pub fn options(&self) -> Vec<(String, String)> {
        [
            ("aws_endpoint", self.endpoint.as_str()),
            ("aws_allow_http", "true"),
            ("aws_access_key_id", KEY),
            ("aws_secret_access_key", SECRET),
            ("aws_region", "us-east-1"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub fn storage(&self, folder: &str) -> arraystow::Storage {
        arraystow::Storage::open_with(&format!("s3://{BUCKET}/{folder}"), self.options()).unwrap()
    }

    /// A storage in the making.
    pub fn builder(&self, folder: &str) -> arraystow::StorageBuilder {
        let builder = arraystow::Storage::builder(format!("s3://{BUCKET}/{folder}"));
        self.options().into_iter().fold(builder, |builder, (key, value)| builder.option(key, value))
    }

    /// A client of object_store in the making.
    pub fn client(&self) -> object_store::aws::AmazonS3Builder {
        object_store::aws::AmazonS3Builder::new()
            .with_endpoint(&self.endpoint)
            .with_allow_http(true)
            .with_bucket_name(BUCKET)
            .with_access_key_id(KEY)
            .with_secret_access_key(SECRET)
    }

    pub fn keys(&self) -> Vec<String> {
        self.state.objects.lock().unwrap().keys().cloned().collect()
    }

    /// Objects of which parts are there and no end.
    pub fn unfinished_uploads(&self) -> usize {
        self.state.uploads.lock().unwrap().len()
    }

    pub fn read(&self, key: &str) -> Vec<u8> {
        self.state.objects.lock().unwrap()[key].data.to_vec()
    }

    pub fn write(&self, key: &str, data: &[u8]) {
        let object = self.state.object(Bytes::copy_from_slice(data));
        self.state.objects.lock().unwrap().insert(key.to_owned(), object);
    }

    pub fn remove(&self, key: &str) {
        self.state.objects.lock().unwrap().remove(key).unwrap();
    }

    /// How many requests of each kind there were since the last time.
    pub fn requests(&self) -> BTreeMap<&'static str, usize> {
        std::mem::take(&mut *self.state.requests.lock().unwrap())
    }

    pub fn most_under_way(&self) -> u64 {
        self.state.most_under_way.swap(0, SeqCst)
    }

    pub fn set_latency(&self, latency: Duration) {
        self.state.latency_us.store(latency.as_micros() as u64, SeqCst);
    }

    pub fn refuse_every(&self, n: u64) {
        self.state.refuse_every.store(n, SeqCst);
    }

    /// So many requests are still answered, and none after them; `u64::MAX` for all.
    pub fn go_down_after(&self, requests: u64) {
        self.state.requests_left.store(requests, SeqCst);
        self.state.is_down.store(false, SeqCst);
    }

    /// Whether a request was refused because the server had gone down, since it last went down or came up.
    pub fn is_down(&self) -> bool {
        self.state.is_down.load(SeqCst)
    }

    /// Makes all objects older.
    pub fn age(&self, by: Duration) {
        self.state.objects.lock().unwrap().values_mut().for_each(|object| object.modified -= by);
    }

    /// The answers to so many puts of keys with this part are lost.
    pub fn lose_answers(&self, part: &str, count: u64) {
        part.clone_into(&mut self.state.lost_part.lock().unwrap());
        self.state.lost_answers.store(count, SeqCst);
    }

    /// Requests of these kinds are not permitted from now on.
    pub fn forbid(&self, kinds: &[&'static str]) {
        *self.state.forbidden.lock().unwrap() = kinds.to_vec();
    }

    /// Puts of keys that end so wait until they are released. An end with a slash at its end holds all keys below.
    pub fn hold(&self, end: &str) {
        *self.state.held_end.lock().unwrap() = Some(end.to_owned());
    }

    /// Waits until a put is being held.
    pub fn wait_for_held(&self) {
        while self.state.held.load(SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn release(&self) {
        *self.state.held_end.lock().unwrap() = None;
    }

    /// Right after the next put of that key, this will have been put there.
    pub fn overwrite_next(&self, key: &str, data: Vec<u8>) {
        *self.state.intruder.lock().unwrap() = Some((key.to_owned(), data));
    }

    /// At the next put of that key, everything goes whose key begins so.
    pub fn remove_at_next(&self, key: &str, prefix: &str) {
        *self.state.thief.lock().unwrap() = Some((key.to_owned(), prefix.to_owned()));
    }

    pub fn ignore_conditions(&self) {
        self.state.ignores_conditions.store(true, SeqCst);
    }
}
