//! Listings, page by page. Every listing ends: one that repeats itself, or goes on without new entries, is an error.

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore};
use object_store::path::Path;
use object_store::{Error as Failure, ListResult, ObjectMeta, ObjectStore, Result};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// The most objects and folders directly in one folder. All of them are in memory at once.
const MOST_WITHIN: usize = 2_000_000;
/// The most objects below a folder. They are counted or removed as they arrive.
const MOST_BELOW: usize = 200_000_000;
/// The most consecutive pages without a new entry.
const MOST_IDLE: usize = 100;
/// The most pages that may be nearly empty. Beyond them, pages must have a few entries each.
const MOST_SPARSE: usize = 300;
const FEW: usize = 10;
/// The longest wait for a client that does not show its pages: for the next object, or for a whole folder.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lists an object store.
#[derive(Clone)]
pub(super) struct Lists {
    client: Arc<dyn ObjectStore>,
    pages: Option<Arc<dyn PaginatedListStore>>,
}

/// Why a listing was stopped.
#[derive(Debug)]
pub(super) enum GivenUp {
    /// The server's listing does not end.
    Endless(&'static str),
    /// The folder has more than this many entries.
    TooMany(usize),
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endless(why) => write!(f, "the server's listing does not end: {why}"),
            Self::TooMany(most) => write!(f, "the folder has more than {most} objects"),
        }
    }
}

impl std::error::Error for GivenUp {}

impl From<GivenUp> for Failure {
    fn from(given_up: GivenUp) -> Self {
        Self::Generic { store: "listing", source: Box::new(given_up) }
    }
}

impl Lists {
    pub(super) fn new(client: Arc<dyn ObjectStore>, pages: Option<Arc<dyn PaginatedListStore>>) -> Self {
        Self { client, pages }
    }

    /// Lists every object below a folder.
    pub(super) fn below(&self, folder: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.below_after(folder, None)
    }

    /// Lists every object below a folder whose key comes after this one.
    pub(super) fn below_after(&self, folder: &Path, after: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let objects = match (&self.pages, after) {
            (Some(pages), _) => self::pages(pages.clone(), folder, after, false)
                .map_ok(|page| stream::iter(page.objects.into_iter().map(Ok)))
                .try_flatten()
                .boxed(),
            (None, Some(after)) => patient(self.client.list_with_offset(Some(folder), after)).boxed(),
            (None, None) => patient(self.client.list(Some(folder))).boxed(),
        };
        let count = move |found: &mut usize, object: Result<ObjectMeta>| {
            *found += 1;
            let most = if *found > MOST_BELOW { Err(GivenUp::TooMany(MOST_BELOW).into()) } else { Ok(()) };
            std::future::ready(Some(most.and(object)))
        };
        objects.scan(0, count).boxed()
    }

    /// Lists the objects and folders directly in a folder.
    pub(super) async fn within(&self, folder: &Path) -> Result<ListResult> {
        let Some(pages) = &self.pages else {
            return or_give_up(self.client.list_with_delimiter(Some(folder))).await?;
        };
        let (mut objects, mut folders) = (Vec::new(), BTreeSet::new());
        let mut pages = std::pin::pin!(self::pages(pages.clone(), folder, None, true));
        while let Some(page) = pages.try_next().await? {
            objects.extend(page.objects);
            folders.extend(page.common_prefixes);
            if objects.len() + folders.len() > MOST_WITHIN {
                return Err(GivenUp::TooMany(MOST_WITHIN).into());
            }
        }
        Ok(ListResult { objects, common_prefixes: folders.into_iter().collect(), extensions: Default::default() })
    }
}

/// The pages of a listing.
fn pages(
    store: Arc<dyn PaginatedListStore>,
    folder: &Path,
    after: Option<&Path>,
    divided: bool,
) -> impl Stream<Item = Result<ListResult>> + Send + use<> {
    let prefix = (!folder.as_ref().is_empty()).then(|| format!("{folder}/"));
    let offset = after.map(ToString::to_string);
    stream::try_unfold(Some((Watch::default(), None)), move |state| {
        let (store, prefix, offset) = (store.clone(), prefix.clone(), offset.clone());
        async move {
            let Some((mut watch, page_token)) = state else { return Ok(None) };
            let delimiter = divided.then_some(Cow::Borrowed("/"));
            let options = PaginatedListOptions { offset, delimiter, page_token, ..PaginatedListOptions::default() };
            let PaginatedListResult { result, page_token } = store.list_paginated(prefix.as_deref(), options).await?;
            if let Some(token) = &page_token {
                watch.look(&result, token)?;
            }
            Ok(Some((result, page_token.map(|token| (watch, Some(token))))))
        }
    })
}

/// What is known about the pages so far.
#[derive(Default)]
struct Watch {
    /// Hashes of the page tokens, because there may be many.
    tokens: HashSet<u64>,
    first: Option<Path>,
    found: usize,
    idle: usize,
}

impl Watch {
    fn look(&mut self, page: &ListResult, token: &str) -> Result<(), GivenUp> {
        let mut hasher = DefaultHasher::new();
        token.hash(&mut hasher);
        if !self.tokens.insert(hasher.finish()) {
            return Err(GivenUp::Endless("it leads back to an earlier page"));
        }
        let first = page.objects.first().map(|object| &object.location).or(page.common_prefixes.first());
        let is_new = first.is_some() && first != self.first.as_ref();
        self.idle = if is_new { 0 } else { self.idle + 1 };
        self.first = first.cloned();
        self.found = self.found.saturating_add(page.objects.len() + page.common_prefixes.len());
        if self.idle > MOST_IDLE {
            return Err(GivenUp::Endless("its pages have no new entries"));
        }
        if self.tokens.len() > MOST_SPARSE.saturating_add(self.found / FEW) {
            return Err(GivenUp::Endless("its pages are nearly empty"));
        }
        Ok(())
    }
}

/// A listing of a client that does not show its pages.
fn patient(objects: BoxStream<'static, Result<ObjectMeta>>) -> impl Stream<Item = Result<ObjectMeta>> + Send {
    stream::try_unfold((objects, None::<Path>), |(mut objects, first)| async move {
        let Some(object) = or_give_up(objects.try_next()).await?? else { return Ok(None) };
        if first.as_ref() == Some(&object.location) {
            return Err(GivenUp::Endless("it starts again from the beginning").into());
        }
        let first = first.or_else(|| Some(object.location.clone()));
        Ok(Some((object, (objects, first))))
    })
}

async fn or_give_up<T>(listing: impl Future<Output = T>) -> Result<T> {
    let late = |_| GivenUp::Endless("there was no answer within two minutes").into();
    tokio::time::timeout(PATIENCE, listing).await.map_err(late)
}
