//! Running a query: a listing, the entries of the indexes that are of these documents still, and the other documents.

use super::comparison::{Condition, is_simple};
use super::index::{Index, Raw, Row, most_bytes};
use super::shape::{self, At, Shape, simple};
use super::{Query, QueryMatch};
use crate::backend::room::Room;
use crate::engine::{Job, run};
use crate::error::Result;
use crate::lock::Mutex;
use crate::plugin::Value;
use crate::storage::entry::ListEntry;
use crate::storage::glob::Glob;
use crate::storage::name::{Name, Workflow};
use crate::storage::place::{Listed, Stamp};
use crate::storage::read::is_no_document;
use crate::task::check_cancelled;
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

/// A workflow of fewer documents has no index: reading an index takes as long as reading some documents.
const FEWEST: usize = 16;
/// An index is written again if one document in so many has changed.
const SHARE: usize = 64;
/// The coarsest resolution of the times of files, and of the clocks of object stores.
const SETTLED: Duration = Duration::from_secs(2);

/// The memory of the values that are read at the same time.
static READ: Room = Room::new(512 << 20);

/// A document of the listing, and whether its name is one of those that are looked for.
struct Candidate {
    listed: Listed,
    is_wanted: bool,
}

impl Candidate {
    fn last(&self) -> &str {
        self.listed.name.last()
    }

    fn workflow(&self) -> &Workflow {
        self.listed.name.workflow()
    }
}

type Fields = Vec<(String, Value)>;
type Answers = Mutex<Vec<(String, Result<QueryMatch>)>>;

/// What a row says.
enum Verdict {
    No,
    Yes(Fields),
    /// The document must be read.
    Unknown,
}

/// A document that was read, for the index.
struct Fresh {
    shape: Vec<u8>,
    values: Vec<u8>,
    read_at: Instant,
}

impl Query {
    pub(super) fn find_each(&self) -> Result<Vec<Result<QueryMatch>>> {
        check_cancelled()?;
        let glob = Glob::parse(&self.glob)?;
        self.conditions.iter().try_for_each(Condition::check)?;
        let Some(workflow) = glob.workflow() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        self.storage.place.walk(workflow, &mut |listed| {
            let candidate = Candidate { is_wanted: glob.is_match(listed.name.as_str()), listed };
            // An index has all documents of its workflow.
            if candidate.is_wanted || (self.is_indexed && glob.reaches_into(candidate.workflow())) {
                found.push(candidate);
            }
        })?;
        found.sort_unstable_by(|a, b| (a.workflow(), a.last()).cmp(&(b.workflow(), b.last())));
        let answers = Answers::default();
        let concurrency = self.storage.place.backend(workflow).concurrency();
        let workflows = found.chunk_by(|a, b| a.workflow() == b.workflow());
        let workflows: Vec<_> = workflows.filter(|found| found.iter().any(|found| found.is_wanted)).collect();
        run(concurrency, workflows.into_iter().map(|work| Job { work, bytes: 0 }), |found| {
            self.find_in_workflow(found, &answers, concurrency)
        })?;
        let mut answers = answers.into_inner();
        answers.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    }

    /// Looks at the documents of one workflow, which are in the order of their names.
    fn find_in_workflow(&self, found: &[Candidate], answers: &Answers, concurrency: usize) -> Result<()> {
        let Some(workflow) = found.first().map(Candidate::workflow) else { return Ok(()) };
        let is_indexed = self.is_indexed && found.len() >= FEWEST;
        let bytes = is_indexed.then(|| self.storage.place.index(workflow, most_bytes(found.len()))).flatten();
        let old = bytes.as_deref().and_then(Index::read).unwrap_or_default();
        let rows = current(&old, found);
        let mut shapes = Shapes::new(self, &old);
        let mut left = Vec::new();
        let mut known = Vec::new();
        for (number, (candidate, row)) in found.iter().zip(&rows).enumerate() {
            match row.filter(|_| candidate.is_wanted).map(|row| shapes.verdict(row)) {
                Some(Verdict::No) => {}
                Some(Verdict::Yes(fields)) => known.push((candidate, fields)),
                Some(Verdict::Unknown) => left.push(number),
                None if candidate.is_wanted => left.push(number),
                None => {}
            }
        }
        answers.lock().extend(known.into_iter().map(|(candidate, fields)| candidate.answer(Ok(fields))));
        let fresh: Mutex<Vec<Option<Fresh>>> = Mutex::new(Vec::new());
        fresh.lock().resize_with(found.len(), || None);
        let jobs = left.into_iter().filter_map(|number| {
            let candidate = found.get(number)?;
            Some(Job { work: (number, candidate), bytes: candidate.listed.bytes.try_into().unwrap_or(usize::MAX) })
        });
        run(concurrency, jobs, |(number, candidate)| {
            let (answer, read) = self.read(candidate, is_indexed)?;
            answers.lock().extend(answer.map(|answer| candidate.answer(answer)));
            if let Some(fresh) = fresh.lock().get_mut(number) {
                *fresh = read;
            }
            Ok(())
        })?;
        if is_indexed {
            let new = NewIndex { old: &old, found, rows, fresh: fresh.into_inner() };
            if new.is_worth_it(new.changes()) {
                self.storage.place.put_index(workflow, &mut |now| new.write(now));
            }
        }
        Ok(())
    }

    /// Reads a document. There is no answer for one that is not there any more, or does not satisfy the conditions.
    fn read(&self, candidate: &Candidate, is_indexed: bool) -> Result<(Option<Result<Fields>>, Option<Fresh>)> {
        let name: &Name = &candidate.listed.name;
        if !self.storage.place.is_document(name) {
            return Ok((None, None));
        }
        // A value may take as much memory as one without numbers of more than a byte.
        let bytes = usize::try_from(candidate.listed.bytes).unwrap_or(usize::MAX);
        let _room = READ.enter(bytes.saturating_mul(size_of::<(Value, Value)>()));
        let read_at = Instant::now();
        let (value, stamp) = match self.storage.load_stamped::<Value>(name) {
            Ok((value, _, stamp)) => (value, stamp),
            Err(error) if error.is_not_found() => return Ok((None, None)),
            Err(error) if error.is_cancelled() => return Err(error),
            // In a folder it would not have been listed.
            Err(error) if is_no_document(&error, &*self.storage.place, name) => return Ok((None, None)),
            Err(error) => return Ok((Some(Err(error)), None)),
        };
        let is_listed =
            stamp.zip(candidate.listed.stamp.as_ref()).is_some_and(|(read, listed)| read.text == listed.text);
        let fresh = (is_indexed && is_listed).then(|| shape::of(&value)).flatten().and_then(|(shape, values)| {
            Some(Fresh { shape: cbor4ii::serde::to_vec(Vec::new(), &shape).ok()?, values, read_at })
        });
        Ok((self.fields(&value).map(Ok), fresh))
    }

    /// The fields of a value that satisfies the conditions.
    fn fields(&self, value: &Value) -> Option<Fields> {
        let holds =
            |condition: &Condition| value.find(&condition.path).is_some_and(|found| condition.is_true_of(found));
        if !self.conditions.iter().all(holds) {
            return None;
        }
        let fields = self.paths().filter_map(|path| {
            let found = value.find(path)?.resolved();
            is_simple(found).then(|| (path.to_owned(), found.clone()))
        });
        Some(fields.collect())
    }

    /// The paths of the fields that are returned, each once.
    fn paths(&self) -> impl Iterator<Item = &str> {
        let all = || self.conditions.iter().map(|condition| &condition.path).chain(&self.selected);
        let is_first = move |(at, path): &(usize, &String)| all().position(|first| first == *path) == Some(*at);
        all().enumerate().filter(is_first).map(|(_, path)| path.as_str())
    }
}

impl Candidate {
    fn answer(&self, fields: Result<Fields>) -> (String, Result<QueryMatch>) {
        let Listed { name, bytes, modified, .. } = &self.listed;
        let entry = ListEntry { name: name.as_str().to_owned(), bytes: *bytes, modified: *modified };
        (entry.name.clone(), fields.map(|fields| QueryMatch { entry, fields }))
    }
}

/// For each document the row that is of its present version. Both are in the order of the names.
fn current<'o, 'b>(old: &'o Index<'b>, found: &[Candidate]) -> Vec<Option<&'o Row<'b>>> {
    let mut rows = old.rows.iter().peekable();
    let row = |candidate: &Candidate| {
        while rows.next_if(|row| row.0 < candidate.last()).is_some() {}
        let row = rows.next_if(|row| row.0 == candidate.last())?;
        candidate.listed.stamp.as_ref().is_some_and(|stamp| stamp.text == row.1.0).then_some(row)
    };
    found.iter().map(row).collect()
}

/// Where the shapes of an index have what a query asks for.
struct Shapes<'a> {
    query: &'a Query,
    old: &'a Index<'a>,
    places: HashMap<u32, Option<Places>>,
}

struct Places {
    conditions: Vec<At>,
    paths: Vec<At>,
}

impl<'a> Shapes<'a> {
    fn new(query: &'a Query, old: &'a Index<'a>) -> Self {
        Self { query, old, places: HashMap::new() }
    }

    fn verdict(&mut self, row: &Row<'_>) -> Verdict {
        let Self { query, old, places } = self;
        let places = places.entry(row.2).or_insert_with(|| {
            let Raw(bytes) = old.shapes.get(row.2 as usize)?;
            let shape: Shape = cbor4ii::serde::from_slice(bytes).ok()?;
            let conditions = query.conditions.iter().map(|condition| shape.find(&condition.path)).collect();
            Some(Places { conditions, paths: query.paths().map(|path| shape.find(path)).collect() })
        });
        let Some(Places { conditions, paths }) = places else { return Verdict::Unknown };
        let Raw(values) = row.3;
        let mut is_known = true;
        for (condition, at) in query.conditions.iter().zip(conditions.iter()) {
            let holds = match at {
                At::Simple(number) => simple(values, *number).map(|found| condition.is_true_of(&found)),
                At::Other => Some(condition.is_true_of_others()),
                At::Nothing => Some(false),
                At::Unknown => None,
            };
            match holds {
                Some(true) => {}
                Some(false) => return Verdict::No,
                None => is_known = false,
            }
        }
        if !is_known {
            return Verdict::Unknown;
        }
        let mut fields = Vec::new();
        for (path, at) in query.paths().zip(paths.iter()) {
            let value = match at {
                At::Simple(number) => simple(values, *number),
                At::Other | At::Nothing => continue,
                At::Unknown => None,
            };
            match value {
                Some(value) => fields.push((path.to_owned(), value)),
                None => return Verdict::Unknown,
            }
        }
        Verdict::Yes(fields)
    }
}

/// The rows that are kept and those of the documents that were read.
struct NewIndex<'a> {
    old: &'a Index<'a>,
    found: &'a [Candidate],
    rows: Vec<Option<&'a Row<'a>>>,
    fresh: Vec<Option<Fresh>>,
}

impl NewIndex<'_> {
    /// The documents that were read of which the old index has something else.
    fn changes(&self) -> usize {
        let both = self.fresh.iter().zip(&self.rows);
        both.filter(|(fresh, kept)| fresh.as_ref().is_some_and(|fresh| self.is_change(fresh, **kept))).count()
    }

    fn is_change(&self, fresh: &Fresh, kept: Option<&Row<'_>>) -> bool {
        let is_same = |kept: &Row<'_>| {
            let shape = self.old.shapes.get(kept.2 as usize);
            shape.is_some_and(|shape| shape.0 == fresh.shape) && kept.3.0 == fresh.values
        };
        !kept.is_some_and(is_same)
    }

    /// Whether so many changes are written.
    fn is_worth_it(&self, changes: usize) -> bool {
        let lost = self.old.rows.len().saturating_sub(self.rows.iter().flatten().count());
        let changed = changes.max(lost);
        changed > 0 && changed.saturating_mul(SHARE) >= self.found.len()
    }

    fn write(&self, now: SystemTime) -> Option<Vec<u8>> {
        let (mut shapes, mut numbers, mut rows) = (Vec::new(), HashMap::new(), Vec::new());
        let mut changes = 0;
        for ((candidate, kept), fresh) in self.found.iter().zip(&self.rows).zip(&self.fresh) {
            let stamp = candidate.listed.stamp.as_ref();
            let (shape, values) = match (fresh, kept) {
                (Some(fresh), _) if stamp.is_some_and(|stamp| is_settled(stamp, fresh, now)) => {
                    changes += usize::from(self.is_change(fresh, *kept));
                    (fresh.shape.as_slice(), fresh.values.as_slice())
                }
                (_, Some(kept)) => match self.old.shapes.get(kept.2 as usize) {
                    Some(shape) => (shape.0, kept.3.0),
                    None => continue,
                },
                _ => continue,
            };
            let number = *numbers.entry(shape).or_insert_with(|| {
                shapes.push(Raw(shape));
                shapes.len() - 1
            });
            let stamp = Raw(stamp.map_or(&[], |stamp| &stamp.text));
            rows.push(Row(candidate.last(), stamp, number.try_into().ok()?, Raw(values)));
        }
        if !self.is_worth_it(changes) {
            return None;
        }
        Index { shapes, rows }.write()
    }
}

/// Whether the document was read so long after its last change that a further change has another time.
fn is_settled(stamp: &Stamp, fresh: &Fresh, now: SystemTime) -> bool {
    let read_at = now.checked_sub(fresh.read_at.elapsed());
    read_at.zip(stamp.changed.checked_add(SETTLED)).is_some_and(|(read_at, settled)| settled <= read_at)
}
