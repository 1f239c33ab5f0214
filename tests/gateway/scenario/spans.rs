//! The spans of one scenario, as their sink gets them.

use std::sync::{Arc, Mutex, PoisonError};

use inference_gateway::traces::names;
use inference_gateway::traces::sampler::Sampler;
use inference_gateway::traces::span::{Kind, Span, Value};
use inference_gateway::traces::{Sink, Tracer};

use super::script::CANARY;
use super::upstream::Call;

/// Every trace, whatever a caller says.
pub(crate) const ALL: Sampler = Sampler { ratio: 1.0, is_parent_based: false };

/// What a tracer has put here.
#[derive(Default)]
pub(crate) struct Spans(Mutex<Vec<Span>>);

impl Sink for Spans {
    fn put(&self, span: Span) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }
}

impl Spans {
    /// An empty place, and what fills it.
    pub(crate) fn new() -> (Arc<Self>, Tracer) {
        let spans = Arc::new(Self::default());
        let tracer = Tracer::new(Arc::clone(&spans) as Arc<dyn Sink>, ALL);
        (spans, tracer)
    }

    /// The spans so far, in the order in which they began.
    pub(crate) fn taken(&self) -> Vec<Span> {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rank = |span: &Span| {
            let call = span.get("gateway.call").map(word);
            ["prompt_summary", "answer", "reasoning_summary"]
                .map(Some)
                .iter()
                .position(|it| *it == call.as_deref())
        };
        spans.sort_by_key(|span| (span.began, rank(span)));
        spans
    }

    /// A line for each span: what it is, from when to when in milliseconds, how it ended, and what happened.
    pub(crate) fn story(&self) -> Vec<String> {
        self.taken().iter().map(told).collect()
    }
}

fn told(span: &Span) -> String {
    let (began, ended) = (span.began.as_millis(), span.ended.as_millis());
    let what = match (span.get("gateway.call"), span.get("gateway.attempt")) {
        (Some(call), Some(attempt)) => format!("{} {}", word(call), word(attempt)),
        _ => format!("server {}", span.get("gateway.code").map_or_else(String::new, word)),
    };
    let error = span.get("error.type").map_or_else(String::new, |it| format!(" !{}", word(it)));
    let events = span.events.iter();
    let events = events.map(|(name, at)| format!(" {}@{}", &name[8..], at.as_millis()));
    format!("{what} {began}-{ended}{error}{}", events.collect::<String>())
}

/// A value in a word.
pub(crate) fn word(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Texts(texts) => texts.join(","),
        Value::Count(count) => count.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is_so) => is_so.to_string(),
    }
}

/// Asserts what holds for the spans of every request that is over.
pub(crate) fn check_spans(spans: &[Span], requests: usize, calls: &[Call]) {
    let (servers, clients): (Vec<_>, Vec<_>) =
        spans.iter().partition(|span| span.kind == Kind::Server);
    assert_eq!((servers.len(), clients.len()), (requests, calls.len()), "{spans:#?}");
    for call in calls {
        let parent = call.trace_parent.as_deref().expect("a call knows its trace");
        let own = clients.iter().filter(|span| span.context.to_string() == parent);
        assert_eq!(own.count(), 1, "{parent} in {spans:#?}");
    }
    for span in spans {
        let root = servers.iter().find(|it| it.context.trace_id == span.context.trace_id);
        let parent = (span.kind == Kind::Client).then(|| root.expect("a root").context.span_id);
        assert_eq!(span.parent, parent);
        check_span(span);
    }
}

fn check_span(span: &Span) {
    assert!(span.began <= span.ended, "{span:?}");
    let known = match span.kind {
        Kind::Server => names::OF_SERVER,
        Kind::Client => names::OF_CALL,
    };
    for (at, (name, _)) in span.attributes.iter().enumerate() {
        assert!(known.contains(name), "{name}");
        assert!(span.attributes[..at].iter().all(|(other, _)| other != name), "{name} twice");
    }
    assert!(span.events.iter().all(|(name, _)| names::EVENTS.contains(name)), "{span:?}");
    assert!(span.events.is_sorted_by_key(|(_, at)| *at), "{span:?}");
    assert!(!format!("{span:?}").contains(CANARY), "content is in {span:?}");
}
