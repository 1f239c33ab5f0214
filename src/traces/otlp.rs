//! Sends spans to a collector: OTLP over HTTP, as protobuf. Only this room knows OpenTelemetry.
//!
//! ```text
//!  Queue ── at most 2,048 spans ──▶ Exporter ── up to 512 at once ──▶ the collector
//! ```
//!
//! Whoever puts a span waits for nothing: a full queue loses it, and a collector that is away loses a
//! batch. Both are counted. The library's own processor of batches would do the same on a thread of
//! its own, but tells nobody how much was lost.

mod convert;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use secrecy::{ExposeSecret, SecretString};
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::convert::span_data;
use super::Sink;
use super::span::Span;

/// Spans that may wait.
const MAX_WAITING: usize = 2048;
/// Spans that are sent at once.
const MAX_BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const DELAY: Duration = Duration::from_secs(1);
/// How long the collector may take for a batch, and all tries of it together.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where the collector is.
#[derive(Debug, Clone)]
pub struct OtlpConfig {
    /// Its base URL, without a slash at the end.
    pub endpoint: String,
    /// Sent with every batch.
    pub headers: Vec<(String, SecretString)>,
    /// What the gateway is called there.
    pub service_name: String,
}

/// Counts spans that were lost.
type Lost = Arc<dyn Fn(u64) + Send + Sync>;

/// Spans that wait to be sent.
struct Queue {
    spans: mpsc::Sender<Span>,
    lost: Lost,
}

/// Sends what waits.
pub struct Exporter {
    spans: mpsc::Receiver<Span>,
    exporter: SpanExporter,
    lost: Lost,
    is_failing: bool,
}

/// The way to a collector: what takes spans, and what sends them once it runs. `lost` hears of every span
/// that the collector does not get.
///
/// # Errors
/// When the collector can't be what the configuration says, as text.
pub fn otlp(
    config: &OtlpConfig,
    lost: impl Fn(u64) + Send + Sync + 'static,
) -> Result<(Arc<dyn Sink>, Exporter), String> {
    // A second call finds the provider in place, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let headers = config.headers.iter();
    let headers: HashMap<String, String> =
        headers.map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", config.endpoint))
        .with_timeout(TIMEOUT)
        .with_headers(headers)
        .build();
    let mut exporter = exporter.map_err(|error| format!("OTEL_EXPORTER_OTLP_ENDPOINT: {error}"))?;
    let resource = Resource::builder().with_service_name(config.service_name.clone());
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    exporter.set_resource(&resource.with_attribute(version).build());
    let (waiting, spans) = mpsc::channel(MAX_WAITING);
    let lost: Lost = Arc::new(lost);
    let queue = Queue { spans: waiting, lost: Arc::clone(&lost) };
    Ok((Arc::new(queue), Exporter { spans, exporter, lost, is_failing: false }))
}

impl Sink for Queue {
    fn put(&self, span: Span) {
        if self.spans.try_send(span).is_err() {
            (self.lost)(1);
        }
    }
}

impl Exporter {
    /// Sends what comes, and after `closing` what has come until then.
    pub async fn run(mut self, closing: CancellationToken) {
        let mut batch = Vec::new();
        loop {
            let has_more = select! {
                has_more = self.gather(&mut batch) => has_more,
                () = closing.cancelled() => break,
            };
            self.send(&mut batch).await;
            if !has_more {
                return;
            }
        }
        self.spans.close();
        while self.spans.recv_many(&mut batch, MAX_BATCH).await > 0 {
            self.send(&mut batch).await;
        }
        self.send(&mut batch).await;
    }

    /// Until there are enough spans to be sent, or the first of them has waited long enough. `false`
    /// means that nobody is left who could put more.
    async fn gather(&mut self, batch: &mut Vec<Span>) -> bool {
        if self.spans.recv_many(batch, MAX_BATCH).await == 0 {
            return false;
        }
        let fill = async {
            while batch.len() < MAX_BATCH {
                if self.spans.recv_many(batch, MAX_BATCH - batch.len()).await == 0 {
                    return false;
                }
            }
            true
        };
        timeout(DELAY, fill).await.unwrap_or(true)
    }

    async fn send(&mut self, batch: &mut Vec<Span>) {
        let count = batch.len() as u64;
        if count == 0 {
            return;
        }
        let spans = batch.drain(..).map(span_data).collect();
        let sent = timeout(2 * TIMEOUT, self.exporter.export(spans)).await;
        let problem = match sent {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("no answer in time".to_owned()),
        };
        if problem.is_some() {
            (self.lost)(count);
        }
        self.tell(problem.as_deref());
    }

    /// A collector that is away leaves one line, and one when it is back.
    fn tell(&mut self, problem: Option<&str>) {
        match (problem, self.is_failing) {
            (Some(problem), false) => {
                warn!("traces are lost, because they can't be sent: {problem}")
            }
            (None, true) => info!("traces can be sent again"),
            (Some(_), true) | (None, false) => {}
        }
        self.is_failing = problem.is_some();
    }
}
