//! What one request does, as spans: the server's own, and one for each call upstream.
//!
//! ```text
//!  edge ──▶ Trace (one request) ──▶ CallSpan (one call) ──┐
//!             └───────────────────────────────────────────┴──▶ Span ──▶ Sink
//! ```
//!
//! A span is plain data, and goes to its [`Sink`] when it ends: nothing waits for whoever takes it.
//! Only `otlp` knows OpenTelemetry; without the feature `otel` there is no sink, and nothing is
//! recorded. What was asked and answered is in a span only if [`Tracer::with_content`] says so.

pub mod call;
mod content;
pub mod context;
pub mod names;
mod origin;
#[cfg(feature = "otel")]
pub mod otlp;
mod parameters;
pub mod sampler;
pub mod span;
#[cfg(test)]
mod tests;
pub mod trace;

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use self::context::Context;
use self::sampler::Sampler;
use self::span::Span;
use self::trace::Trace;

/// Where spans go once they have ended. It neither waits nor fails.
pub trait Sink: Send + Sync + 'static {
    /// Takes a span.
    fn put(&self, span: Span);
}

/// Begins traces. The default one records nothing.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Recorder>>);

/// How a trace is recorded.
#[derive(Clone)]
struct Recorder {
    sink: Arc<dyn Sink>,
    sampler: Sampler,
    with_content: bool,
}

impl Tracer {
    /// One whose spans go to this sink, if the sampler wants them.
    pub fn new(sink: Arc<dyn Sink>, sampler: Sampler) -> Self {
        Self(Some(Arc::new(Recorder { sink, sampler, with_content: false })))
    }

    /// The same, whose spans hold what was asked, thought and answered.
    #[must_use]
    pub fn with_content(self) -> Self {
        let with = |it: Arc<Recorder>| Arc::new(Recorder { with_content: true, ..(*it).clone() });
        Self(self.0.map(with))
    }

    /// Begins the trace of a request that arrived at this time, as a part of the caller's trace if
    /// its header `traceparent` tells of one.
    pub fn begin(&self, name: &str, arrived: Instant, trace_parent: Option<&str>) -> Trace {
        let Some(recorder) = &self.0 else { return Trace::default() };
        let parent = trace_parent.and_then(Context::read);
        let trace_id = parent.map_or_else(|| fastrand::u128(1..), |parent| parent.trace_id);
        let is_sampled = recorder.sampler.wants(trace_id, parent.map(|parent| parent.is_sampled));
        let context = Context { trace_id, span_id: fastrand::u64(1..), is_sampled };
        Trace::new(Arc::clone(recorder), name, context, parent.map(|it| it.span_id), arrived)
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("records", &self.0.is_some()).finish_non_exhaustive()
    }
}
