//! `docs/traces.md` names what spans may hold, and a trace is what its parts say.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reasoning_stream::{FinishReason, Piece, Usage};
use serde_json::json;
use tokio::time::{Instant, advance};

use super::call::{Asked, Place, Purpose};
use super::sampler::Sampler;
use super::span::{Kind, Span, Value};
use super::trace::{End, Trace};
use super::{Sink, Tracer, names};

const TABLE: &str = include_str!("../../docs/traces.md");
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[derive(Default)]
struct Taken(Mutex<Vec<Span>>);

impl Sink for Taken {
    fn put(&self, span: Span) {
        self.0.lock().unwrap().push(span);
    }
}

impl Taken {
    fn all(&self) -> Vec<Span> {
        self.0.lock().unwrap().clone()
    }
}

fn tracer() -> (Arc<Taken>, Tracer) {
    let taken = Arc::new(Taken::default());
    let sampler = Sampler { ratio: 1.0, is_parent_based: true };
    (Arc::clone(&taken), Tracer::new(taken, sampler))
}

fn asked<'a>(body: &'a [u8], place: &'a Place) -> Asked<'a> {
    Asked { purpose: Purpose::Answer, attempt: 2, upstream: "default", place, body }
}

const OK: End<'static> = End { status: 200, code: "stop", is_error: false };

#[test]
fn the_table_of_the_documents_is_what_there_is() {
    let documented = |on: &str| {
        let rows = TABLE.lines().filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [name, place, _] = cells[..] else { return None };
            (place == on).then(|| name.trim_matches('`').to_owned())
        });
        rows.collect::<BTreeSet<_>>()
    };
    for (on, known) in [
        ("server", names::OF_SERVER),
        ("call", names::OF_CALL),
        ("call, content", names::OF_CONTENT),
        ("event", names::EVENTS),
    ] {
        let known: BTreeSet<String> = known.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(documented(on), known, "{on}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trace_is_part_of_its_callers() {
    let (taken, tracer) = tracer();
    for (case, header, sampled, parent) in [
        ("a caller", Some(PARENT), true, Some(0xb7ad_6b71_6920_3331)),
        ("one who records nothing", Some(&*PARENT.replace("-01", "-00")), false, None),
        ("nobody", None, true, None),
        ("nonsense", Some("00-zz"), true, None),
    ] {
        let trace = tracer.begin("POST", Instant::now(), header);
        let call = trace.call(&asked(b"{}", &Place::default()));
        let told = call.trace_parent().expect("a call is told its trace");
        assert!(told.ends_with(if sampled { "-01" } else { "-00" }), "{case}: {told}");
        if let Some(header) = header.filter(|header| header.len() > 40) {
            assert_eq!(told[..36], header[..36], "{case}");
            assert_ne!(told[36..52], header[36..52], "{case}: a call is a span of its own");
        }
        drop(call);
        trace.end(OK);
        let spans = std::mem::take(&mut *taken.0.lock().unwrap());
        assert_eq!(spans.len(), if sampled { 2 } else { 0 }, "{case}");
        if let [call, server] = &spans[..] {
            assert_eq!((server.parent, server.is_parent_remote), (parent, parent.is_some()));
            assert_eq!((call.parent, call.is_parent_remote), (Some(server.context.span_id), false));
            assert_eq!((server.kind, call.kind), (Kind::Server, Kind::Client), "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_span_ends_once() {
    let (taken, tracer) = tracer();
    let trace = tracer.begin("POST", Instant::now(), None);
    let second = trace.clone();
    advance(Duration::from_millis(5)).await;
    trace.end(OK);
    second.end(End { status: 502, code: "late", is_error: true });
    second.happened(names::COMMIT);
    drop((trace, second));
    let left = tracer.begin("POST", Instant::now(), None);
    left.happened(names::COMMIT);
    advance(Duration::from_millis(7)).await;
    drop(left);
    let told = |span: &Span| {
        (span.get(names::HTTP_STATUS).cloned(), span.ended.as_millis(), span.events.len())
    };
    let spans: Vec<_> = taken.all().iter().map(told).collect();
    assert_eq!(spans, [(Some(Value::Count(200)), 5, 0), (Some(Value::Count(499)), 7, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_tells_its_place_its_tokens_and_its_end() {
    let (taken, tracer) = tracer();
    let trace = tracer.begin("POST", Instant::now(), None);
    let place =
        Place { provider: Some("vllm"), address: Some("host".to_owned()), port: Some(8001) };
    let long = json!({"model": "ä".repeat(300), "stream": 1, "seed": "s"}).to_string();
    let mut call = trace.call(&asked(long.as_bytes(), &place));
    let usage = |tokens: u64| -> Usage {
        serde_json::from_value(json!({
            "prompt_tokens": 3,
            "completion_tokens": tokens,
            "completion_tokens_details": {"reasoning_tokens": 4},
            "prompt_tokens_details": {"cached_tokens": 2},
        }))
        .unwrap()
    };
    advance(Duration::from_millis(250)).await;
    for piece in [
        Piece::Reasoning("secret".to_owned()),
        Piece::Usage(Box::new(usage(1))),
        Piece::Answer("secret".to_owned()),
        Piece::Usage(Box::new(usage(9))),
        Piece::Finish(FinishReason::Length),
    ] {
        call.hear(&piece);
    }
    call.end(Some("upstream_reset"));
    call.end(None);
    drop(call);
    let spans = taken.all();
    let [span] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(span.name.chars().count(), "chat ".len() + 200);
    assert!(span.is_error && !format!("{span:?}").contains("secret"));
    for (name, expected) in [
        ("gen_ai.provider.name", "vllm".into()),
        ("server.address", "host".into()),
        ("server.port", Value::Count(8001)),
        ("gateway.attempt", Value::Count(2)),
        ("gen_ai.request.stream", Value::Bool(false)),
        ("gen_ai.usage.input_tokens", Value::Count(3)),
        ("gen_ai.usage.output_tokens", Value::Count(9)),
        ("gen_ai.usage.reasoning.output_tokens", Value::Count(4)),
        ("gen_ai.usage.cache_read.input_tokens", Value::Count(2)),
        ("gen_ai.response.time_to_first_chunk", Value::Number(0.25)),
        ("gen_ai.response.finish_reasons", Value::Texts(vec!["length".to_owned()])),
        ("error.type", "upstream_reset".into()),
    ] {
        assert_eq!(span.get(name), Some(&expected), "{name}");
    }
    assert_eq!(span.get("gen_ai.request.seed"), None, "it is no number");
}

#[tokio::test(start_paused = true)]
async fn content_is_told_only_if_it_is_asked_for() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "secret"}]});
    let body = body.to_string();
    for with_content in [false, true] {
        let (taken, tracer) = tracer();
        let tracer = if with_content { tracer.with_content() } else { tracer };
        let trace = tracer.begin("POST", Instant::now(), None);
        let mut call = trace.call(&asked(body.as_bytes(), &Place::default()));
        call.hear(&Piece::Answer("also secret".to_owned()));
        call.end(None);
        let mut summary = trace.call(&asked(body.as_bytes(), &Place::default()));
        summary.replied("a secret summary", None, Some(&FinishReason::Stop));
        drop((summary, trace));
        for span in taken.all().iter().filter(|span| span.kind == Kind::Client) {
            for name in [names::INPUT_MESSAGES, names::OUTPUT_MESSAGES] {
                let told = format!("{:?}", span.get(name));
                assert_eq!(told.contains("secret"), with_content, "{name}: {told}");
            }
            assert_eq!(format!("{span:?}").contains("secret"), with_content);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_sink_nothing_is_recorded() {
    let trace = Tracer::default().begin("POST", Instant::now(), Some(PARENT));
    assert_eq!(trace.call(&asked(b"{}", &Place::default())).trace_parent(), None);
    assert_eq!(format!("{trace:?}"), format!("{:?}", Trace::default()));
    trace.end(OK);
}
