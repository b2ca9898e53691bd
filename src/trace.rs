//! Spans and events for programs that use the crate `tracing`, with the feature of that name. Without it nothing of
//! this is compiled in.
//!
//! docs/tracing.md has their names, which are part of the public interface.

/// Runs work in a span.
macro_rules! in_span {
    ($name:literal, $($field:ident = $value:expr),*; $work:expr) => {{
        #[cfg(feature = "tracing")]
        let _span = tracing::info_span!(target: "arraystow", $name, $($field = $value),*).entered();
        $work
    }};
}

pub(crate) use in_span;

/// The span of a thread, for work that goes on in another one.
#[derive(Clone)]
pub(crate) struct CarriedSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl CarriedSpan {
    /// The span of this thread.
    pub(crate) fn current() -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: tracing::Span::current(),
        }
    }

    /// Runs work in the span.
    pub(crate) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        let _entered = self.span.enter();
        work()
    }
}
