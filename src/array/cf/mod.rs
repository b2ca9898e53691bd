//! Points in time as the CF conventions store them: numbers of a unit since a point in time.

mod units;

use super::dispatch::with_element;
use super::meta::ArrayMeta;
use super::{AnyArray, ChunkedArray, DataType};
use crate::error::{Error, Result};
use jiff::Timestamp;
use units::Since;

/// numpy's missing time, which xarray writes without a mark.
const NAT: i64 = i64::MIN;

/// The attributes that say how numbers are times.
const ATTRIBUTES: [&str; 3] = ["units", "calendar", "dtype"];

impl AnyArray {
    /// Returns the points in time of an array that another program has stored as the CF conventions say: as numbers with
    /// the attribute `units`, such as `hours since 1900-01-01`, as xarray and netCDF do. Missing elements, NaN and numpy's
    /// `NaT` are `None`. Lazy. The result has the names of the axes, and the attributes except `units` and `calendar`.
    ///
    /// An array that has points in time already is returned as it is.
    ///
    /// ```
    /// use arraystow::{AnyArray, ChunkedArray};
    /// use jiff::Timestamp;
    ///
    /// let hours = ChunkedArray::from(ndarray::array![0, 36, -1]).with_attr("units", "hours since 2026-01-01")?;
    /// let times = AnyArray::from(hours.with_fill(-1)).decode_times()?.compute()?;
    /// assert_eq!(times[[1]], Some("2026-01-02T12:00:00Z".parse::<Timestamp>()?));
    /// assert_eq!(times[[2]], None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Units are days and what is shorter. Months and years have no fixed length. Calendars are `standard` (also if there
    /// is no attribute `calendar`), `gregorian` and `proleptic_gregorian`.
    ///
    /// # Errors
    /// `InvalidInput` if the array has no such `units`, or no real numbers; `Unsupported` for other units and calendars,
    /// such as `noleap`. Computing a chunk fails for a time that is not between the years -9999 and 9999.
    pub fn decode_times(&self) -> Result<ChunkedArray<Option<Timestamp>>> {
        if let DataType::DateTime64(_) = self.data_type() {
            return self.downcast();
        }
        let no_units = || {
            Error::invalid(format!(
                "an array of {} without the attribute `units`, such as \"days since 2000-01-01\", has no points in time",
                self.data_type()
            ))
        };
        let text = |name: &str| self.attrs().get(name).and_then(|attr| attr.as_str());
        let since = Since::parse(text("units").ok_or_else(no_units)?, text("calendar"))?;
        let times = match self.data_type() {
            DataType::Float16 | DataType::BFloat16 | DataType::Float32 | DataType::Float64 => {
                let counts = self.as_type::<f64>()?;
                let fill = counts.fill();
                counts.try_map(move |count| {
                    let is_missing = count.is_nan() || Some(count) == fill;
                    if is_missing { Ok(None) } else { since.at_float(count).map(Some) }
                })
            }
            _ => {
                let counts = self.as_type::<i64>()?;
                let fill = counts.fill();
                counts.try_map(move |count| {
                    let is_missing = count == NAT || Some(count) == fill;
                    if is_missing { Ok(None) } else { since.at(count).map(Some) }
                })
            }
        };
        let labels = ATTRIBUTES
            .iter()
            .fold(self.erased().meta().labels.with_fill(None), |labels, name| labels.without_attr(name));
        Ok(times.chosen(ArrayMeta::of_labels(labels)))
    }

    /// The numbers as another type.
    fn as_type<U: super::Number>(&self) -> Result<ChunkedArray<U>> {
        let data_type = self.data_type();
        let no_times = || Error::invalid(format!("an array of {data_type} has no points in time"));
        if let DataType::Bool | DataType::Complex64 | DataType::Complex128 = data_type {
            return Err(no_times());
        }
        with_element!(data_type, T => self.typed::<T>()?.astype(), else => Err(no_times()))
    }
}
