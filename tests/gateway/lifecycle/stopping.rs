//! Told to stop, the gateway lets open answers finish, takes no others, and ends.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::Request;
use inference_gateway::app;
use inference_gateway::app::access::Doors;
use inference_gateway::config::read::{Invocation, read};
use inference_gateway::http::HttpConfig;
use inference_gateway::http::router::router;
use inference_gateway::relay::request::Visibility;
use inference_gateway::traces::Tracer;
use reasoning_stream::Event;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::process::listener::Listener;
use crate::process::wire::{Wire, head};
use crate::process::{Gateway, mock, question, soon};

/// What a process that nothing keeps may take to end, on a busy machine.
const QUICKLY: Duration = Duration::from_secs(3);

const CHAT: &str = "/v1/chat/completions";
const ANSWER: &str = "one two three four five six seven eight nine ten";

/// An answer that takes two seconds.
fn takes_a_while() -> Value {
    let script = json!({"reasoning": "hm", "answer": ANSWER, "token_delay_ms": 100});
    json!([{"when": {"kind": "answer"}, "do": script}])
}

/// An answer that stops in the middle for good.
fn hangs() -> Value {
    let script = json!({"reasoning": "hm", "answer": ANSWER, "chars": 20, "stall": {"token": 6}});
    json!([{"when": {"kind": "answer"}, "do": script}])
}

async fn idle(gateway: &Gateway) -> Wire {
    let mut wire = gateway.connect().await;
    wire.request("GET", "/ready", &[], b"").await;
    assert_eq!(wire.reply().await.json()["status"], "ready");
    wire
}

async fn draining(gateway: &Gateway) {
    gateway.until_logged(|line| line["message"].to_string().contains("asked to stop")).await;
    let closed = async {
        while TcpStream::connect(gateway.addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    soon("the end of listening", closed).await;
}

#[tokio::test]
async fn an_idle_gateway_stops_at_once() {
    for name in ["TERM", "INT"] {
        let mut gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
        let mut kept = idle(&gateway).await;
        let began = Instant::now();
        gateway.signal(name).await;
        assert_eq!(gateway.exit_code().await, Some(0), "{name}: {:#?}", gateway.stderr());
        assert!(began.elapsed() < QUICKLY, "{name}: {:?}", began.elapsed());
        assert_eq!(kept.closed().await, b"", "{name}");
    }
}

/// A client that asks again before it knows is told, and not cut off.
#[tokio::test]
async fn a_kept_connection_hears_that_the_gateway_stops() {
    for (method, path) in [("GET", "/ready"), ("POST", CHAT)] {
        let mut gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
        let mut kept = idle(&gateway).await;
        gateway.signal("TERM").await;
        draining(&gateway).await;
        kept.request(method, path, &[], b"{}").await;
        let reply = kept.reply().await;
        assert_eq!((reply.status, reply.header("connection")), (503, Some("close")), "{path}");
        assert_eq!(kept.closed().await, b"", "{path}");
        assert_eq!(gateway.exit_code().await, Some(0), "{path}: {:#?}", gateway.stderr());
    }
}

#[tokio::test]
async fn open_answers_finish() {
    let upstream = mock(takes_a_while()).await;
    let mut gateway = Gateway::before(&upstream, &[]).await;
    let mut listener = Listener::ask(&gateway, question("Why?")).await;
    listener.until("summary.prompt").await;
    gateway.signal("TERM").await;
    draining(&gateway).await;
    let heard = listener.rest().await;
    assert_eq!((heard.answer.as_str(), heard.finish()), (ANSWER, "stop"));
    let began = Instant::now();
    assert_eq!(gateway.exit_code().await, Some(0), "{:#?}", gateway.stderr());
    assert!(began.elapsed() < QUICKLY, "{:?}", began.elapsed());
}

/// What was begun is answered; the connection takes nothing more.
#[tokio::test]
async fn a_connection_ends_with_the_answer_that_was_open() {
    let upstream = mock(takes_a_while()).await;
    let mut gateway = Gateway::before(&upstream, &[]).await;
    let mut wire = gateway.connect().await;
    wire.send(head("POST", CHAT, &[("Content-Length", "5")]).as_bytes()).await;
    // It has the head by then, and waits for the body.
    gateway.get("/healthz").await;
    gateway.signal("TERM").await;
    draining(&gateway).await;
    // In one write: whoever wrote again might find the connection closed by then.
    wire.send(["wrong", &head("GET", "/ready", &[])].concat().as_bytes()).await;
    let reply = wire.reply().await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(wire.closed().await, b"");
    assert_eq!(gateway.exit_code().await, Some(0));
}

/// Whoever asks between the signal and the end is told to go elsewhere.
#[tokio::test]
async fn a_gateway_that_stops_is_not_ready() {
    let none = [("POST", CHAT, 503), ("GET", "/ready", 503), ("GET", "/health/ready", 503)];
    for (method, path, status) in none.into_iter().chain([("GET", "/healthz", 200)]) {
        let stopping = CancellationToken::new();
        stopping.cancel();
        let settings = read(&Invocation::default()).expect("the defaults are valid");
        let doors = Doors::default();
        let router = router(app::relay(&settings, None, &doors).unwrap(), http_config(), stopping);
        let body = Body::from(question("Why?").to_string());
        let request = Request::builder().method(method).uri(path).body(body).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let word = match (method, status) {
            ("POST", _) => "shutting_down",
            (_, 503) => "draining",
            _ => "ok",
        };
        assert!(text.contains(word), "{path}: {text}");
    }
}

fn http_config() -> HttpConfig {
    HttpConfig {
        allow_models: vec![],
        summary_model: None,
        visibility: Visibility::Summary,
        cors_origins: vec![],
        playground: false,
        max_body_bytes: 1000,
        max_concurrent_streams: 1,
        max_connections: 1,
        trusted_proxies: Vec::new(),
        metrics_apart: false,
        tracer: Tracer::default(),
        shutdown_grace: Duration::ZERO,
    }
}

#[tokio::test]
async fn answers_that_outlast_the_grace_end_with_an_error() {
    let upstream = mock(hangs()).await;
    let mut gateway = Gateway::before(&upstream, &[("SHUTDOWN_GRACE", "0.5")]).await;
    let mut listener = Listener::ask(&gateway, question("Why?")).await;
    listener.until("output.delta").await;
    let began = Instant::now();
    gateway.signal("TERM").await;
    let error = listener.until("error").await;
    let Event::Error(error) = error else { unreachable!("it is named so") };
    assert_eq!((error.code.as_str(), error.status, error.fatal), ("shutting_down", 503, true));
    assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
    let heard = listener.rest().await;
    assert_eq!(heard.finish(), "error");
    assert_eq!(gateway.exit_code().await, Some(0), "{:#?}", gateway.stderr());
    assert!(began.elapsed() < QUICKLY, "{:?}", began.elapsed());
    let line = gateway.until_logged(|line| line["code"] == "shutting_down").await;
    assert_eq!(line["status"], 503, "{line}");
    soon("the upstream's end", upstream.until_idle()).await;
}

/// Before the head there is still a status to say it with.
#[tokio::test]
async fn requests_that_outlast_the_grace_are_refused() {
    let upstream = mock(json!({"header_delay_ms": 600_000})).await;
    for stream in [true, false] {
        let mut gateway = Gateway::before(&upstream, &[("SHUTDOWN_GRACE", "0.2")]).await;
        let mut body = question("Why?");
        body["stream"] = json!(stream);
        let mut wire = gateway.connect().await;
        let before = upstream.counts().calls;
        wire.chat(body).await;
        soon("the calls", upstream.until(|calls| calls.len() as u64 >= before + 2)).await;
        gateway.signal("TERM").await;
        let reply = wire.reply().await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (503, &json!("shutting_down")),
            "{stream}"
        );
        assert_eq!(gateway.exit_code().await, Some(0), "{:#?}", gateway.stderr());
    }
}

#[tokio::test]
async fn a_second_signal_stops_it_at_once() {
    let upstream = mock(hangs()).await;
    let mut gateway = Gateway::before(&upstream, &[]).await;
    let mut listener = Listener::ask(&gateway, question("Why?")).await;
    listener.until("output.delta").await;
    gateway.signal("TERM").await;
    draining(&gateway).await;
    let began = Instant::now();
    gateway.signal("TERM").await;
    assert_eq!(gateway.exit_code().await, Some(130), "{:#?}", gateway.stderr());
    assert!(began.elapsed() < QUICKLY, "{:?}", began.elapsed());
    soon("the upstream's end", upstream.until_idle()).await;
}

/// A connection that never sends its request is no answer to wait for.
#[tokio::test]
async fn silent_connections_do_not_hold_it_up() {
    let mut gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let _silent = gateway.connect().await;
    let mut half = gateway.connect().await;
    half.send(b"GET /healthz HTTP/1.1\r\nHo").await;
    let _kept = idle(&gateway).await;
    let began = Instant::now();
    gateway.signal("TERM").await;
    assert_eq!(gateway.exit_code().await, Some(0), "{:#?}", gateway.stderr());
    assert!(began.elapsed() < QUICKLY, "{:?}", began.elapsed());
}
