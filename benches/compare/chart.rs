//! The ratios as a chart.

use crate::cases::Case;
use crate::process::{Measured, Side};
use crate::report::times;
use crate::timing::Outcome;
use plotters::prelude::*;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.svg");

/// Draws, for each case and each other side, how many times as long as that side arraystow takes.
pub(crate) fn write(results: &[(&Case, Vec<(Side, Measured)>)]) -> Outcome<()> {
    let mut bars = Vec::new();
    for (case, results) in results {
        for (side, measured) in results.iter().skip(1) {
            bars.extend(
                times(results, *measured).map(|times| (format!("{} / {}", case.name, side.name()), *side, times)),
            );
        }
    }
    let height = 60 + 16 * bars.len() as u32;
    let area = SVGBackend::new(CHART, (900, height)).into_drawing_area();
    area.fill(&WHITE)?;
    // From an eighth to eight times, in powers of two.
    let mut chart = ChartBuilder::on(&area)
        .caption("time of arraystow, in times of the other", ("sans-serif", 16))
        .margin(10)
        .x_label_area_size(24)
        .y_label_area_size(260)
        .build_cartesian_2d(-3.0..3.0, 0.0..bars.len() as f64)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .x_labels(7)
        .x_label_formatter(&|x: &f64| format!("{} x", x.exp2()))
        .draw()?;
    for (row, (name, side, times)) in bars.iter().enumerate() {
        let y = (bars.len() - 1 - row) as f64;
        let end = times.log2().clamp(-3.0, 3.0);
        let colour = match (*side == Side::Bare, end <= 0.0) {
            (true, _) => RGBColor(150, 150, 150),
            (false, true) => RGBColor(0, 114, 178),
            (false, false) => RGBColor(213, 94, 0),
        };
        chart.draw_series([Rectangle::new([(0.0, y + 0.2), (end, y + 0.9)], colour.filled())])?;
        let (_, at) = chart.backend_coord(&(0.0, y + 0.85));
        area.draw_text(name, &("sans-serif", 11).into_text_style(&area), (12, at))?;
    }
    area.present()?;
    Ok(())
}
