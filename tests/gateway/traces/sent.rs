//! What a collector gets of a real gateway.

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::collector::{Collector, Got, Mood, attribute, hex};
use crate::process::{Gateway, mock, question, with};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const KEY: &str = "canary-key";
const PROMPT: &str = "prompt-canary";
const REASONING: &str = "reasoning-canary";
const ANSWER: &str = "answer-canary";
const SYSTEM: &str = "system-canary";

fn script() -> Value {
    let reasoning = format!("Why? {REASONING}. So it is.");
    json!([
        {"when": {"kind": "prompt_summary"}, "do": {"answer": "A question."}},
        {"when": {"kind": "reasoning_summary"}, "do": {"answer": "Some thoughts."}},
        {"do": {"reasoning": reasoning, "answer": ANSWER}},
    ])
}

/// What a collector gets of one request with these headers and members.
async fn sent(settings: &[(&str, &str)], headers: &[(&str, &str)], members: Value) -> Got {
    let upstream = mock(script()).await;
    let collector = Collector::start(Mood::Takes).await;
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str())];
    let keys = [("UPSTREAM_API_KEY", KEY)];
    let gateway = Gateway::before(&upstream, &[&endpoint, &keys, settings].concat()).await;
    let mut wire = gateway.connect().await;
    wire.chat_as(headers, with(question(PROMPT), members)).await;
    assert_eq!(wire.reply().await.status, 200);
    let got = collector.until(4).await;
    for line in gateway.stderr() {
        for canary in [KEY, PROMPT, REASONING, ANSWER, SYSTEM] {
            assert!(!line.contains(canary), "{canary}: {line}");
        }
    }
    got
}

fn named<'a>(got: &'a Got, call: &str) -> &'a Span {
    let of = |span: &&Span| attribute(&span.attributes, "gateway.call").as_deref() == Some(call);
    got.spans.iter().find(of).unwrap_or_else(|| panic!("no {call}: {:#?}", got.spans))
}

fn server(got: &Got) -> &Span {
    let found = got.spans.iter().find(|span| span.kind() == SpanKind::Server);
    found.expect("a span of the server's")
}

#[tokio::test]
async fn a_request_is_one_trace_of_its_callers() {
    let settings = [("OTEL_SERVICE_NAME", "chat"), ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b")];
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("traceparent", parent.as_str()), ("X-Request-Id", "r-1")];
    let got = sent(&settings, &headers, json!({"max_tokens": 100})).await;
    assert_eq!(got.spans.len(), 4);
    let root = server(&got);
    assert_eq!(
        (root.name.as_str(), hex(&root.parent_span_id)),
        ("POST /v1/chat/completions", PARENT.to_owned())
    );
    for span in &got.spans {
        assert_eq!(hex(&span.trace_id), TRACE);
        assert!(span.start_time_unix_nano >= root.start_time_unix_nano, "{span:?}");
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano, "{span:?}");
        if span.kind() == SpanKind::Client {
            assert_eq!(span.parent_span_id, root.span_id);
            assert_eq!(span.name, "chat m");
        }
    }
    for (name, expected) in [
        ("http.request.method", "POST"),
        ("http.route", "/v1/chat/completions"),
        ("http.response.status_code", "200"),
        ("gateway.request_id", "r-1"),
        ("gateway.code", "stop"),
    ] {
        assert_eq!(attribute(&root.attributes, name).as_deref(), Some(expected), "{name}");
    }
    let events: Vec<&str> = root.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(events, ["gateway.commit", "gateway.barrier", "gateway.first_answer"]);
    let resource = &got.resources[0].attributes;
    assert_eq!(attribute(resource, "service.name").as_deref(), Some("chat"));
    assert_eq!(attribute(resource, "service.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(got.headers[0]["x-key"], "a b");
    assert_eq!(got.headers[0]["content-type"], "application/x-protobuf");
}

#[tokio::test]
async fn each_call_says_what_it_was() {
    let got = sent(&[], &[], json!({"max_tokens": 100})).await;
    for (call, streamed) in
        [("prompt_summary", "false"), ("answer", "true"), ("reasoning_summary", "false")]
    {
        let span = named(&got, call);
        for (name, expected) in [
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "openai"),
            ("gen_ai.request.model", "m"),
            ("gen_ai.request.stream", streamed),
            ("gen_ai.response.finish_reasons", "stop"),
            ("gen_ai.response.model", "m"),
            ("gateway.upstream", "default"),
            ("gateway.attempt", "1"),
            ("server.address", "127.0.0.1"),
        ] {
            assert_eq!(
                attribute(&span.attributes, name).as_deref(),
                Some(expected),
                "{call} {name}"
            );
        }
        let id = attribute(&span.attributes, "gen_ai.response.id").unwrap_or_default();
        assert!(id.contains("chatcmpl-mock-"), "{call}: {id}");
        for name in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "server.port"] {
            let value = attribute(&span.attributes, name).expect(name);
            assert!(value.parse::<u64>().expect("a count") > 0, "{call} {name}: {value}");
        }
    }
    let answer = &named(&got, "answer").attributes;
    assert_eq!(attribute(answer, "gen_ai.request.max_tokens").as_deref(), Some("100"));
    assert!(attribute(answer, "gen_ai.response.time_to_first_chunk").is_some());
}

#[tokio::test]
async fn content_is_sent_only_where_that_is_set() {
    let messages = json!({"messages": [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": format!("{PROMPT} {}", "x".repeat(50_000))},
    ]});
    let none = sent(&[], &[], messages.clone()).await;
    let told = format!("{:?}", none.spans);
    for canary in [KEY, PROMPT, REASONING, ANSWER, SYSTEM] {
        assert!(!told.contains(canary), "{canary}: {told}");
    }
    let all = sent(&[("LOG_CONTENT", "true")], &[], messages).await;
    let answer = named(&all, "answer");
    for (name, canaries) in [
        ("gen_ai.system_instructions", &[SYSTEM][..]),
        ("gen_ai.input.messages", &[PROMPT]),
        ("gen_ai.output.messages", &[REASONING, ANSWER, "\"type\":\"reasoning\""]),
    ] {
        let told = attribute(&answer.attributes, name).unwrap_or_else(|| panic!("no {name}"));
        serde_json::from_str::<Value>(&told).expect("it is JSON");
        assert!(told.len() < 20_000, "{name}: {}", told.len());
        for canary in canaries {
            assert!(told.contains(canary), "{name}: {told}");
        }
    }
    assert!(!format!("{:?}", all.spans).contains(KEY));
    let summary = attribute(&named(&all, "prompt_summary").attributes, "gen_ai.output.messages");
    assert!(summary.is_some_and(|told| told.contains("A question.")));
}

#[tokio::test]
async fn upstreams_are_told_the_trace_and_nothing_else_of_the_callers() {
    let upstream = MockServer::start().await;
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let answer = ResponseTemplate::new(200).set_body_raw(stream, "text/event-stream");
    Mock::given(any()).respond_with(answer).mount(&upstream).await;
    let collector = Collector::start(Mood::Takes).await;
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str())];
    let traced = Gateway::at(&upstream.uri(), &endpoint).await;
    let off = Gateway::at(&upstream.uri(), &[]).await;
    for (case, gateway, flags, spans) in
        [("sampled", &traced, "01", 2), ("not sampled", &traced, "00", 0), ("off", &off, "01", 0)]
    {
        let parent = format!("00-{TRACE}-{PARENT}-{flags}");
        let headers =
            [("traceparent", parent.as_str()), ("tracestate", "canary=1"), ("baggage", "canary=2")];
        let members = json!({"summaries": {"prompt": false, "reasoning": false}});
        let before = collector.got().spans.len();
        let mut wire = gateway.connect().await;
        wire.chat_as(&headers, with(question("hi"), members)).await;
        assert_eq!(wire.reply().await.status, 200, "{case}");
        let requests = upstream.received_requests().await.expect("they are kept");
        let request = requests.last().expect("a call");
        let told = request.headers.get("traceparent").map(|it| it.to_str().expect("text"));
        if case == "off" {
            assert_eq!(told, None);
        } else {
            let told = told.expect("a trace");
            assert_eq!((&told[..36], &told[52..]), (&parent[..36], &parent[52..]), "{case}");
            assert_ne!(&told[36..52], PARENT, "{case}");
        }
        assert!(!format!("{:?}", request.headers).contains("canary"), "{case}");
        let got = collector.until(before + spans).await;
        assert_eq!(got.spans.len(), before + spans, "{case}");
    }
}

#[tokio::test]
async fn who_is_refused_leaves_a_span_and_probes_leave_none() {
    let upstream = mock(script()).await;
    let collector = Collector::start(Mood::Takes).await;
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str())];
    let gateway = Gateway::before(&upstream, &endpoint).await;
    assert_eq!(gateway.get("/healthz").await.status, 200);
    assert_eq!(gateway.get("/v1/models").await.status, 200);
    assert_eq!(gateway.post("{").await.status, 400);
    let mut wire = gateway.connect().await;
    wire.request("POST", "/canary-path", &[], b"").await;
    assert_eq!(wire.reply().await.status, 404);
    let got = collector.until(2).await;
    let told = got.spans.iter().map(|span| {
        let of = |name| attribute(&span.attributes, name).unwrap_or_default();
        (span.name.clone(), of("http.response.status_code"), of("gateway.code"), of("error.type"))
    });
    let row = |name: &str, status: &str, code: &str| {
        (name.to_owned(), status.to_owned(), code.to_owned(), String::new())
    };
    let expected =
        [row("POST /v1/chat/completions", "400", "invalid_json"), row("POST", "404", "not_found")];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert!(!format!("{:?}", got.spans).contains("canary"));
}
