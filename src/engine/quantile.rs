//! Exact quantiles of arrays that do not fit into memory.
//!
//! Numbers become integers of the same order. One pass counts how many have the same leading bits, so the leading bits
//! of the wanted ones are known; the next pass counts the following bits of those that share them. As soon as few
//! enough share them, they are gathered and sorted.

use super::compute::no_elements;
use super::skip_nan::SkipNan;
use crate::array::{ChunkedArray, Element, Number, RealElement, Skip, distance, key, key_bits, number_of};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use ndarray::Array1;
use std::collections::BTreeMap;

/// The most numbers that are sorted in memory.
const MOST_SORTED: usize = 1 << 20;

/// The most bits that one pass counts.
const PASS_BITS: u32 = 16;

/// The logarithm of the most counts of one pass.
const COUNTS_BITS: u32 = 20;

impl<T: RealElement + Number> ChunkedArray<T> {
    /// Returns the quantiles of all elements, in `f64`, each from 0 (the minimum) to 1 (the maximum):
    /// `quantile(&[0.5])?[0]` is the median. They are exact, and interpolated linearly between two elements, as in
    /// numpy. They are NaN if an element is NaN; see [`skip_nan`](Self::skip_nan).
    ///
    /// Arrays of up to 1 Mi elements are read once. Larger ones are read once for each 16 bits of an element: `u8` and
    /// `f16` once, `f32` twice, `f64` up to four times, and more often only for more than 16 quantiles at a time. A
    /// pass takes at most 8 MiB for each thread, besides the chunks.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..=10), &[4])?;
    /// assert_eq!(array.quantile(&[0.5, 0.25])?, ndarray::array![5.0, 2.5]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the array has no elements, or if a quantile is not between 0 and 1; any error of reading or
    /// computing a chunk.
    pub fn quantile(&self, quantiles: &[f64]) -> Result<Array1<f64>> {
        quantiles_of(self, quantiles, None)
    }
}

impl<T: RealElement + Number> SkipNan<T> {
    /// Returns the quantiles, as [`ChunkedArray::quantile`]. They are NaN if all elements are skipped.
    ///
    /// # Errors
    /// As for [`ChunkedArray::quantile`].
    pub fn quantile(&self, quantiles: &[f64]) -> Result<Array1<f64>> {
        quantiles_of(self.array(), quantiles, Some(self.skip()))
    }
}

fn quantiles_of<T: RealElement + Number>(
    array: &ChunkedArray<T>,
    quantiles: &[f64],
    skip: Option<Skip<T>>,
) -> Result<Array1<f64>> {
    if let Some(q) = quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
        return Err(Error::invalid(format!("the quantile {q} is not from 0 to 1")));
    }
    if array.is_empty() {
        return Err(no_elements("quantile"));
    }
    let may_skip = skip.is_some();
    let mut search = Search::new(array, skip.unwrap_or(Skip::NOTHING));
    let first = if array.len() <= MOST_SORTED { Pass::Sorted(search.gather()?) } else { search.count()? };
    let (numbers, missing) = first.lens(array.len());
    if numbers == 0 || (missing > 0 && !may_skip) {
        return Ok(Array1::from_elem(quantiles.len(), f64::NAN));
    }
    let last = numbers - 1;
    let places: Vec<(usize, usize, f64)> = quantiles
        .iter()
        .map(|q| {
            let at = last as f64 * q;
            let low = (at.floor() as usize).min(last);
            (low, (low + 1).min(last), at - at.floor())
        })
        .collect();
    let ranks = places.iter().flat_map(|(low, high, _)| [*low, *high]);
    let keys = search.keys(first, ranks)?;
    let key_at = |rank: &usize| keys.get(rank).copied().unwrap_or_default();
    Ok(places.iter().map(|(low, high, part)| between::<T>(key_at(low), key_at(high), *part)).collect())
}

/// The number at this part of the way from one to another, as numpy interpolates.
fn between<T: Number>(low: u64, high: u64, part: f64) -> f64 {
    let (a, b) = (number_of::<T>(low), number_of::<T>(high));
    // Infinite numbers have no distance.
    if low == high || part == 0.0 {
        return a;
    }
    let distance = distance::<T>(low, high);
    if part >= 0.5 { b - distance * (1.0 - part) } else { a + distance * part }
}

/// What a pass over the array has found of the numbers that share the leading bits.
enum Pass {
    /// Their keys, in order.
    Sorted(Vec<u64>),
    /// How often each value of the following bits comes, for each of the leading bits one after the other.
    Counts { bits: u32, counts: Vec<u64> },
}

impl Pass {
    /// The number of numbers, and of skipped elements and NaN, in an array of this many elements.
    fn lens(&self, elements: usize) -> (usize, usize) {
        let numbers = match self {
            Self::Sorted(keys) => keys.len(),
            Self::Counts { counts, .. } => counts.iter().map(|count| *count as usize).sum(),
        };
        (numbers, elements.saturating_sub(numbers))
    }
}

/// Narrows down which numbers are wanted, pass by pass.
struct Search<'a, T: Element> {
    array: &'a ChunkedArray<T>,
    skip: Skip<T>,
    /// The number of leading bits that are known.
    known: u32,
    /// The leading bits of the wanted numbers, in order, each with the number of smaller numbers.
    leading: Vec<(u64, u64)>,
    /// How many numbers share one of the leading bits.
    sharing: usize,
}

impl<'a, T: RealElement + Number> Search<'a, T> {
    fn new(array: &'a ChunkedArray<T>, skip: Skip<T>) -> Self {
        Self { array, skip, known: 0, leading: vec![(0, 0)], sharing: array.len() }
    }

    /// The place of a number among the leading bits, and its key.
    #[inline]
    fn place(&self, x: T) -> Option<(usize, u64)> {
        let key = key(x).filter(|_| !self.skip.skips(&x))?;
        let leading = key.checked_shr(key_bits::<T>() - self.known).unwrap_or(0);
        let place = match self.leading.as_slice() {
            [(only, _)] => (leading == *only).then_some(0),
            several => several.binary_search_by_key(&leading, |(leading, _)| *leading).ok(),
        };
        Some((place?, key))
    }

    /// A pass that counts the following bits.
    fn count(&self) -> Result<Pass> {
        let left = key_bits::<T>() - self.known;
        let places = usize::BITS - (self.leading.len() - 1).leading_zeros();
        let bits = COUNTS_BITS.saturating_sub(places).clamp(1, PASS_BITS).min(left);
        let counts = self.array.tally(self.leading.len() << bits, |x| {
            let (place, key) = self.place(x)?;
            let following = (key >> (left - bits)) & ((1 << bits) - 1);
            Some((place << bits) | following as usize)
        })?;
        Ok(Pass::Counts { bits, counts })
    }

    /// A pass that gathers the numbers that share the leading bits.
    fn gather(&self) -> Result<Vec<u64>> {
        let keys = Mutex::new(Vec::new());
        self.array.each_chunk(|_, _, elements| {
            let own: Vec<u64> = elements.iter().filter_map(|x| self.place(*x)).map(|(_, key)| key).collect();
            let mut keys = keys.lock();
            // More than were counted: the elements have changed, and are not what is wanted.
            let room = self.sharing.saturating_sub(keys.len());
            keys.extend(own.into_iter().take(room));
        })?;
        let mut keys = keys.into_inner();
        keys.sort_unstable();
        Ok(keys)
    }

    /// The keys of the numbers at these ranks. Begins with the first pass.
    fn keys(&mut self, first: Pass, ranks: impl Iterator<Item = usize>) -> Result<BTreeMap<usize, u64>> {
        let mut keys: BTreeMap<usize, u64> = ranks.map(|rank| (rank, 0)).collect();
        let mut pass = first;
        loop {
            match pass {
                Pass::Sorted(sorted) => {
                    for (rank, key) in &mut keys {
                        *key = self.sorted_key(&sorted, *rank).ok_or_else(changed)?;
                    }
                    return Ok(keys);
                }
                Pass::Counts { bits, counts } => self.narrow(bits, &counts, &mut keys)?,
            }
            if self.known == key_bits::<T>() {
                return Ok(keys);
            }
            pass = if self.sharing <= MOST_SORTED { Pass::Sorted(self.gather()?) } else { self.count()? };
        }
    }

    /// The key at a rank, among the sorted ones that share the leading bits.
    fn sorted_key(&self, sorted: &[u64], rank: usize) -> Option<u64> {
        let place = self.leading.partition_point(|(_, smaller)| *smaller <= rank as u64).checked_sub(1)?;
        let (leading, smaller) = self.leading[place];
        let shift = key_bits::<T>() - self.known;
        let first = sorted.partition_point(|key| key.checked_shr(shift).unwrap_or(0) < leading);
        sorted.get(first + rank.checked_sub(usize::try_from(smaller).ok()?)?).copied()
    }

    /// Learns the following bits of the keys from their counts.
    fn narrow(&mut self, bits: u32, counts: &[u64], keys: &mut BTreeMap<usize, u64>) -> Result<()> {
        let mut leading: Vec<(u64, u64)> = Vec::new();
        self.sharing = 0;
        let mut wanted = keys.iter_mut().peekable();
        for ((known, smaller), counts) in self.leading.iter().zip(counts.chunks_exact(1 << bits)) {
            let mut smaller = *smaller;
            for (following, count) in counts.iter().enumerate() {
                let end = smaller + count;
                let value = (known << bits) | following as u64;
                let mut is_wanted = false;
                while let Some((_, key)) = wanted.next_if(|(rank, _)| (smaller..end).contains(&(**rank as u64))) {
                    *key = value;
                    is_wanted = true;
                }
                if is_wanted {
                    leading.push((value, smaller));
                    self.sharing = self.sharing.saturating_add(usize::try_from(*count).unwrap_or(usize::MAX));
                }
                smaller = end;
            }
        }
        if wanted.next().is_some() {
            return Err(changed());
        }
        (self.leading, self.known) = (leading, self.known + bits);
        Ok(())
    }
}

/// The error of a source that gives other elements each time.
fn changed() -> Error {
    Error::invalid("the elements changed while the quantiles were computed: a chunk must always have the same elements")
}
