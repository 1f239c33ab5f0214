//! Relays streams of a scripted model in memory: the gateway's own relay, without sockets.
//!
//! `bench-relay WATCH CHUNKS`: `off` relays with traces off, `traces` with all of them recorded, both as many
//! chunks as are asked for; `metrics` makes as many times what metrics do for one chunk, and nothing
//! else, because they are always on. A counter of instructions looks at two runs of each: the
//! difference is what chunks cost. Nothing here waits, or reads a clock.

mod model;

use std::future::poll_fn;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use inference_gateway::metrics::Metrics;
use inference_gateway::policy::retry::RetryPolicy;
use inference_gateway::relay::answer::ask::AnswerConfig;
use inference_gateway::relay::caller::Caller;
use inference_gateway::relay::catalog::{Catalog, Route, Server, Target};
use inference_gateway::relay::outbox::Encoder;
use inference_gateway::relay::request::{ChatRequest, SummaryOptions};
use inference_gateway::relay::serve::Relay;
use inference_gateway::relay::summary::{ReasoningFallback, SummaryConfig};
use inference_gateway::traces::sampler::Sampler;
use inference_gateway::traces::span::Span;
use inference_gateway::traces::trace::Trace;
use inference_gateway::traces::{Sink, Tracer};
use reasoning_stream::{Event, ReaderOptions};
use serde_json::{Map, json};
use tokio::time::Instant;

use crate::model::{CHUNK, Model};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(3_600);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (watch, chunks) = (arguments.next(), arguments.next().and_then(|it| it.parse().ok()));
    match (watch.as_deref(), chunks) {
        (Some("off"), Some(chunks)) => relay(chunks, &Tracer::default()),
        (Some("traces"), Some(chunks)) => relay(chunks, &Tracer::new(Arc::new(Nowhere), ALL)),
        (Some("metrics"), Some(chunks)) => count(chunks),
        _ => {
            eprintln!("usage: bench-relay off|traces|metrics CHUNKS");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Every trace, whatever a caller says.
const ALL: Sampler = Sampler { ratio: 1.0, is_parent_based: false };

/// Spans that have ended are of no use here.
struct Nowhere;

impl Sink for Nowhere {
    fn put(&self, span: Span) {
        black_box(span);
    }
}

/// The gateway's own events.
struct Events;

impl Encoder for Events {
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>) {
        event.write(request_id, out);
    }
}

/// What metrics do for a chunk: one count for what came, one for what was sent.
fn count(chunks: usize) {
    let metrics = Metrics::new();
    let meter = metrics.meter("bench", true);
    for _ in 0..chunks {
        meter.received(black_box(CHUNK.len()));
        meter.sent(black_box(CHUNK.len()));
    }
    black_box(metrics.open_streams());
}

/// One stream, from the request to the last frame.
fn relay(chunks: usize, tracer: &Tracer) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let bytes = runtime.expect("a runtime needs nothing").block_on(async {
        let server = Server::new("bench", Arc::new(Model { chunks }));
        let route = Route::new(Target::new(server, answer()), Vec::new());
        let relay = Relay::new(Catalog::any(route), summaries());
        let mut request = request();
        request.trace = tracer.begin("POST", request.arrived, None);
        let frames = relay.serve(request, &Caller::default(), Box::new(Events)).await;
        let mut frames = frames.expect("the model answers");
        let mut bytes = 0;
        while let Some(frame) = poll_fn(|cx| frames.poll_next(cx)).await {
            bytes += black_box(frame).len();
        }
        bytes
    });
    assert!(bytes > chunks * 8, "only {bytes} bytes for {chunks} chunks");
}

fn answer() -> AnswerConfig {
    AnswerConfig {
        headers_timeout: LONG,
        first_token_timeout: LONG,
        idle_timeout: LONG,
        deadline: LONG,
        retry: RetryPolicy {
            max_retries: 0,
            backoff: LONG,
            max_backoff: LONG,
            max_retry_after: LONG,
        },
        max_restarts: 0,
        reader: ReaderOptions::default(),
        members: Map::new(),
    }
}

fn summaries() -> SummaryConfig {
    SummaryConfig {
        model: None,
        second_model: None,
        timeout: LONG,
        max_stall: None,
        reasoning_fallback: ReasoningFallback::Excerpt,
        cached_prompts: 0,
        live: false,
        stream: false,
        section_chars: 1_500,
        section_time: LONG,
        max_prompt_chars: 8_000,
        max_reasoning_chars: 8_000,
    }
}

fn request() -> ChatRequest {
    ChatRequest {
        id: "0197f0a2-7b5c-7000-8000-000000000000".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        arrived: Instant::now(),
        stream: true,
        model: "bench".to_owned(),
        messages: vec![json!({"role": "user", "content": "Count."})],
        members: Map::new(),
        summary_model: None,
        summaries: SummaryOptions { prompt: false, reasoning: false, ..SummaryOptions::default() },
        trace: Trace::default(),
    }
}
