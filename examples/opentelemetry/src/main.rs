//! Spans of a save and a load, in OpenTelemetry: `cargo run -p arraystow-example-opentelemetry`.
//!
//! The exporter of this program keeps the spans in memory, so that they can be printed at its end. A program that sends
//! them to a collector uses the exporter of the crate opentelemetry-otlp in its place. Nothing else changes.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Storage};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use serde::{Deserialize, Serialize};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Serialize, Deserialize)]
struct Run {
    steps: u32,
    field: ChunkedArray<f64>,
}

/// The work that is observed: a save and a load.
fn work() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let storage = Storage::open(folder.path())?;
    storage.save("runs/1", &Run { steps: 100, field: ChunkedArray::zeros(&[600, 400], &[100, 100])? })?;
    let run: Run = storage.load("runs/1")?;
    println!("{} steps, a field of {:?}\n", run.steps, run.field.shape());
    Ok(())
}

fn main() -> Outcome<()> {
    // OpenTelemetry: a provider with an exporter.
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();

    // tracing: spans and events of arraystow and of this program go to the provider.
    let targets =
        Targets::new().with_target("arraystow", Level::DEBUG).with_target(env!("CARGO_CRATE_NAME"), Level::INFO);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("example"));
    let layer = layer.with_location(false).with_threads(false).with_target(false).with_tracked_inactivity(false);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer.with_filter(targets)))?;

    tracing::info_span!("nightly run").in_scope(work)?;

    provider.force_flush()?;
    let spans = exporter.get_finished_spans()?;
    check(&spans)?;
    for span in spans.iter().rev() {
        let duration = span.end_time.duration_since(span.start_time)?;
        println!("{} in {duration:.1?}: {}", span.name, listed(&span.attributes));
        for event in span.events.iter() {
            println!("    {}: {}", event.name, listed(&event.attributes));
        }
    }
    provider.shutdown()?;
    Ok(())
}

fn listed(attributes: &[KeyValue]) -> String {
    attributes.iter().map(|pair| format!("{}={}", pair.key, pair.value)).collect::<Vec<_>>().join(" ")
}

/// The save and the load are children of the program's span, and the save has the events of what it has written.
fn check(spans: &[SpanData]) -> Outcome<()> {
    let [save, load, run] = spans else { return Err(format!("{} spans", spans.len()).into()) };
    assert_eq!([&*save.name, &*load.name, &*run.name], ["save", "load", "nightly run"]);
    for span in [save, load] {
        assert_eq!(span.parent_span_id, run.span_context.span_id());
        assert!(listed(&span.attributes).contains("document=runs/1"));
    }
    let events: Vec<_> = save.events.iter().map(|event| &*event.name).collect();
    assert_eq!(events, ["array written", "saved"]);
    assert!(listed(&save.events[0].attributes).contains("path=field"));
    Ok(())
}
