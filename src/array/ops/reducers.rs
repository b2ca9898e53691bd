//! How elements are reduced to one: sums, means, extremes, their positions, spreads, counts.

use crate::array::{ChunkedArray, Element, Number, RealElement, Summable};
use crate::error::{Error, Result};

/// Joins elements into a state, from which the result is made.
pub(crate) trait Reducer<T: Element>: Send + Sync + 'static {
    type State: Clone + Send;
    type Out: Element;
    /// The name of the result, if there is none without elements.
    const NEEDS_ELEMENTS: Option<&'static str> = None;
    /// Whether the positions of elements count.
    const NEEDS_POSITIONS: bool = false;
    /// Whether the result is a quantity of the same kind, with the same unit.
    const KEEPS_MEANING: bool = false;
    fn start(&self) -> Self::State;
    /// Adds the element at this position, counted in C order over the reduced axes.
    fn add(&self, state: &mut Self::State, x: T, at: usize);
    /// Joins the state of later elements.
    fn join(&self, state: &mut Self::State, other: Self::State);
    fn finish(&self, state: Self::State) -> Result<Self::Out>;
    /// Adds elements at consecutive positions.
    fn row(&self, state: &mut Self::State, row: &[T], at: usize) {
        for (offset, x) in row.iter().enumerate() {
            self.add(state, x.clone(), at + offset);
        }
    }
}

/// NaN, of any type that has it.
#[inline]
fn is_nan<T: Element>(x: T) -> bool {
    #[allow(clippy::eq_op, reason = "what only NaN is")]
    let differs = x != x;
    differs
}

/// The elements that a reduction passes over. Those without a value in their own type (`None`) are others.
#[derive(Clone, Debug)]
pub(crate) struct Skip<T> {
    nan: bool,
    /// The fill value, which marks missing elements.
    fill: Option<T>,
    any: bool,
}

impl<T: Element> Skip<T> {
    pub(crate) const NOTHING: Self = Self { nan: false, fill: None, any: false };

    /// The missing elements of the array.
    pub(crate) fn missing(array: &ChunkedArray<T>) -> Self {
        Self::new(false, array.fill())
    }

    /// NaN, and the missing elements of the array.
    pub(crate) fn nan_and_missing(array: &ChunkedArray<T>) -> Self {
        Self::new(true, array.fill())
    }

    fn new(nan: bool, fill: Option<T>) -> Self {
        Self { any: nan || fill.is_some(), nan, fill }
    }

    /// Whether the reduction passes over this element.
    #[inline]
    pub(crate) fn skips(&self, x: &T) -> bool {
        self.any && (self.is_missing(x) || (self.nan && is_nan(x.clone())))
    }

    #[inline]
    fn is_missing(&self, x: &T) -> bool {
        self.fill.as_ref().is_some_and(|fill| fill == x)
    }
}

/// Sums in the type of `Summable::Total`.
pub(crate) struct Sum<T> {
    pub(crate) skip: Skip<T>,
}

impl<T: Summable> Reducer<T> for Sum<T> {
    type State = T::Total;
    type Out = T::Sum;

    fn start(&self) -> T::Total {
        T::Total::default()
    }

    #[inline]
    fn add(&self, state: &mut T::Total, x: T, _: usize) {
        if !self.skip.skips(&x) {
            *state = x.add_to(*state);
        }
    }

    fn join(&self, state: &mut T::Total, other: T::Total) {
        *state = T::join(*state, other);
    }

    fn finish(&self, state: T::Total) -> Result<T::Sum> {
        T::sum(state).ok_or_else(|| Error::limit("a sum does not fit into 64 bits"))
    }

    fn row(&self, state: &mut T::Total, row: &[T], _: usize) {
        // Several running totals: the processor adds them side by side, and floats lose less.
        let mut lanes = [T::Total::default(); 8];
        let blocks = row.chunks_exact(lanes.len());
        for x in blocks.remainder() {
            self.add(state, *x, 0);
        }
        for block in blocks {
            for (lane, x) in lanes.iter_mut().zip(block) {
                self.add(lane, *x, 0);
            }
        }
        *state = lanes.into_iter().fold(*state, T::join);
    }
}

/// The total and the number of elements.
pub(crate) struct Mean<T> {
    pub(crate) skip: Skip<T>,
}

impl<T: Summable> Reducer<T> for Mean<T> {
    type State = (T::Total, usize);
    type Out = T::Mean;
    const KEEPS_MEANING: bool = true;

    fn start(&self) -> Self::State {
        (T::Total::default(), 0)
    }

    #[inline]
    fn add(&self, (total, count): &mut Self::State, x: T, _: usize) {
        if !self.skip.skips(&x) {
            *total = x.add_to(*total);
            *count += 1;
        }
    }

    fn join(&self, (total, count): &mut Self::State, other: Self::State) {
        *total = T::join(*total, other.0);
        *count += other.1;
    }

    fn finish(&self, (total, count): Self::State) -> Result<T::Mean> {
        Ok(T::mean(total, count))
    }
}

/// Which of two elements is searched for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extreme {
    Least,
    Greatest,
}

impl Extreme {
    /// Whether `x` replaces `other`. NaN replaces every number, or is passed over.
    #[inline]
    fn prefers<T: RealElement>(self, x: T, other: T, skip_nan: bool) -> bool {
        if skip_nan && is_nan(other) {
            return !is_nan(x);
        }
        if is_nan(x) {
            return !skip_nan && !is_nan(other);
        }
        match self {
            Self::Least => x < other,
            Self::Greatest => x > other,
        }
    }
}

/// The least or the greatest element.
pub(crate) struct Pick<T> {
    pub(crate) extreme: Extreme,
    pub(crate) skip: Skip<T>,
}

impl<T: RealElement> Reducer<T> for Pick<T> {
    type State = Option<T>;
    type Out = T;
    const NEEDS_ELEMENTS: Option<&'static str> = Some("minimum or maximum");
    const KEEPS_MEANING: bool = true;

    fn start(&self) -> Option<T> {
        None
    }

    #[inline]
    fn add(&self, state: &mut Option<T>, x: T, _: usize) {
        if self.skip.is_missing(&x) {
            return;
        }
        if state.is_none_or(|old| self.extreme.prefers(x, old, self.skip.nan)) {
            *state = Some(x);
        }
    }

    fn join(&self, state: &mut Option<T>, other: Option<T>) {
        if let Some(x) = other {
            self.add(state, x, 0);
        }
    }

    fn finish(&self, state: Option<T>) -> Result<T> {
        // Of missing elements alone it is missing.
        let least = state.or(self.skip.fill);
        least.ok_or_else(|| Error::invalid("the minimum or maximum of no elements"))
    }
}

/// The position of the first least or greatest element.
pub(crate) struct Position<T> {
    pub(crate) extreme: Extreme,
    pub(crate) skip: Skip<T>,
}

impl<T: RealElement> Reducer<T> for Position<T> {
    type State = Option<(T, usize)>;
    type Out = i64;
    const NEEDS_ELEMENTS: Option<&'static str> = Some("position of the minimum or maximum");
    const NEEDS_POSITIONS: bool = true;

    fn start(&self) -> Self::State {
        None
    }

    #[inline]
    fn add(&self, state: &mut Self::State, x: T, at: usize) {
        if self.skip.is_missing(&x) {
            return;
        }
        let is_better = state.is_none_or(|(old, old_at)| {
            self.extreme.prefers(x, old, self.skip.nan) || (at < old_at && (x == old || (is_nan(x) && is_nan(old))))
        });
        if is_better {
            *state = Some((x, at));
        }
    }

    fn join(&self, state: &mut Self::State, other: Self::State) {
        if let Some((x, at)) = other {
            self.add(state, x, at);
        }
    }

    fn finish(&self, state: Self::State) -> Result<i64> {
        match state {
            Some((x, at)) if !(self.skip.nan && is_nan(x)) => {
                i64::try_from(at).map_err(|_| Error::limit("a position does not fit into 64 bits"))
            }
            _ => Err(Error::invalid(
                "the position of the minimum or maximum of no elements, or of NaN and missing ones alone",
            )),
        }
    }
}

/// Count, mean and sum of the squared distances from the mean, by the methods of Welford and Chan.
#[derive(Clone, Copy, Default)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn join(&mut self, other: Self) {
        if other.count == 0.0 {
            return;
        }
        // The square of a distance from the mean of nothing may overflow.
        if self.count == 0.0 {
            *self = other;
            return;
        }
        let count = self.count + other.count;
        let distance = other.mean - self.mean;
        self.mean += distance * (other.count / count);
        self.squares += other.squares + distance * distance * (self.count * other.count / count);
        self.count = count;
    }
}

/// The variance or the standard deviation.
pub(crate) struct Spread<T> {
    pub(crate) ddof: usize,
    pub(crate) is_root: bool,
    pub(crate) skip: Skip<T>,
}

impl<T: RealElement + Number> Reducer<T> for Spread<T> {
    type State = Moments;
    type Out = f64;

    fn start(&self) -> Moments {
        Moments::default()
    }

    #[inline]
    fn add(&self, state: &mut Moments, x: T, _: usize) {
        if self.skip.skips(&x) {
            return;
        }
        let x = f64::from_value(x.to_value());
        state.count += 1.0;
        let distance = x - state.mean;
        state.mean += distance / state.count;
        state.squares += distance * (x - state.mean);
    }

    fn join(&self, state: &mut Moments, other: Moments) {
        state.join(other);
    }

    fn finish(&self, state: Moments) -> Result<f64> {
        let free = state.count - self.ddof as f64;
        let variance = if free > 0.0 { state.squares / free } else { f64::NAN };
        Ok(if self.is_root { variance.sqrt() } else { variance })
    }
}

/// Whether any element, or all of them, are not zero. Missing elements are left out.
pub(crate) struct Truth<T> {
    /// The value that decides: `true` for any, `false` for all.
    pub(crate) decides: bool,
    pub(crate) skip: Skip<T>,
}

impl<T: Element> Reducer<T> for Truth<T> {
    type State = bool;
    type Out = bool;

    fn start(&self) -> bool {
        !self.decides
    }

    #[inline]
    fn add(&self, state: &mut bool, x: T, _: usize) {
        let is_skipped = self.skip.skips(&x);
        if let Some(truth) = x.truth().filter(|_| !is_skipped) {
            self.join_one(state, truth);
        }
    }

    fn join(&self, state: &mut bool, other: bool) {
        self.join_one(state, other);
    }

    fn finish(&self, state: bool) -> Result<bool> {
        Ok(state)
    }
}

impl<T> Truth<T> {
    #[inline]
    fn join_one(&self, state: &mut bool, other: bool) {
        *state = if self.decides { *state | other } else { *state & other };
    }
}

/// The number of elements that are neither NaN nor missing.
pub(crate) struct Count<T> {
    pub(crate) skip: Skip<T>,
}

impl<T: Element> Reducer<T> for Count<T> {
    type State = i64;
    type Out = i64;

    fn start(&self) -> i64 {
        0
    }

    #[inline]
    fn add(&self, state: &mut i64, x: T, _: usize) {
        *state += i64::from(x.truth().is_some() && !self.skip.skips(&x));
    }

    fn join(&self, state: &mut i64, other: i64) {
        *state += other;
    }

    fn finish(&self, state: i64) -> Result<i64> {
        Ok(state)
    }
}
