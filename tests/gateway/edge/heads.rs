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

/// Small events come one by one: an acknowledgement that is waited for would cost 40 ms each.
#[tokio::test]
async fn small_events_are_not_held_back() {
    let script = json!([
        {"when": {"kind": "answer"}, "do": {"answer": 60, "reasoning": "hm", "token_delay_ms": 10}},
    ]);
    let upstream = mock(script).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let mut listener = Listener::ask(&gateway, question("Why?")).await;
    let mut gaps = Vec::new();
    let mut last = None;
    while let Some(event) = listener.next().await {
        let now = Instant::now();
        if matches!(event, Event::OutputDelta(_)) {
            gaps.extend(last.replace(now).map(|last| now - last));
        }
    }
    gaps.sort_unstable();
    assert!(gaps.len() >= 40, "deltas were joined: {gaps:?}");
    let (median, ninetieth) = (gaps[gaps.len() / 2], gaps[gaps.len() * 9 / 10]);
    println!("deltas every 10 ms came after {median:?} (median), {ninetieth:?} (p90)");
    assert!(median < Duration::from_millis(25), "{gaps:?}");
    assert!(ninetieth < Duration::from_millis(40), "{gaps:?}");
}
