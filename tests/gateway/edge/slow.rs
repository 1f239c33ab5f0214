//! Waits that are bounded by seconds: all in one test, at the same time.

use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use reasoning_stream::Order;
use serde_json::json;
use tokio::time::{Instant, interval, timeout};

use crate::process::listener::Listener;
use crate::process::wire::{Wire, head};
use crate::process::{Gateway, mock, question, soon};

const CHAT: &str = "/v1/chat/completions";

/// Seconds until something happened, which must lie in a range.
#[track_caller]
#[expect(clippy::print_stdout, reason = "a measured figure is worth a line")]
fn assert_between(what: &str, began: Instant, least: f64, most: f64) {
    let took = began.elapsed().as_secs_f64();
    println!("{what} after {took:.1} s");
    assert!((least..=most).contains(&took), "{what} after {took:.1} s");
}

/// A head that comes letter by letter.
async fn a_dribbled_head_is_closed(gateway: &Gateway) {
    let began = Instant::now();
    let mut wire = gateway.connect().await;
    let mut letters =
        head("GET", "/healthz", &[("X-Long", &"x".repeat(200))]).into_bytes().into_iter();
    let mut pace = interval(Duration::from_millis(250));
    loop {
        pace.tick().await;
        let letter = letters.next().expect("it is closed before the head is complete");
        let closed = wire.try_send(&[letter]).await.is_err();
        if closed || wire.closed().now_or_never().is_some() {
            break;
        }
    }
    assert_between("a dribbled head was given up", began, 14.0, 20.0);
}

/// A connection that says nothing, before or after a request.
async fn silence_is_closed(gateway: &Gateway, ask_first: bool) {
    let mut wire = gateway.connect().await;
    if ask_first {
        wire.request("GET", "/healthz", &[], b"").await;
        assert_eq!(wire.reply().await.status, 200);
    }
    let began = Instant::now();
    soon("the end of an idle connection", wire.closed()).await;
    assert_between("an idle connection was closed", began, 14.0, 20.0);
}

/// A body that stops arriving.
async fn a_stalled_body_is_a_408(gateway: &Gateway) {
    let began = Instant::now();
    let mut wire = gateway.connect().await;
    let head = head("POST", CHAT, &[("Content-Length", "100")]);
    wire.send(format!("{head}{{\"model\":").as_bytes()).await;
    let reply = wire.reply().await;
    assert_eq!((reply.status, &reply.json()["code"]), (408, &json!("body_timeout")));
    assert_between("a stalled body was refused", began, 9.5, 15.0);
}

/// Comments keep a silent stream alive.
async fn silence_is_filled_with_comments(gateway: &Gateway) {
    let mut wire = gateway.connect().await;
    wire.chat(question("stall")).await;
    assert_eq!(wire.head().await.status, 200);
    let mut text = String::new();
    let mut began = Instant::now();
    while !text.contains(": keep-alive\n\n") {
        let chunk = soon("a keep-alive", wire.chunk()).await.expect("it stays open");
        let chunk = String::from_utf8(chunk.expect("it goes on")).expect("it is text");
        if !chunk.starts_with(':') {
            began = Instant::now();
        }
        text.push_str(&chunk);
    }
    assert_between("a comment came", began, 14.5, 20.0);
    assert!(text.ends_with("\n\n: keep-alive\n\n"), "{text}");
}

/// Whoever takes nothing for half a minute is gone, and the upstream is let go.
async fn an_unread_stream_is_dropped() {
    let upstream = mock(json!([
        {"when": {"kind": "answer"}, "do": {"endless": "answer", "coalesce": 20}},
    ]))
    .await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let mut wire = Wire::connect_small(gateway.addr).await;
    wire.chat(question("never read")).await;
    let began = Instant::now();
    let limit = Duration::from_secs(60);
    let gone = gateway.until_logged(|line| line["status"] == 499);
    timeout(limit, gone).await.expect("a client that reads nothing is dropped");
    assert_between("a client that reads nothing was dropped", began, 25.0, 40.0);
    soon("the upstream's end", upstream.until_idle()).await;
}

/// Whoever waits, and then goes on reading, misses nothing.
async fn a_patient_reader_hears_all(gateway: &Gateway) {
    let mut wire = Wire::connect_small(gateway.addr).await;
    let mut body = question("Go on.");
    body["model"] = json!("patient");
    wire.chat(body).await;
    let mut pause = interval(Duration::from_secs(20));
    pause.tick().await;
    pause.tick().await;
    let heard = Listener::on(wire, Order::default()).await.rest().await;
    assert_eq!(heard.finish(), "stop", "{:?}", heard.errors);
    assert!(heard.answer == "word ".repeat(60_000), "{} bytes came", heard.answer.len());
}

#[tokio::test]
async fn waits_are_bounded() {
    let upstream = mock(json!([
        {"when": {"kind": "answer", "model": "patient"}, "do": {"answer": "word ".repeat(60_000)}},
        {"when": {"kind": "answer"}, "do": {"stall": {"token": 3}}},
    ]))
    .await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let gateway = &gateway;
    join_all([
        a_dribbled_head_is_closed(gateway).boxed_local(),
        silence_is_closed(gateway, false).boxed_local(),
        silence_is_closed(gateway, true).boxed_local(),
        a_stalled_body_is_a_408(gateway).boxed_local(),
        silence_is_filled_with_comments(gateway).boxed_local(),
        an_unread_stream_is_dropped().boxed_local(),
        a_patient_reader_hears_all(gateway).boxed_local(),
    ])
    .await;
}
