//! Pictures as files, PNG and SVG, and as what a terminal shows.

use super::axis::{Axis, ticks};
use super::colour::{Limits, Map, Rgb, Scale};
use super::inline::{kitty, sixel};
use super::read::{Cells, Range};
use super::text::fit;
use super::{Plot, Shown};
use crate::fault::{Fault, Outcome};
use crate::numbers::Bin;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, register_font};

/// The format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Svg,
    Kitty,
    Sixel,
}

/// A rectangle of pixels, filled with an image.
struct Raster {
    frame: Frame,
    rows: usize,
    columns: usize,
    /// In C order.
    pixels: Vec<Rgb>,
}

/// A rectangle of pixels.
#[derive(Clone, Copy)]
struct Frame {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
}

impl Frame {
    /// The pixel at a place from 0 to 1, from the left and from the top.
    fn x(self, place: f64) -> i32 {
        self.left + (place * f64::from(self.width - 1)).round() as i32
    }

    fn y(self, place: f64) -> i32 {
        self.top + (place * f64::from(self.height - 1)).round() as i32
    }

    /// The middle of an element of an axis, by its place.
    fn middle(len: usize) -> impl Fn(f64) -> f64 {
        let len = len.max(1) as f64;
        move |place| (0.5 + place * (len - 1.0)) / len
    }
}

const LINE: RGBColor = RGBColor(31, 119, 180);
const TEXT: i32 = 14;
/// Around a picture: left, top, right, bottom.
const MARGINS: [i32; 4] = [90, 44, 28, 56];
/// At the right of an array of cells, for the colours.
const BAR: i32 = 110;

/// The rows and columns of pixels that are drawn where no size was chosen.
pub(crate) const LARGE: (usize, usize) = (700, 732);

/// The size of a picture where none was chosen; that of an array of cells fits its shape.
pub(crate) fn size(shape: Option<(usize, usize)>, (most_rows, most_columns): (usize, usize)) -> (u32, u32) {
    let line = (most_columns * 3 / 4, most_columns + BAR as usize);
    let (rows, columns) = shape.map_or(line, |(rows, columns)| fit(rows, columns, most_rows, most_columns));
    let [left, top, right, bottom] = MARGINS;
    let right = right + if shape.is_some() { BAR } else { 0 };
    ((left + right) as u32 + columns.max(240) as u32, (top + bottom) as u32 + rows.max(120) as u32)
}

/// The largest picture of an array of cells: rows and columns of its pixels.
pub(crate) fn cells((width, height): (u32, u32)) -> (usize, usize) {
    let frame = inner(width, height, BAR);
    (frame.height as usize, frame.width as usize)
}

fn inner(width: u32, height: u32, right: i32) -> Frame {
    let [left, top, ..] = MARGINS;
    let (width, height) = (width as i32 - left - MARGINS[2] - right, height as i32 - top - MARGINS[3]);
    Frame { left, top, width: width.max(16), height: height.max(16) }
}

/// Draws a plot as pixels, in C order.
fn pixels(plot: &Plot, (width, height): (u32, u32)) -> Outcome<Vec<u8>> {
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let rasters = draw_on(&BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area(), plot)?;
    rasters.iter().for_each(|raster| raster.paint(&mut pixels, width as usize));
    Ok(pixels)
}

/// Draws a plot as a file's bytes, or as those of a terminal.
pub(crate) fn draw(plot: &Plot, format: Format, (width, height): (u32, u32)) -> Outcome<Vec<u8>> {
    static FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
    register_font("sans-serif", FontStyle::Normal, FONT).map_err(|_| Fault::Other("the font is damaged".to_owned()))?;
    match format {
        Format::Png => png(&pixels(plot, (width, height))?, width, height),
        Format::Kitty => Ok(kitty(&png(&pixels(plot, (width, height))?, width, height)?)),
        Format::Sixel => Ok(sixel(pixels(plot, (width, height))?.as_chunks().0, width as usize)),
        Format::Svg => {
            let mut text = String::new();
            let rasters = draw_on(&SVGBackend::with_string(&mut text, (width, height)).into_drawing_area(), plot)?;
            let images = rasters.iter().map(Raster::svg).collect::<Outcome<String>>()?;
            // Before the first thing that is drawn on the background.
            let end = text.find("/>").map_or(0, |at| at + 2);
            text.insert_str(end, &images);
            let fonts = "font-family=\"DejaVu Sans, Verdana, sans-serif\"";
            Ok(text.replace("font-family=\"sans-serif\"", fonts).into_bytes())
        }
    }
}

/// The colours of a map from left to right, as a PNG file.
pub(crate) fn bar(map: Map) -> Outcome<Vec<u8>> {
    let pixels: Vec<Rgb> = (0..256).map(|place| map.colour(f64::from(place) / 255.0)).collect();
    png(pixels.as_flattened(), 256, 1)
}

/// Pixels as a PNG file.
pub(crate) fn png(pixels: &[u8], width: u32, height: u32) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let fault = |error: png::EncodingError| Fault::Other(error.to_string());
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(pixels).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(bytes)
}

impl Raster {
    fn paint(&self, pixels: &mut [u8], width: usize) {
        let Frame { left, top, width: columns, height: rows } = self.frame;
        for y in 0..rows as usize {
            for x in 0..columns as usize {
                let (row, column) = (y * self.rows / rows as usize, x * self.columns / columns as usize);
                let at = 3 * ((top as usize + y) * width + left as usize + x);
                if let Some(pixel) = pixels.get_mut(at..at + 3) {
                    pixel.copy_from_slice(&self.pixels[row * self.columns + column]);
                }
            }
        }
    }

    fn svg(&self) -> Outcome<String> {
        let Frame { left, top, width, height } = self.frame;
        let image = STANDARD.encode(png(self.pixels.as_flattened(), self.columns as u32, self.rows as u32)?);
        Ok(format!(
            "\n<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{image}\"/>"
        ))
    }
}

/// A place for drawing; its methods are those of every backend.
struct Canvas<'a, B: DrawingBackend>(&'a DrawingArea<B, Shift>);

fn draw_on<B: DrawingBackend>(root: &DrawingArea<B, Shift>, plot: &Plot) -> Outcome<Vec<Raster>> {
    root.fill(&WHITE).map_err(|error| Fault::Other(error.to_string()))?;
    let (width, height) = root.dim_in_pixel();
    let canvas = Canvas(root);
    let rasters = match &plot.shown {
        Shown::Cells { cells, axes, scale } => {
            let frame = inner(width, height, BAR);
            canvas.cells(plot, cells, axes, scale, frame)?
        }
        Shown::Line { line, axis, limits } => {
            canvas.line(plot, &line.ranges, axis, *limits, inner(width, height, 0))?
        }
        Shown::Bins(bins) => canvas.bins(plot, bins, inner(width, height, 0))?,
    };
    root.present().map_err(|error| Fault::Other(error.to_string()))?;
    Ok(rasters)
}

impl<B: DrawingBackend> Canvas<'_, B> {
    fn cells(&self, plot: &Plot, cells: &Cells, axes: &[Axis; 2], scale: &Scale, room: Frame) -> Outcome<Vec<Raster>> {
        let (height, width) = fit(axes[0].len, axes[1].len, room.height as usize, room.width as usize);
        let frame = Frame { height: height.max(2) as i32, width: width.max(2) as i32, ..room };
        let pixels = cells.means.iter().map(|number| scale.colour(*number)).collect();
        let picture = Raster { frame, rows: cells.rows, columns: cells.columns, pixels };

        self.text(&plot.title, (frame.x(0.5), frame.top - 14), HPos::Center, VPos::Bottom, false)?;
        let (x, y) = (Frame::middle(axes[1].len), Frame::middle(axes[0].len));
        let columns = axes[1].ticks((frame.width / 70).max(2) as usize);
        self.below(frame, &columns.into_iter().map(|(at, text)| (x(at), text)).collect::<Vec<_>>(), &axes[1].name)?;
        let rows = axes[0].ticks((frame.height / 30).max(3) as usize);
        self.beside(frame, &rows.into_iter().map(|(at, text)| (y(at), text)).collect::<Vec<_>>(), &axes[0].name)?;
        self.frame(frame)?;
        Ok(vec![picture, self.bar(plot, cells, scale, frame, room)?])
    }

    /// The colours, at the right of the cells.
    fn bar(&self, plot: &Plot, cells: &Cells, scale: &Scale, frame: Frame, room: Frame) -> Outcome<Raster> {
        let height = frame.height.max(80).min(room.height);
        let bar = Frame { left: frame.left + frame.width + 24, top: frame.top, width: 18, height };
        let steps = height as usize;
        let pixels = (0..steps).map(|step| scale.map.colour(1.0 - step as f64 / (steps - 1).max(1) as f64)).collect();
        let Limits { low, high } = scale.limits;
        for (value, text) in ticks(low, high, (height / 30).max(3) as usize) {
            let y = bar.y(1.0 - scale.limits.place(value));
            self.path(&[(bar.left + bar.width, y), (bar.left + bar.width + 4, y)], BLACK)?;
            self.text(&text, (bar.left + bar.width + 8, y), HPos::Left, VPos::Center, false)?;
        }
        let side = (bar.left + bar.width + 68, bar.y(0.5));
        self.text(&plot.quantity, side, HPos::Center, VPos::Center, true)?;
        if cells.counts.nan > 0 {
            let [red, green, blue] = scale.map.without_number();
            let top = bar.top + bar.height + 12;
            let swatch = [(bar.left, top), (bar.left + bar.width, top + 12)];
            let swatch = Rectangle::new(swatch, RGBColor(red, green, blue).filled());
            self.0.draw(&swatch).map_err(|error| Fault::Other(error.to_string()))?;
            self.text("NaN", (bar.left + bar.width + 8, top + 6), HPos::Left, VPos::Center, false)?;
        }
        self.frame(bar)?;
        Ok(Raster { frame: bar, rows: steps, columns: 1, pixels })
    }

    fn line(&self, plot: &Plot, ranges: &[Range], axis: &Axis, limits: Limits, frame: Frame) -> Outcome<Vec<Raster>> {
        self.text(&plot.title, (frame.x(0.5), frame.top - 14), HPos::Center, VPos::Bottom, false)?;
        self.below(frame, &axis.ticks((frame.width / 70).max(2) as usize), &axis.name)?;
        self.numbers(frame, limits, &plot.quantity)?;
        self.frame(frame)?;
        let x = |at: usize| frame.x(if ranges.len() < 2 { 0.5 } else { at as f64 / (ranges.len() - 1) as f64 });
        let y = |number: f64| frame.y(1.0 - limits.place(number));
        let indices: Vec<usize> = (0..ranges.len()).collect();
        // A line ends where numbers are missing.
        for part in indices.chunk_by(|one, other| ranges[*one].is_some() == ranges[*other].is_some()) {
            let ends = part.iter().filter_map(|at| ranges[*at].map(|range| (x(*at), range)));
            let mut points: Vec<(i32, i32)> = ends.flat_map(|(x, (low, high))| [(x, y(low)), (x, y(high))]).collect();
            points.dedup();
            if let [(x, y)] = points[..] {
                points = vec![(x - 2, y), (x + 2, y)];
            }
            if !points.is_empty() {
                self.path(&points, LINE)?;
            }
        }
        Ok(Vec::new())
    }

    fn bins(&self, plot: &Plot, bins: &[Bin], frame: Frame) -> Outcome<Vec<Raster>> {
        let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1);
        let (low, high) = (bins.first().map_or(0.0, |bin| bin.from), bins.last().map_or(0.0, |bin| bin.to));
        self.text(&plot.title, (frame.x(0.5), frame.top - 14), HPos::Center, VPos::Bottom, false)?;
        for (at, bin) in bins.iter().enumerate() {
            let place = |at: usize| frame.x(at as f64 / bins.len() as f64);
            let corners = [(place(at), frame.y(1.0 - bin.count as f64 / most as f64)), (place(at + 1), frame.y(1.0))];
            let bar = Rectangle::new(corners, LINE.filled());
            self.0.draw(&bar).map_err(|error| Fault::Other(error.to_string()))?;
        }
        let axis = Axis { name: plot.quantity.clone(), len: bins.len(), first: low, last: high };
        self.below(frame, &axis.ticks((frame.width / 90).max(2) as usize), &axis.name)?;
        self.numbers(frame, Limits { low: 0.0, high: most as f64 }, "elements")?;
        self.frame(frame)?;
        Ok(Vec::new())
    }

    /// An axis of numbers at the left.
    fn numbers(&self, frame: Frame, limits: Limits, name: &str) -> Outcome<()> {
        let ticks = ticks(limits.low, limits.high, (frame.height / 30).max(3) as usize);
        let places: Vec<_> = ticks.into_iter().map(|(value, text)| (1.0 - limits.place(value), text)).collect();
        self.beside(frame, &places, name)
    }

    fn below(&self, frame: Frame, ticks: &[(f64, String)], name: &str) -> Outcome<()> {
        let bottom = frame.top + frame.height;
        for (place, text) in ticks {
            let x = frame.x(*place);
            self.path(&[(x, bottom), (x, bottom + 4)], BLACK)?;
            self.text(text, (x, bottom + 7), HPos::Center, VPos::Top, false)?;
        }
        self.text(name, (frame.x(0.5), bottom + 28), HPos::Center, VPos::Top, false)
    }

    fn beside(&self, frame: Frame, ticks: &[(f64, String)], name: &str) -> Outcome<()> {
        for (place, text) in ticks {
            let y = frame.y(*place);
            self.path(&[(frame.left - 5, y), (frame.left - 1, y)], BLACK)?;
            self.text(text, (frame.left - 8, y), HPos::Right, VPos::Center, false)?;
        }
        self.text(name, (frame.left - 72, frame.y(0.5)), HPos::Center, VPos::Center, true)
    }

    fn frame(&self, Frame { left, top, width, height }: Frame) -> Outcome<()> {
        let (right, bottom) = (left + width, top + height);
        let corners = [(left - 1, top - 1), (right, top - 1), (right, bottom), (left - 1, bottom), (left - 1, top - 1)];
        self.path(&corners, BLACK)
    }

    fn path(&self, points: &[(i32, i32)], colour: RGBColor) -> Outcome<()> {
        let path = PathElement::new(points.to_vec(), colour);
        self.0.draw(&path).map_err(|error| Fault::Other(error.to_string()))
    }

    /// A text at a place; turned, it runs upwards.
    fn text(&self, text: &str, at: (i32, i32), x: HPos, y: VPos, turned: bool) -> Outcome<()> {
        if text.is_empty() {
            return Ok(());
        }
        let font = ("sans-serif", TEXT).into_font();
        let font = if turned { font.transform(FontTransform::Rotate270) } else { font };
        let style = font.color(&BLACK).pos(Pos::new(x, y));
        self.0.draw_text(text, &style, at).map_err(|error| Fault::Other(error.to_string()))
    }
}
