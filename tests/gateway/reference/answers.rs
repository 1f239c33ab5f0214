//! Real answers, streamed and whole, and real errors: each is as the document says, and together they
//! have every member that it names.

use std::collections::BTreeSet;

use mock_upstream::Server;
use reasoning_stream::{Event, SummaryDelta};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::fetch;
use super::shape::{Seen, Shapes};
use crate::process::wire::Reply;
use crate::process::{Gateway, Settings, empty_folder, mock, question, with};

/// One way to ask: its path, its headers, and what its requests have.
struct Way {
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: fn() -> Value,
}

fn chat() -> Value {
    with(question("What is 6 × 7?"), json!({"stream_options": {"include_usage": true}}))
}

fn response() -> Value {
    json!({"model": "m", "input": "What is 6 × 7?", "reasoning": {"summary": "auto"}})
}

fn message() -> Value {
    with(question("What is 6 × 7?"), json!({"thinking": {"type": "enabled"}}))
}

const WAYS: [Way; 6] = [
    Way { path: "/v1/chat/completions", headers: &[], body: chat },
    Way { path: "/v1/chat/completions", headers: &[("X-Event-Format", "openai")], body: chat },
    Way { path: "/openai/v1/chat/completions", headers: &[], body: chat },
    Way { path: "/v1/responses", headers: &[], body: response },
    Way { path: "/openai/v1/responses", headers: &[], body: response },
    Way { path: "/v1/messages", headers: &[], body: message },
];

/// What the model server does, and what more a request has.
const CASES: [(&str, &str); 10] = [
    (r#"{"style": "plain", "reasoning": "", "answer": "42"}"#, "{}"),
    (r#"{"style": "field", "reasoning": "Six sevens.", "answer": "42"}"#, "{}"),
    (
        r#"{"style": "field", "reasoning": "Six sevens.", "answer": "42"}"#,
        r#"{"summaries": {"visibility": "raw", "live": true}}"#,
    ),
    (
        r#"{"style": "field", "reasoning": "Six sevens.", "answer": "42", "usage": false}"#,
        r#"{"summaries": {"live": true}}"#,
    ),
    (
        r#"{"style": "field", "reasoning": "Ask.", "answer": "Wait.", "tool_calls": [
            {"name": "weather", "arguments": {"city": "Paris"}}, {"name": "now", "arguments": {}}]}"#,
        "{}",
    ),
    (
        r#"{"style": "plain", "reasoning": "", "tool_calls": [{"name": "now", "arguments": {}}]}"#,
        "{}",
    ),
    (r#"{"style": "field", "reasoning": "Six.", "answer": "4", "finish_reason": "length"}"#, "{}"),
    (
        r#"{"style": "plain", "reasoning": "", "answer": "4", "finish_reason": "content_filter"}"#,
        "{}",
    ),
    (r#"{"style": "plain", "reasoning": "", "answer": "4", "finish_reason": "bored"}"#, "{}"),
    (
        r#"{"style": "tags", "reasoning": "Hm.", "answer": "4 2 and so on for ever", "chars": 4,
            "stall": {"token": 12}, "cut": {"token": 13}}"#,
        "{}",
    ),
];

/// Headers of HTTP itself, and of the page that a browser shows.
const COMMON: [&str; 15] = [
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "date",
    "etag",
    "cache-control",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
    "x-accel-buffering",
];

/// The document, and what of it was met.
pub(super) struct Reader {
    pub(super) document: Value,
    seen: Seen,
}

impl Reader {
    pub(super) async fn of(gateway: &Gateway) -> Self {
        Self { document: fetch(gateway).await, seen: Seen::new() }
    }

    pub(super) fn check(&mut self, schema: &Value, value: &Value, place: &str) {
        let checked = Shapes::strict(&self.document).check(schema, value, &mut self.seen);
        assert_eq!(checked, Ok(()), "{place}: {value}");
    }

    /// Looks at a whole reply: its status, its media type, and its body.
    pub(super) fn read(&mut self, method: &str, path: &str, reply: &Reply) {
        let place = format!("{method} {path} {}", reply.status);
        let operation = &self.document["paths"][path][method.to_lowercase()];
        let response = &operation["responses"][reply.status.to_string()];
        assert!(response.is_object(), "{place} is not described: {}", reply.text());
        for (name, _) in reply.headers.iter().filter(|(name, _)| !COMMON.contains(&name.as_str())) {
            let mut described = response["headers"].as_object().into_iter().flatten();
            let is_described = described.any(|(header, _)| header.eq_ignore_ascii_case(name));
            assert!(is_described, "{place} has a header {name} that is not described");
        }
        let kind = reply.header("content-type").expect("a media type").split(';').next();
        let kind = kind.expect("a media type");
        let content = response["content"][kind].clone();
        assert!(content.is_object(), "{place} {kind} is not described");
        if kind == "text/event-stream" {
            for event in events(&reply.text()) {
                self.check(&content["schema"], &event, &place);
            }
        } else if kind.ends_with("json") {
            let body = reply.json();
            if let Some(code) = body["code"].as_str().or(body["error"]["code"].as_str()) {
                assert!(content["examples"].get(code).is_some(), "{place} does not name {code}");
            }
            self.check(&content["schema"], &body, &place);
        }
    }
}

/// Events as the document describes them: name, and data that is a text.
pub(super) fn events(stream: &str) -> Vec<Value> {
    let blocks = stream.trim_end().split("\n\n").filter(|block| !block.starts_with(':'));
    let event = |block: &str| match block.strip_prefix("event: ") {
        Some(rest) => {
            let (name, data) = rest.split_once("\ndata: ").expect("name and data");
            json!({"event": name, "data": data})
        }
        None => json!({"data": block.strip_prefix("data: ").expect("data")}),
    };
    blocks.map(event).collect()
}

/// Asks; what stalls goes on once the client has heard something of the answer.
async fn ask((gateway, upstream): (&Gateway, &Server), way: &Way, body: &Value) -> Reply {
    let headers = [&[("Content-Type", "application/json")], way.headers].concat();
    let mut wire = gateway.connect().await;
    wire.request("POST", way.path, &headers, body.to_string().as_bytes()).await;
    wire.reply_until(":\"4", || upstream.resume()).await
}

/// Each case in each way, streamed and whole.
async fn hear_answers(reader: &mut Reader) {
    let upstream = mock(json!({})).await;
    let settings = [("UPSTREAM_MAX_RETRIES", "0"), ("REASONING_VISIBILITY", "raw")];
    for way in &WAYS {
        let gateway = Gateway::before(&upstream, &settings).await;
        for (script, more) in CASES {
            let script: Value = serde_json::from_str(script).expect("a script is JSON");
            let more: Value = serde_json::from_str(more).expect("members are JSON");
            for stream in [true, false] {
                let mut script = script.clone();
                if !stream && script.get("stall").is_some() {
                    script["stall"]["ms"] = json!(0);
                }
                let body = with((way.body)(), json!({"mock": script, "stream": stream}));
                let reply = ask((&gateway, &upstream), way, &with(body, more.clone())).await;
                reader.read("POST", way.path, &reply);
            }
        }
    }
}

/// Summaries that fail, so that fallbacks come.
async fn hear_fallbacks(reader: &mut Reader) {
    let rules = json!([
        {"when": {"kind": "answer"}, "do": {"style": "field", "reasoning": "Six sevens.", "answer": "42"}},
        {"do": {"status": 500}},
    ]);
    let upstream = mock(rules).await;
    let gateway = Gateway::before(&upstream, &[("UPSTREAM_MAX_RETRIES", "0")]).await;
    for way in &WAYS {
        for stream in [true, false] {
            let body = with((way.body)(), json!({"stream": stream}));
            let reply = ask((&gateway, &upstream), way, &body).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            reader.read("POST", way.path, &reply);
        }
    }
}

/// What the model server says instead of an answer.
async fn hear_refusals(reader: &mut Reader) {
    let statuses =
        [400, 401, 402, 403, 404, 408, 409, 413, 415, 422, 429, 500, 501, 502, 503, 504, 529, 302];
    let upstream = mock(json!({})).await;
    let settings = [("UPSTREAM_MAX_RETRIES", "0")];
    for way in &WAYS {
        let gateway = Gateway::before(&upstream, &settings).await;
        for status in statuses {
            let body = with((way.body)(), json!({"mock": {"status": status}, "stream": false}));
            let reply = ask((&gateway, &upstream), way, &body).await;
            assert!(reply.status >= 400, "{status}: {}", reply.text());
            reader.read("POST", way.path, &reply);
        }
    }
}

/// Requests that are wrong by themselves.
async fn hear_mistakes(reader: &mut Reader) {
    let settings = [("ALLOW_MODELS", "m"), ("MAX_BODY_BYTES", "1000"), ("MAX_PROMPT_TOKENS", "20")];
    let gateway = Gateway::at("http://127.0.0.1:1", &settings).await;
    for way in &WAYS {
        let body = (way.body)();
        let long = "x".repeat(400);
        let long =
            with(body.clone(), json!({"messages": question(&long)["messages"], "input": long}));
        for (body, headers) in [
            ("{".to_owned(), vec![]),
            ("[]".to_owned(), vec![]),
            ("{}".to_owned(), vec![]),
            (with(body.clone(), json!({"model": "other"})).to_string(), vec![]),
            (long.to_string(), vec![]),
            ("x".repeat(2_000), vec![]),
            (body.to_string(), vec![("Content-Encoding", "gzip")]),
            (body.to_string(), vec![("X-Long", "x".repeat(33_000).leak() as &str)]),
        ] {
            let headers = [way.headers, &headers].concat();
            let mut wire = gateway.connect().await;
            wire.request("POST", way.path, &headers, body.as_bytes()).await;
            let reply = wire.reply().await;
            assert!(reply.status >= 400, "{body}: {}", reply.text());
            reader.read("POST", way.path, &reply);
        }
    }
}

/// What the gateway says of itself, alone and before several model servers.
async fn hear_the_rest(reader: &mut Reader) {
    let upstream = mock(json!({})).await;
    let file = empty_folder("reference-upstreams").join("gateway.yaml");
    let text = format!(
        "upstreams:\n  one: {{base_url: '{}'}}\n  other: {{base_url: 'http://127.0.0.1:1'}}\nmodels:\n  m: {{targets: [{{upstream: one}}, {{upstream: other}}]}}\n",
        upstream.base_url()
    );
    std::fs::write(&file, text).expect("it can be written");
    let file = file.to_str().expect("a path is text").to_owned();
    let alone = Gateway::before(&upstream, &[]).await;
    let gone = Gateway::at("http://127.0.0.1:1", &[]).await;
    let several = Gateway::of({
        let settings: Settings<'_> = &[("GATEWAY_CONFIG", &file)];
        crate::process::command(settings)
    })
    .await;
    let document = reader.document.clone();
    for (method, path, _) in super::operations(&document) {
        for gateway in [&alone, &gone, &several] {
            if method == "GET" {
                reader.read("GET", &path, &gateway.get(&path).await);
            }
        }
    }
}

/// Models whose server says how it tells reasoning and answer apart.
async fn hear_of_models(reader: &mut Reader) {
    let listed = json!({"data": [{"id": "m", "interleaved": "reasoning_content"}]});
    let upstream = MockServer::start().await;
    let list = ResponseTemplate::new(200).set_body_json(listed);
    Mock::given(method("GET")).respond_with(list).mount(&upstream).await;
    let gateway = Gateway::at(&upstream.uri(), &[]).await;
    reader.read("GET", "/v1/models", &gateway.get("/v1/models").await);
}

/// What only a rare answer has, as the event itself writes it.
fn hear_of_rare_things(reader: &mut Reader) {
    let line = SummaryDelta { text: "So".to_owned(), index: 1, restarted: true };
    let mut out = Vec::new();
    Event::ReasoningDelta(line).write("r-1", &mut out);
    for event in events(&String::from_utf8(out).expect("it is text")) {
        reader.check(&json!({"$ref": "#/components/schemas/SummaryStream"}), &event, "an event");
    }
    let draining = json!({"status": "draining", "scope": "gateway"});
    reader.check(&json!({"$ref": "#/components/schemas/Readiness"}), &draining, "a probe");
    // Sent after 15 s of silence.
    let ping = json!({"event": "ping", "data": r#"{"type": "ping"}"#});
    reader.check(&json!({"$ref": "#/components/schemas/MessageStream"}), &ping, "an event");
}

/// Every member that some response may have.
fn described(document: &Value) -> Seen {
    let shapes = Shapes::strict(document);
    let mut found = BTreeSet::new();
    for (_, _, operation) in super::operations(document) {
        for response in operation["responses"].as_object().expect("responses").values() {
            for content in response["content"].as_object().into_iter().flatten() {
                found.extend(shapes.all_members(&content.1["schema"]));
            }
        }
    }
    found
}

#[tokio::test]
async fn what_is_written_is_what_is_described() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let mut reader = Reader::of(&gateway).await;
    hear_answers(&mut reader).await;
    hear_fallbacks(&mut reader).await;
    hear_refusals(&mut reader).await;
    hear_mistakes(&mut reader).await;
    hear_the_rest(&mut reader).await;
    hear_of_models(&mut reader).await;
    hear_of_rare_things(&mut reader);
    let described = described(&reader.document);
    let never: Vec<_> = described.difference(&reader.seen).collect();
    println!("{} members, {} of them met", described.len(), reader.seen.len());
    assert!(never.is_empty(), "described, and never written: {never:#?}");
}
