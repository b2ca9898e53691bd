//! Pictures in a terminal: cells as half blocks in colour, lines as braille.

use super::axis::{Axis, number, ticks};
use super::colour::{Limits, Rgb, Scale};
use super::read::{Cells, Range};
use super::{Plot, Shown};
use crate::fault::Outcome;
use crate::numbers::Bin;
use anstyle::{Color, RgbColor, Style};
use clap::ValueEnum;
use std::io::{IsTerminal, Write};

/// Which colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colours {
    /// By the environment: none if stdout is not a terminal or NO_COLOR is set, 24 bits by COLORTERM, otherwise 256.
    Auto,
    /// 24 bits.
    True,
    /// A palette of 256.
    #[value(name = "256")]
    Palette,
    /// Shades instead of colours.
    None,
}

impl Colours {
    /// What `auto` stands for.
    pub(crate) fn resolved(self) -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        match self {
            Self::Auto if !std::io::stdout().is_terminal() || !variable("NO_COLOR").is_empty() => Self::None,
            Self::Auto if ["truecolor", "24bit"].contains(&variable("COLORTERM").as_str()) => Self::True,
            Self::Auto if variable("TERM") == "dumb" => Self::None,
            Self::Auto => Self::Palette,
            chosen => chosen,
        }
    }

    fn colour(self, [red, green, blue]: Rgb) -> Color {
        let colour = RgbColor(red, green, blue);
        if self == Self::True { colour.into() } else { anstyle_lossy::rgb_to_xterm(colour).into() }
    }
}

/// The room that a terminal has for a picture.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) columns: usize,
    pub(crate) lines: usize,
    pub(crate) colours: Colours,
}

/// Columns at the left of a picture, for numbers.
const MARGIN: usize = 11;
/// Dots of a character of braille.
const DOTS: (usize, usize) = (2, 4);

impl Screen {
    /// Columns and lines of the picture itself.
    fn room(self) -> (usize, usize) {
        (self.columns.saturating_sub(MARGIN + 1).max(8), self.lines.saturating_sub(5).max(4))
    }

    /// Columns and rows of the cells of an array. Cells are square, unless the array is very long.
    pub(crate) fn cells(self, rows: usize, columns: usize) -> (usize, usize) {
        let (width, lines) = self.room();
        // A character without colour has one cell, of twice the height.
        fit(rows, columns, 2 * lines, width)
    }

    /// Intervals of a line.
    pub(crate) fn dots(self) -> usize {
        self.room().0 * DOTS.0
    }

    /// Draws a plot.
    pub(crate) fn draw(self, plot: &Plot, out: &mut impl Write) -> Outcome<()> {
        writeln!(out, "{}", plot.title)?;
        match &plot.shown {
            Shown::Cells { cells, axes, scale } => self.draw_cells(cells, axes, scale, &plot.quantity, out),
            Shown::Line { line, axis, limits } => self.draw_line(&line.ranges, axis, *limits, &plot.quantity, out),
            Shown::Bins(bins) => draw_bins(bins, self.columns, out),
        }
    }

    fn draw_cells(
        self,
        cells: &Cells,
        axes: &[Axis; 2],
        scale: &Scale,
        quantity: &str,
        out: &mut impl Write,
    ) -> Outcome<()> {
        let (height, width) = self.cells(axes[0].len, axes[1].len);
        let height = height.next_multiple_of(2);
        let labels = places(&axes[0].ticks((height / 6).max(2)), height / 2);
        for (line, label) in labels.iter().enumerate() {
            write!(out, "{label:>MARGIN$} ")?;
            for column in 0..width {
                let at = |row: usize| cells.at(row, height, column, width);
                self.cell(at(2 * line), at(2 * line + 1), scale, out)?;
            }
            writeln!(out)?;
        }
        self.below(&axes[1], width, out)?;
        self.bar(scale, quantity, width, out)?;
        if cells.counts.nan > 0 {
            write!(out, "{:MARGIN$} ", "")?;
            self.cell(f64::NAN, f64::NAN, scale, out)?;
            writeln!(out, " NaN or missing: {} of {} elements", cells.counts.nan, cells.counts.elements)?;
        }
        Ok(())
    }

    /// One character with two cells, the upper and the lower one.
    fn cell(self, upper: f64, lower: f64, scale: &Scale, out: &mut impl Write) -> Outcome<()> {
        if self.colours == Colours::None {
            let known = [upper, lower].map(|number| if number.is_nan() { None } else { Some(number) });
            let mean = match known {
                [Some(upper), Some(lower)] => upper / 2.0 + lower / 2.0,
                [Some(one), None] | [None, Some(one)] => one,
                [None, None] => return Ok(write!(out, "?")?),
            };
            return Ok(write!(out, "{}", shade(scale.limits.place(mean)))?);
        }
        let [upper, lower] = [upper, lower].map(|number| self.colours.colour(scale.colour(number)));
        let style = Style::new().fg_color(Some(upper)).bg_color(Some(lower));
        Ok(write!(out, "{style}▀{style:#}")?)
    }

    /// The numbers below a picture, and the axis' name.
    fn below(self, axis: &Axis, width: usize, out: &mut impl Write) -> Outcome<()> {
        let mut text = vec![' '; width + MARGIN];
        let mut free = 0;
        for (place, tick) in axis.ticks((width / 12).max(2)) {
            let middle = (place * (width - 1) as f64).round() as usize;
            let start = middle.saturating_sub(tick.chars().count() / 2);
            if start >= free && start + tick.chars().count() <= text.len() {
                free = start + tick.chars().count() + 1;
                text.splice(start..free - 1, tick.chars());
            }
        }
        let text: String = text.into_iter().collect();
        writeln!(out, "{:MARGIN$} {}", "", text.trim_end())?;
        writeln!(out, "{:MARGIN$} {:^width$}", "", axis.name)?;
        Ok(())
    }

    /// The colours and their numbers.
    fn bar(self, scale: &Scale, quantity: &str, width: usize, out: &mut impl Write) -> Outcome<()> {
        let Limits { low, high } = scale.limits;
        let steps = width.min(32);
        write!(out, "{:>MARGIN$} ", number(low))?;
        for step in 0..steps {
            let number = low + (high - low) * (step as f64 / (steps - 1) as f64);
            self.cell(number, number, scale, out)?;
        }
        writeln!(out, " {} {quantity}", number(high))?;
        Ok(())
    }

    fn draw_line(
        self,
        ranges: &[Range],
        axis: &Axis,
        limits: Limits,
        quantity: &str,
        out: &mut impl Write,
    ) -> Outcome<()> {
        let (width, lines) = self.room();
        let dots = dots(ranges, limits, width * DOTS.0, lines * DOTS.1);
        let mut ticks = ticks(limits.low, limits.high, (lines / 2).max(2));
        ticks.iter_mut().for_each(|(value, _)| *value = 1.0 - limits.place(*value));
        let labels = places(&ticks, lines);
        if !quantity.is_empty() {
            writeln!(out, "{quantity}")?;
        }
        for (line, label) in labels.iter().enumerate() {
            write!(out, "{label:>MARGIN$} ")?;
            let text: String = (0..width).map(|column| braille(&dots, width * DOTS.0, column, line)).collect();
            writeln!(out, "{}", text.trim_end())?;
        }
        self.below(axis, width, out)
    }
}

/// The shade of a place from 0 to 1.
fn shade(place: f64) -> char {
    const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
    SHADES[((place * 5.0) as usize).min(4)]
}

/// Rows and columns of a picture within the given room.
pub(super) fn fit(rows: usize, columns: usize, most_rows: usize, most_columns: usize) -> (usize, usize) {
    const LONGEST: f64 = 8.0;
    let (rows, columns) = (rows.max(1) as f64, columns.max(1) as f64);
    if rows / columns > LONGEST || columns / rows > LONGEST {
        return (most_rows, most_columns);
    }
    let scale = (most_rows as f64 / rows).min(most_columns as f64 / columns);
    let scaled = |len: f64, most: usize| ((len * scale).round() as usize).clamp(1, most);
    (scaled(rows, most_rows), scaled(columns, most_columns))
}

/// The texts of the lines that have ticks.
fn places(ticks: &[(f64, String)], lines: usize) -> Vec<String> {
    let mut labels = vec![String::new(); lines];
    for (place, text) in ticks {
        let line = (place * (lines - 1) as f64).round().clamp(0.0, (lines - 1) as f64) as usize;
        labels[line].clone_from(text);
    }
    labels
}

/// Draws a line into a grid of dots: each interval from its smallest to its largest number, and from one to the next.
fn dots(ranges: &[Range], limits: Limits, width: usize, height: usize) -> Vec<bool> {
    let mut dots = vec![false; width * height];
    let row = |number: f64| ((1.0 - limits.place(number)) * (height - 1) as f64).round() as usize;
    let column = |at: usize| if ranges.len() < 2 { 0 } else { at * (width - 1) / (ranges.len() - 1) };
    let mut draw = |column: usize, one: usize, other: usize| {
        (one.min(other)..=one.max(other)).for_each(|row| dots[row * width + column] = true);
    };
    let mut before: Option<(usize, usize)> = None;
    for (at, range) in ranges.iter().enumerate() {
        let here = column(at);
        let Some((low, high)) = range.map(|(low, high)| (row(low), row(high))) else {
            before = None;
            continue;
        };
        draw(here, low, high);
        if let Some((start, from)) = before {
            // To the nearer end of the interval.
            let to = from.clamp(high, low);
            let mut last = from;
            for step in start + 1..=here {
                let part = (step - start) as f64 / (here - start) as f64;
                let next = (from as f64 + (to as f64 - from as f64) * part).round() as usize;
                draw(step, last, next);
                last = next;
            }
        }
        before = Some((here, if low == high { low } else { (low + high) / 2 }));
    }
    dots
}

/// A character of braille.
fn braille(dots: &[bool], width: usize, column: usize, line: usize) -> char {
    const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let mut bits = 0;
    for (y, row) in BITS.iter().enumerate() {
        for (x, bit) in row.iter().enumerate() {
            if dots[(line * DOTS.1 + y) * width + column * DOTS.0 + x] {
                bits |= bit;
            }
        }
    }
    if bits == 0 { ' ' } else { char::from_u32(0x2800 + bits).unwrap_or(' ') }
}

/// A line for each interval, with a bar.
pub(crate) fn draw_bins(bins: &[Bin], columns: usize, out: &mut impl Write) -> Outcome<()> {
    let width = columns.saturating_sub(45).clamp(10, 80);
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1);
    for Bin { from, to, count } in bins {
        let bar = "█".repeat((*count as f64 / most as f64 * width as f64).round() as usize);
        writeln!(out, "{from:>12.5e} .. {to:>12.5e}  {bar:width$}  {count}")?;
    }
    Ok(())
}
