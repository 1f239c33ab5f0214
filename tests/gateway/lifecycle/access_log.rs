//! Each request leaves one line, in JSON and for people, with its id, and with lengths and a digest where
//! texts would be.

use serde_json::{Value, json};

use crate::process::{Gateway, mock, question, soon, with};

const CANARIES: [&str; 6] = [
    "prompt-canary",
    "reasoning-canary",
    "answer-canary",
    "client-canary-key",
    "summary-canary",
    "model-canary",
];

/// Where all of them ask.
const PATH: &str = "/v1/chat/completions";

fn script() -> Value {
    json!([
        {"when": {"kind": "prompt_summary"}, "do": {"answer": "A summary-canary."}},
        {"when": {"kind": "reasoning_summary"}, "do": {"answer": "A summary-canary."}},
        {"when": {"model": "refusing-model-canary"}, "do": {"status": 400, "body": "prompt-canary"}},
        {"when": {"model": "breaking-model-canary"}, "do": {"reasoning": "reasoning-canary", "answer": "answer-canary", "chars": 4, "reset": {"token": 3}}},
        {"do": {"reasoning": "reasoning-canary", "answer": "answer-canary"}},
    ])
}

/// A request's id, its body, the status of its answer, and that of its line.
fn requests() -> Vec<(&'static str, String, u16, u16)> {
    let asks = |members: Value| with(question("prompt-canary"), members).to_string();
    vec![
        ("stream-1", asks(json!({"model": "small"})), 200, 200),
        ("whole-1", asks(json!({"model": "small", "stream": false})), 200, 200),
        // With a summary of the prompt it would be chance whether an event came before the refusal.
        (
            "refused-1",
            asks(json!({"model": "refusing-model-canary", "summaries": {"prompt": false}})),
            400,
            400,
        ),
        ("broken-1", asks(json!({"model": "breaking-model-canary", "stream": false})), 502, 502),
        ("field-1", asks(json!({"temperature": "prompt-canary"})), 422, 422),
        ("json-1", "{prompt-canary".to_owned(), 400, 400),
        ("large-1", asks(json!({"more": "prompt-canary ".repeat(1_000)})), 413, 413),
    ]
}

/// Everything that a gateway writes in this format, once all requests are over.
async fn written(format: &str) -> Vec<String> {
    let upstream = mock(script()).await;
    let settings = [
        ("LOG_FORMAT", format),
        ("MAX_BODY_BYTES", "4000"),
        ("UPSTREAM_MAX_RETRIES", "0"),
        ("SUMMARY_MODEL_DEFAULT", "small"),
    ];
    let gateway = Gateway::before(&upstream, &settings).await;
    for (id, body, status, _) in requests() {
        let mut wire = gateway.connect().await;
        let headers = [("X-Request-Id", id), ("Authorization", "Bearer client-canary-key")];
        wire.chat_as(&headers, &body).await;
        let reply = soon(id, wire.reply()).await;
        assert_eq!(reply.status, status, "{id}: {}", reply.text());
        assert_eq!(reply.header("x-request-id"), Some(id));
        gateway.until_lines(1, |line| line.contains(id)).await;
    }
    let lines = gateway.stderr();
    for canary in CANARIES {
        assert!(lines.iter().all(|line| !line.contains(canary)), "{canary}: {lines:#?}");
    }
    lines
}

#[tokio::test]
async fn each_request_is_a_line_of_json() {
    let lines = written("json").await;
    let lines: Vec<Value> =
        lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for (id, _, _, status) in requests() {
        let own: Vec<_> = lines.iter().filter(|line| line["request_id"] == id).collect();
        let [line] = &own[..] else { panic!("{id}: one line: {own:#?}") };
        assert_eq!(line["status"], status, "{line}");
        assert!(line["took_ms"].is_u64() && line["code"].is_string(), "{line}");
        assert_eq!((&line["method"], &line["path"]), (&"POST".into(), &PATH.into()), "{line}");
        assert!(line["message"].as_str().is_some_and(|text| text.contains(&status.to_string())));
    }
    let chat = |id: &str| {
        let line = lines.iter().find(|line| line["request_id"] == id).expect("a line");
        ["prompt_bytes", "reasoning_bytes", "answer_bytes"].map(|name| line[name].as_u64())
    };
    let texts = ["prompt-canary", "reasoning-canary", "answer-canary"];
    let lengths = texts.map(|text| Some(text.len() as u64));
    assert_eq!(chat("stream-1"), lengths);
    assert_eq!(chat("whole-1"), lengths);
    assert_eq!(chat("refused-1"), [lengths[0], Some(0), Some(0)]);
    let digests: Vec<&Value> = lines
        .iter()
        .map(|line| &line["prompt_digest"])
        .filter(|digest| digest.is_string())
        .collect();
    assert_eq!(digests.len(), 4);
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

#[tokio::test]
async fn a_chats_line_tells_model_tokens_and_outcome() {
    let lines = written("json").await;
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines: Vec<Value> = lines.collect();
    for (id, model, outcome, calls) in [
        ("stream-1", "small", "stop", ["prompt_summary", "answer", "reasoning_summary"].as_slice()),
        ("whole-1", "small", "stop", &["prompt_summary", "answer", "reasoning_summary"]),
        ("refused-1", "other", "refused", &[]),
        ("broken-1", "other", "refused", &[]),
    ] {
        let line = lines.iter().find(|line| line["request_id"] == id).expect("a line");
        assert_eq!((&line["model"], &line["outcome"]), (&json!(model), &json!(outcome)), "{line}");
        for call in ["prompt_summary", "answer", "reasoning_summary"] {
            for kind in ["input", "output"] {
                let tokens = line[format!("tokens.{call}.{kind}")].as_u64();
                let is_told = calls.contains(&call);
                assert!(!is_told || tokens.is_some_and(|tokens| tokens > 0), "{call}: {line}");
                assert!(is_told || call != "answer" || tokens.is_none(), "{call}: {line}");
            }
        }
        assert_eq!(line["ttft_ms"].is_u64(), id == "stream-1" || id == "whole-1", "{line}");
    }
}

#[tokio::test]
async fn every_path_leaves_a_line_and_probes_a_quiet_one() {
    let upstream = mock(json!([])).await;
    for format in ["json", "pretty"] {
        let settings = [("LOG_FORMAT", format), ("LOG_LEVEL", "inference_gateway=debug")];
        let gateway = Gateway::before(&upstream, &settings).await;
        for (path, status, level) in [
            ("/v1/models", 200, "INFO"),
            ("/openai/v1/models", 200, "INFO"),
            ("/docs", 200, "INFO"),
            ("/openapi.json", 200, "INFO"),
            ("/", 200, "INFO"),
            ("/nowhere", 404, "INFO"),
            ("/healthz", 200, "DEBUG"),
            ("/health/live", 200, "DEBUG"),
            ("/ready", 200, "DEBUG"),
            ("/health/ready", 200, "DEBUG"),
            ("/upstream-health", 200, "DEBUG"),
            ("/metrics", 200, "DEBUG"),
        ] {
            let id = format!("got{}-1", path.replace('/', "."));
            let mut wire = gateway.connect().await;
            let asked = format!("{path}?secret=query-canary");
            wire.request("GET", &asked, &[("X-Request-Id", &id)], b"").await;
            assert_eq!(wire.reply().await.status, status, "{path}");
            gateway.until_lines(1, |line| line.contains(&id)).await;
            let lines = gateway.stderr();
            let own: Vec<&String> = lines.iter().filter(|line| line.contains(&id)).collect();
            let [line] = &own[..] else { panic!("{path}: one line: {own:#?}") };
            for told in ["GET", path, level, "took_ms", &status.to_string()] {
                assert!(line.contains(told), "{path}, {told}: {line}");
            }
        }
        let lines = gateway.stderr().join("\n");
        assert!(!lines.contains("query-canary"), "{lines}");
    }
}

#[tokio::test]
async fn each_request_is_a_line_for_people() {
    let lines = written("pretty").await;
    for (id, _, _, status) in requests() {
        let own: Vec<_> = lines.iter().filter(|line| line.contains(id)).collect();
        let [line] = &own[..] else { panic!("{id}: one line: {own:#?}") };
        for told in [&status.to_string(), "POST", PATH, "took_ms"] {
            assert!(line.contains(told), "{told}: {line}");
        }
        if matches!(id, "stream-1" | "whole-1") {
            for told in ["model=\"small\"", "outcome=\"stop\"", "tokens.answer.output="] {
                assert!(line.contains(told), "{told}: {line}");
            }
        }
        assert!(!line.contains('\u{1b}'), "no colours where nobody sees them: {line}");
    }
}

#[tokio::test]
async fn whatever_is_logged_of_a_request_has_its_id() {
    let settings = [
        ("UPSTREAM_MAX_RETRIES", "1"),
        ("UPSTREAM_RETRY_BACKOFF", "0"),
        ("LOG_LEVEL", "debug,hyper_util=warn"),
    ];
    let gateway = Gateway::at("http://127.0.0.1:1", &settings).await;
    let mut wire = gateway.connect().await;
    wire.chat_as(&[("X-Request-Id", "nobody-1")], question("prompt-canary")).await;
    assert_eq!(wire.reply().await.status, 502);
    gateway.until_logged(|line| line["status"] == 502).await;
    let lines = gateway.log();
    // The program's own lines are about itself.
    let is_own = |line: &&Value| line["level"] != "DEBUG" && line["target"] != "inference_gateway";
    let own: Vec<&Value> = lines.iter().filter(is_own).collect();
    assert!(own.len() > 2, "calls that failed, and the request: {own:#?}");
    for line in own {
        assert_eq!(line["request_id"], "nobody-1", "{line}");
    }
}

#[tokio::test]
async fn a_path_is_cut_where_it_is_long() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let mut wire = gateway.connect().await;
    let path = format!("/{}", "x".repeat(5_000));
    wire.request("POST", &path, &[("X-Request-Id", "path-1")], b"").await;
    assert_eq!(wire.reply().await.status, 404);
    let line = gateway.until_logged(|line| line["request_id"] == "path-1").await;
    assert_eq!(line["path"].as_str().map(str::len), Some(128));
}
