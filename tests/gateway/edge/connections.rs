//! Connections: one after another request on one of them, and clients of every age.

use futures::StreamExt;
use gateway_client::{Client, Error, Event, Request};
use mock_upstream::Server;
use serde_json::{Value, json};

use crate::process::wire::head;
use crate::process::{Gateway, mock, question, with};

const CHAT: &str = "/v1/chat/completions";
const ANSWER: &str = "one two three";

async fn upstream() -> Server {
    mock(json!([{"when": {"kind": "answer"}, "do": {"answer": ANSWER}}])).await
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let upstream = upstream().await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let mut wire = gateway.connect().await;
    let whole = with(question("hi"), json!({"stream": false}));
    let bodies = [question("hi"), json!({}), whole, json!([]), question("hi")];
    for (body, status) in bodies.iter().zip([200, 422, 200, 422, 200]) {
        wire.chat(body).await;
        let reply = wire.reply().await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
        wire.request("GET", "/healthz", &[], b"").await;
        assert_eq!(wire.reply().await.json(), json!({"status": "ok", "scope": "gateway"}));
    }
}

/// Requests that are sent at once are answered in their order.
#[tokio::test]
async fn requests_may_be_sent_ahead() {
    let upstream = upstream().await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let mut wire = gateway.connect().await;
    for id in ["first", "second", "third"] {
        wire.chat_as(&[("X-Request-Id", id)], question("hi")).await;
    }
    for id in ["first", "second", "third"] {
        let reply = wire.reply().await;
        assert_eq!((reply.status, reply.header("x-request-id")), (200, Some(id)));
        assert!(reply.text().ends_with("\n\n"), "{}", reply.text());
    }
}

/// HTTP/1.0 has no chunks: the connection's end is the answer's.
#[tokio::test]
async fn an_old_client_hears_all() {
    let upstream = upstream().await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let body = question("hi").to_string();
    let head = head("POST", CHAT, &[("Content-Length", &body.len().to_string())]);
    let mut wire = gateway.connect().await;
    wire.send(head.replace("HTTP/1.1", "HTTP/1.0").as_bytes()).await;
    wire.send(body.as_bytes()).await;
    let head = wire.head().await;
    assert_eq!((head.status, head.header("transfer-encoding")), (200, None), "{head:?}");
    let text = String::from_utf8(wire.closed().await).unwrap();
    assert!(text.starts_with("event: summary.prompt\n"), "{text}");
    assert!(text.contains("event: output.done\n") && text.ends_with("\n\n"), "{text}");
}

#[tokio::test]
async fn whoever_asks_before_sending_is_told_to_go_on_or_not() {
    let upstream = upstream().await;
    for (streams, refused) in [("1", false), ("1", true)] {
        let gateway = Gateway::before(&upstream, &[("MAX_CONCURRENT_STREAMS", streams)]).await;
        let mut other = gateway.connect().await;
        if refused {
            let headers = [("Content-Length", "10"), ("Expect", "100-continue")];
            other.send(head("POST", CHAT, &headers).as_bytes()).await;
            assert_eq!(other.head().await.status, 100);
        }
        let body = question("hi").to_string();
        let length = body.len().to_string();
        let headers = [("Content-Length", length.as_str()), ("Expect", "100-continue")];
        let mut wire = gateway.connect().await;
        wire.send(head("POST", CHAT, &headers).as_bytes()).await;
        let first = wire.head().await;
        assert_eq!(first.status, if refused { 503 } else { 100 });
        if !refused {
            wire.send(body.as_bytes()).await;
            assert_eq!(wire.reply().await.status, 200);
        }
    }
}

#[tokio::test]
async fn head_asks_without_a_body() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let mut wire = gateway.connect().await;
    wire.request("HEAD", "/healthz", &[], b"").await;
    assert_eq!(wire.head().await.status, 200);
    wire.request("GET", "/ready", &[], b"").await;
    assert_eq!(wire.reply().await.json()["status"], "ready");
}

/// The client's library agrees with the gateway about the wire.
#[tokio::test]
async fn the_client_library_hears_what_is_said() {
    let upstream = upstream().await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let client = Client::new(&format!("http://{}", gateway.addr)).unwrap();
    for stream in [true, false] {
        let request = Request::new("Why?").model("m");
        let request = Request { stream, ..request };
        let mut conversation = client.ask(&request).await.unwrap();
        let (mut names, mut answer) = (Vec::new(), String::new());
        while let Some(event) = conversation.next().await {
            let event = event.unwrap();
            names.push(event.name());
            if let Event::OutputDelta(text) = event {
                answer.push_str(&text);
            }
        }
        names.dedup();
        let order = ["summary.prompt", "summary.reasoning", "output.delta", "output.done"];
        assert_eq!((names.as_slice(), answer.as_str()), (&order[..], ANSWER), "{stream}");
    }
    let refused = client.ask(&Request::new("Why?").model(" ")).await;
    let Err(Error::Refused(problem)) = refused else { panic!("it is refused: {refused:?}") };
    assert_eq!(problem.status, 422, "{problem:?}");
}

/// Every request has one line in the log, with what an operator wants to know of it.
#[tokio::test]
async fn each_request_is_logged_once() {
    let upstream = mock(json!([
        {"when": {"kind": "answer", "model": "down"}, "do": {"status": 400}},
        {"when": {"kind": "answer", "model": "breaks"}, "do": {"answer": ANSWER, "chars": 5, "reset": {"token": 5}}},
    ]))
    .await;
    let gateway = Gateway::before(&upstream, &[("UPSTREAM_MAX_RESTARTS", "0")]).await;
    let asked = |model: &str, stream: bool| {
        with(question("hi"), json!({"model": model, "stream": stream})).to_string()
    };
    for (id, body, status, code) in [
        ("stream", asked("m", true), 200, "stop"),
        ("whole", asked("m", false), 200, "stop"),
        ("refused", asked("down", false), 400, "upstream_refused"),
        ("broken", asked("breaks", true), 502, "upstream_reset"),
        ("invalid", "{}".to_owned(), 422, "invalid_request"),
        ("no-json", "{".to_owned(), 400, "invalid_json"),
    ] {
        let mut wire = gateway.connect().await;
        wire.chat_as(&[("X-Request-Id", id)], body).await;
        wire.reply().await;
        let line = gateway.until_logged(|line| line["request_id"] == id).await;
        assert_eq!((&line["status"], &line["code"]), (&json!(status), &json!(code)), "{line}");
        assert!(line["took_ms"].is_u64(), "{line}");
        let message = line["message"].as_str().unwrap();
        for part in [&status.to_string(), code] {
            assert!(message.contains(part), "{part}: {message}");
        }
        if code == "stop" {
            assert!(line["ttft_ms"].is_u64() && line["attempts.b"] == 1, "{line}");
        }
        // Another request's line comes after all of this one's.
        let mut wire = gateway.connect().await;
        let next = format!("after-{id}");
        wire.chat_as(&[("X-Request-Id", &next)], "{").await;
        wire.reply().await;
        gateway.until_logged(|line| line["request_id"] == next).await;
        assert_eq!(gateway.logged_of(id).len(), 1, "{:#?}", gateway.logged_of(id));
    }
    gateway.get("/healthz").await;
    let probes = |line: &Value| line["path"] == "/healthz";
    assert!(!gateway.log().iter().any(probes), "a probe's success is no news");
}
