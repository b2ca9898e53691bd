//! An object store before which a test stands: it sees every request, can let it fail, and can hold it up.

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A request on its way to the store.
#[derive(Clone, Debug)]
pub struct Request {
    pub what: &'static str,
    pub key: String,
}

impl Request {
    pub fn changes(&self) -> bool {
        matches!(self.what, "put" | "delete" | "copy")
    }
}

type Turn = Pin<Box<dyn Future<Output = ()> + Send>>;

pub struct Gate {
    store: Arc<InMemory>,
    /// Whether a request fails.
    fails: Arc<dyn Fn(&Request) -> bool + Send + Sync>,
    /// Whether one that fails is carried out for all that.
    carried_out: bool,
    /// What a request that fails is answered.
    answer: fn() -> Error,
    /// Whether it is answered as by a client that has tried again.
    tries_again: bool,
    /// Waits until it is the request's turn.
    turn: Arc<dyn Fn() -> Turn + Send + Sync>,
    /// Puts are carried out whatever their conditions are.
    ignores_conditions: bool,
    /// Puts with metadata are refused.
    has_no_metadata: bool,
}

impl Gate {
    pub fn open(store: Arc<InMemory>) -> Self {
        Self::failing(store, false, |_| false)
    }

    pub fn failing(
        store: Arc<InMemory>,
        carried_out: bool,
        fails: impl Fn(&Request) -> bool + Send + Sync + 'static,
    ) -> Self {
        let turn = Arc::new(|| Box::pin(async {}) as Turn);
        let (fails, answer) = (Arc::new(fails), failure as fn() -> Error);
        let (tries_again, ignores_conditions, has_no_metadata) = (false, false, false);
        Self { store, fails, carried_out, answer, tries_again, turn, ignores_conditions, has_no_metadata }
    }

    /// As some servers do.
    pub fn ignoring_conditions(self) -> Self {
        Self { ignores_conditions: true, ..self }
    }

    /// As a local file system does.
    pub fn without_metadata(self) -> Self {
        Self { has_no_metadata: true, ..self }
    }

    /// Requests that fail are carried out and then answered as a client answers that has tried again by itself: what it
    /// finds is its own object, and not what it expected, or that a key is gone.
    pub fn trying_again(store: Arc<InMemory>, fails: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        let answer = || Error::Precondition { path: String::new(), source: "the test lets it fail".into() };
        Self { answer, tries_again: true, ..Self::failing(store, true, fails) }
    }

    pub fn in_turns(store: Arc<InMemory>, turn: impl Fn() -> Turn + Send + Sync + 'static) -> Self {
        Self { turn: Arc::new(turn), ..Self::open(store) }
    }

    /// Lets a request pass, or fail, in one way or the other.
    async fn pass<T>(&self, what: &'static str, key: &Path, work: impl Future<Output = Result<T>>) -> Result<T> {
        (self.turn)().await;
        if !(self.fails)(&Request { what, key: key.to_string() }) {
            return work.await;
        }
        if self.carried_out {
            work.await?;
        }
        Err((self.answer)())
    }
}

fn failure() -> Error {
    Error::Generic { store: "gate", source: "the test lets it fail".into() }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gate:")
    }
}

#[async_trait]
impl ObjectStore for Gate {
    async fn put_opts(&self, key: &Path, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        if self.has_no_metadata && !options.attributes.is_empty() {
            return Err(Error::NotImplemented { operation: "metadata".into(), implementer: "gate".into() });
        }
        if self.ignores_conditions {
            options.mode = PutMode::Overwrite;
        }
        self.pass("put", key, self.store.put_opts(key, payload, options)).await
    }

    async fn put_multipart_opts(&self, key: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.pass("put", key, self.store.put_multipart_opts(key, options)).await
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        self.pass("get", key, self.store.get_opts(key, options)).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (turn, store, fails, carried_out, tries_again) =
            (self.turn.clone(), self.store.clone(), self.fails.clone(), self.carried_out, self.tries_again);
        let work = async move {
            let keys: Vec<Path> = keys.try_collect().await?;
            turn().await;
            let refused: Vec<bool> =
                keys.iter().map(|key| fails(&Request { what: "delete", key: key.to_string() })).collect();
            let failed = refused.contains(&true);
            if tries_again {
                let deleting = stream::iter(keys.clone().into_iter().map(Ok)).boxed();
                store.delete_stream(deleting).try_collect::<Vec<_>>().await?;
                let answer = |(key, is_refused): (Path, bool)| match is_refused {
                    true => Err(Error::NotFound { path: key.to_string(), source: "it is gone".into() }),
                    false => Ok(key),
                };
                return Ok(stream::iter(keys.into_iter().zip(refused).map(answer).collect::<Vec<_>>()));
            }
            if !failed || carried_out {
                let keys = stream::iter(keys.into_iter().map(Ok)).boxed();
                let deleted: Vec<Path> = store.delete_stream(keys).try_collect().await?;
                if !failed {
                    return Ok(stream::iter(deleted.into_iter().map(Ok).collect::<Vec<_>>()));
                }
            }
            Err(failure())
        };
        stream::once(work).try_flatten().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (turn, store, fails, prefix) = (self.turn.clone(), self.store.clone(), self.fails.clone(), prefix.cloned());
        let work = async move {
            turn().await;
            if fails(&Request { what: "list", key: prefix.clone().unwrap_or_default().to_string() }) {
                return Err(failure());
            }
            Ok(store.list(prefix.as_ref()))
        };
        stream::once(work).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let key = prefix.cloned().unwrap_or_default();
        self.pass("list", &key, self.store.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.pass("copy", to, self.store.copy_opts(from, to, options)).await
    }
}

/// Every key of a store.
pub fn keys(store: &Arc<InMemory>) -> Vec<String> {
    let listed = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect();
    futures::executor::block_on(listed).unwrap()
}

/// Distinguishes a version of an object from others.
pub fn e_tag(store: &Arc<InMemory>, key: &str) -> Option<String> {
    use object_store::ObjectStoreExt;
    futures::executor::block_on(store.head(&Path::from(key))).unwrap().e_tag
}
