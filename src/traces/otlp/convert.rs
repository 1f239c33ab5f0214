//! A span as OpenTelemetry's library has it.

use std::sync::LazyLock;

use opentelemetry::trace::{Event, SpanContext, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, SpanId, StringValue, TraceId};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use crate::traces::context::Context;
use crate::traces::span::{Kind, Span, Value};

static SCOPE: LazyLock<InstrumentationScope> = LazyLock::new(|| {
    let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"));
    scope.with_version(env!("CARGO_PKG_VERSION")).build()
});

/// The same span.
pub(super) fn span_data(span: Span) -> SpanData {
    let at = |since| span.arrived + since;
    let mut events = SpanEvents::default();
    events.events =
        span.events.iter().map(|(name, since)| Event::new(*name, at(*since), vec![], 0)).collect();
    SpanData {
        span_context: context(span.context),
        parent_span_id: span.parent.map_or(SpanId::INVALID, SpanId::from),
        parent_span_is_remote: span.is_parent_remote,
        span_kind: match span.kind {
            Kind::Server => SpanKind::Server,
            Kind::Client => SpanKind::Client,
        },
        start_time: at(span.began),
        end_time: at(span.ended),
        attributes: span.attributes.into_iter().map(|(name, it)| attribute(name, it)).collect(),
        dropped_attributes_count: 0,
        events,
        links: SpanLinks::default(),
        status: if span.is_error { Status::error("") } else { Status::Unset },
        instrumentation_scope: SCOPE.clone(),
        name: span.name.into(),
    }
}

fn context(Context { trace_id, span_id, is_sampled }: Context) -> SpanContext {
    let flags = TraceFlags::default().with_sampled(is_sampled);
    let (trace_id, span_id) = (TraceId::from(trace_id), SpanId::from(span_id));
    SpanContext::new(trace_id, span_id, flags, false, TraceState::default())
}

fn attribute(name: &'static str, value: Value) -> KeyValue {
    match value {
        Value::Text(text) => KeyValue::new(name, text),
        Value::Count(count) => KeyValue::new(name, count),
        Value::Number(number) => KeyValue::new(name, number),
        Value::Bool(is_so) => KeyValue::new(name, is_so),
        Value::Texts(texts) => {
            let texts = texts.into_iter().map(StringValue::from).collect();
            KeyValue::new(name, opentelemetry::Value::Array(Array::String(texts)))
        }
    }
}
