//! The trace of one request: its own span, and where the spans of its calls begin.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Recorder;
use super::call::{Asked, CallSpan};
use super::context::Context;
use super::names;
use super::span::{Kind, Span, Value};

/// The trace of one request. The default one records nothing.
#[derive(Clone, Default)]
pub struct Trace(Option<Arc<Open>>);

/// How a request ended, as its span tells it.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// The HTTP status that was sent, or 499 for a client that left before it.
    pub status: u16,
    /// How it ended in a word: that of the log's line.
    pub code: &'a str,
    /// Whether the gateway, or what stands behind it, failed.
    pub is_error: bool,
}

/// A request that is not over.
pub(super) struct Open {
    pub(super) recorder: Arc<Recorder>,
    pub(super) context: Context,
    arrived: Instant,
    arrived_at: SystemTime,
    /// The server's span until it ends.
    span: Mutex<Option<Span>>,
}

impl Trace {
    pub(super) fn new(
        recorder: Arc<Recorder>,
        name: &str,
        context: Context,
        parent: Option<u64>,
        arrived: Instant,
    ) -> Self {
        let arrived_at = SystemTime::now();
        let span = context.is_sampled.then(|| Span {
            context,
            parent,
            is_parent_remote: parent.is_some(),
            kind: Kind::Server,
            name: name.to_owned(),
            arrived: arrived_at,
            began: Duration::ZERO,
            ended: Duration::ZERO,
            attributes: Vec::new(),
            events: Vec::new(),
            is_error: false,
        });
        let span = Mutex::new(span);
        Self(Some(Arc::new(Open { recorder, context, arrived, arrived_at, span })))
    }

    /// Notes what is known of the request.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        self.change(|span, _| span.set(name, value));
    }

    /// Notes that something happened at this moment.
    pub fn happened(&self, name: &'static str) {
        self.change(|span, now| span.happened(name, now));
    }

    /// The request is over. Only the first word counts.
    pub fn end(&self, end: End<'_>) {
        if let Some(open) = &self.0 {
            open.end(end);
        }
    }

    /// Begins the span of a call upstream.
    pub fn call(&self, asked: &Asked<'_>) -> CallSpan {
        self.0.as_ref().map_or_else(CallSpan::default, |open| CallSpan::begin(open, asked))
    }

    fn change(&self, change: impl FnOnce(&mut Span, Duration)) {
        let Some(open) = &self.0 else { return };
        if let Some(span) = &mut *open.span.lock().unwrap_or_else(PoisonError::into_inner) {
            change(span, open.now());
        }
    }
}

impl Open {
    /// The time since the request arrived.
    pub(super) fn now(&self) -> Duration {
        self.arrived.elapsed()
    }

    /// When the request arrived, by the calendar.
    pub(super) const fn arrived_at(&self) -> SystemTime {
        self.arrived_at
    }

    fn end(&self, End { status, code, is_error }: End<'_>) {
        let span = self.span.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut span) = span {
            span.set(names::HTTP_STATUS, i64::from(status));
            span.set(names::CODE, code);
            span.set_some(names::ERROR, is_error.then_some(code));
            (span.is_error, span.ended) = (is_error, self.now());
            self.recorder.sink.put(span);
        }
    }
}

/// Whoever lets go of a request without a word has lost its client.
impl Drop for Open {
    fn drop(&mut self) {
        self.end(End { status: 499, code: "client_left", is_error: false });
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = self.0.as_ref().map(|open| open.context.to_string());
        f.debug_tuple("Trace").field(&context).finish()
    }
}
