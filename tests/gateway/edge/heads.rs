//! The head and the pace of a streamed answer.

use std::time::Duration;

use reasoning_stream::Event;
use serde_json::json;
use tokio::time::Instant;

use crate::process::listener::Listener;
use crate::process::{Gateway, mock, question};

#[tokio::test]
async fn a_stream_has_exactly_the_promised_head() {
    let upstream = mock(json!({"answer": "Because of Rayleigh scattering."})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let headers = [("X-Request-Id", "my-id"), ("Accept-Encoding", "gzip, br")];
    let mut listener = Listener::ask_as(&gateway, &headers, question("Why?")).await;
    let head = &listener.head;
    for (name, expected) in [
        ("content-type", Some("text/event-stream; charset=utf-8")),
        ("cache-control", Some("no-cache, no-transform")),
        ("x-accel-buffering", Some("no")),
        ("x-request-id", Some("my-id")),
        ("transfer-encoding", Some("chunked")),
        ("content-encoding", None),
        ("content-length", None),
    ] {
        assert_eq!(head.header(name), expected, "{name}: {head:?}");
    }
    let mut events = 0;
    while let Some(envelope) = listener.next_envelope().await {
        assert_eq!(envelope.request_id, "my-id", "{envelope:?}");
        events += 1;
    }
    assert!(events >= 4, "{events}");
}

#[tokio::test]
async fn blocks_are_named_events_on_one_line_without_ids() {
    let upstream = mock(json!({"answer": "one\ntwo \"three\" 🙂"})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let reply = gateway.post(question("Why?")).await;
    let text = reply.text();
    let mut names = Vec::new();
    for block in text.split_terminator("\n\n").filter(|block| !block.starts_with(':')) {
        let [event, data] = block.lines().collect::<Vec<_>>()[..] else {
            panic!("two lines were expected: {block}")
        };
        names.push(event.strip_prefix("event: ").expect("an event's name"));
        let data = data.strip_prefix("data: ").expect("an event's data");
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data["request_id"].as_str(), reply.header("x-request-id"), "{data}");
    }
    names.dedup();
    assert_eq!(names, ["summary.prompt", "summary.reasoning", "output.delta", "output.done"]);
}

/// The pauses between small events of which the upstream sends one every 10 ms.
async fn pauses(gateway: &Gateway) -> Vec<Duration> {
    let mut listener = Listener::ask(gateway, question("Why?")).await;
    let mut pauses = Vec::new();
    let mut last = None;
    while let Some(event) = listener.next().await {
        let now = Instant::now();
        if matches!(event, Event::OutputDelta(_)) {
            pauses.extend(last.replace(now).map(|last| now - last));
        }
    }
    pauses.sort_unstable();
    pauses
}

/// Events that wait for an acknowledgement of the last ones come in bursts, 40 ms apart: more than
/// every tenth pause would be that long. A machine that is busy with other tests gets three tries.
#[tokio::test]
async fn small_events_are_not_held_back() {
    let script = json!([
        {"when": {"kind": "answer"}, "do": {"answer": 60, "reasoning": "hm", "token_delay_ms": 10}},
    ]);
    let upstream = mock(script).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let mut tries = Vec::new();
    for _ in 0..3 {
        let pauses = pauses(&gateway).await;
        assert!(pauses.len() >= 40, "deltas were joined: {pauses:?}");
        let (median, ninetieth) = (pauses[pauses.len() / 2], pauses[pauses.len() * 9 / 10]);
        println!("deltas every 10 ms came after {median:?} (median), {ninetieth:?} (p90)");
        if median < Duration::from_millis(20) && ninetieth < Duration::from_millis(30) {
            return;
        }
        tries.push(pauses);
    }
    panic!("three times in bursts: {tries:?}");
}
