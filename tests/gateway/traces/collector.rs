//! A collector of traces, as the gateway sees it: OTLP over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use inference_gateway::relay::task::{Started, start};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::process::soon;

/// What a collector does with what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Takes,
    Refuses,
    Hangs,
}

/// What came.
#[derive(Clone, Default)]
pub(super) struct Got {
    pub(super) spans: Vec<Span>,
    pub(super) resources: Vec<Resource>,
    pub(super) headers: Vec<HeaderMap>,
}

/// A collector. Dropping it closes its port.
pub(super) struct Collector {
    pub(super) url: String,
    got: watch::Receiver<Got>,
    mood: watch::Sender<Mood>,
    _serving: Started<()>,
}

struct Shared {
    got: watch::Sender<Got>,
    mood: watch::Receiver<Mood>,
}

impl Collector {
    pub(super) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let (into, got) = watch::channel(Got::default());
        let (mood, moods) = watch::channel(mood);
        let shared = Arc::new(Shared { got: into, mood: moods });
        let router = Router::new().route("/v1/traces", post(take)).with_state(shared);
        let serving = start(async { axum::serve(listener, router).await.expect("it serves") });
        Self { url, got, mood, _serving: serving }
    }

    pub(super) fn become_(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// What came so far.
    pub(super) fn got(&self) -> Got {
        self.got.borrow().clone()
    }

    /// What came, once there are so many spans.
    pub(super) async fn until(&self, spans: usize) -> Got {
        let mut got = self.got.clone();
        let enough = got.wait_for(|got| got.spans.len() >= spans);
        let enough = soon("spans", enough).await.expect("it serves");
        enough.clone()
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let mood = *shared.mood.borrow();
    match mood {
        Mood::Refuses => return StatusCode::BAD_REQUEST.into_response(),
        Mood::Hangs => std::future::pending().await,
        Mood::Takes => {}
    }
    let request = ExportTraceServiceRequest::decode(body).expect("it is what OTLP says");
    shared.got.send_modify(|got| {
        got.headers.push(headers);
        for of_resource in request.resource_spans {
            got.resources.extend(of_resource.resource);
            let scopes = of_resource.scope_spans.into_iter();
            got.spans.extend(scopes.flat_map(|scope| scope.spans));
        }
    });
    ([("content-type", "application/x-protobuf")], Vec::new()).into_response()
}

/// An attribute, in words; nothing if there is none.
pub(super) fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    Some(told(found.value.as_ref()?))
}

fn told(value: &AnyValue) -> String {
    match value.value.as_ref().expect("a value") {
        Value::StringValue(text) => text.clone(),
        Value::BoolValue(is_so) => is_so.to_string(),
        Value::IntValue(count) => count.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::ArrayValue(values) => values.values.iter().map(told).collect::<Vec<_>>().join(","),
        other @ (Value::KvlistValue(_) | Value::BytesValue(_) | Value::StringValueStrindex(_)) => {
            panic!("{other:?}")
        }
    }
}

/// A number as `traceparent` has it.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
