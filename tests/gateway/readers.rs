//! Readers that are slow: they get all of it, they cost nothing, and the upstream waits for them.

mod fire_hose;

use std::time::Duration;

use mock_upstream::Server;
use reasoning_stream::Order;
use serde_json::{Value, json};
use tokio::time::interval;

use self::fire_hose::FireHose;
use crate::process::listener::{Heard, Listener, hear};
use crate::process::wire::Wire;
use crate::process::{Gateway, mock, question, soon};

/// KiB that a gateway may grow while one slow reader holds back a long answer.
const GROWTH: u64 = 24 * 1024;

/// Text with all that can go wrong between two encodings, of about so many bytes.
fn awkward_text(bytes: usize) -> String {
    let line = "Zoë said: \"naïve\\ 日本語 🙂\u{200d}❤️\" </p> <finals> \t\u{7}\u{2028} & 'n\u{301}'\r\n\n";
    line.repeat(bytes.div_ceil(line.len()))
}

async fn gateway_before(upstream: &Server) -> Gateway {
    Gateway::before(upstream, &[]).await
}

/// A request for the answer alone.
fn plain() -> Value {
    let mut body = question("Go on.");
    body["summaries"] = json!({"prompt": false, "reasoning": false});
    body
}

async fn listen_plain(mut wire: Wire) -> Listener {
    wire.chat(plain()).await;
    Listener::on(wire, Order::expecting(false, false)).await
}

#[track_caller]
fn assert_said(heard: &Heard, expected: &str) {
    assert_eq!(heard.finish(), "stop", "{:?}", heard.errors);
    let same = heard.answer.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    let lengths = (heard.answer.len(), expected.len());
    assert!(heard.answer == expected, "{lengths:?} bytes, the first {same} are the same");
}

#[tokio::test]
async fn large_answers_arrive_to_the_byte() {
    let text = awkward_text(400_000);
    for script in [
        json!({"answer": text, "reasoning": awkward_text(10_000), "coalesce": 7}),
        json!({"answer": text, "style": "field", "coalesce": 50}),
        json!({"answer": text, "style": "plain", "chars": 5000, "split": 1009}),
    ] {
        let upstream = mock(json!([{"when": {"kind": "answer"}, "do": script}])).await;
        let gateway = gateway_before(&upstream).await;
        assert_said(&hear(&gateway, question("Go on.")).await, &text);
    }
}

#[tokio::test]
async fn a_whole_answer_arrives_to_the_byte() {
    let text = awkward_text(400_000);
    let script = json!({"answer": text, "coalesce": 20});
    let upstream = mock(json!([{"when": {"kind": "answer"}, "do": script}])).await;
    let gateway = gateway_before(&upstream).await;
    let mut body = question("Go on.");
    body["stream"] = json!(false);
    let answer = gateway.post(body).await.json();
    assert!(answer["choices"][0]["message"]["content"] == text, "it differs");
}

#[tokio::test]
async fn a_few_bytes_at_a_time_are_enough() {
    let text = awkward_text(2_000);
    let upstream = mock(json!([{"when": {"kind": "answer"}, "do": {"answer": text}}])).await;
    let gateway = gateway_before(&upstream).await;
    let mut wire = Wire::connect_small(gateway.addr).await;
    wire.chat(question("Go on.")).await;
    wire.read_slowly(7);
    let heard = Listener::on(wire, Order::default()).await.rest().await;
    assert_said(&heard, &text);
}

/// The upstream is held back when nobody reads, the memory stays flat, and all of it comes later.
#[tokio::test]
async fn the_upstream_waits_for_the_reader() {
    let hose = FireHose::open(3_000_000).await;
    let gateway = Gateway::at(&hose.url(), &[]).await;
    let before = gateway.memory();
    let listener = listen_plain(Wire::connect_small(gateway.addr).await).await;

    let held_back = soon("back-pressure", hose.until_still()).await;
    let after = gateway.memory();
    println!("the upstream could send {held_back} of {} bytes", hose.total());
    println!("memory: {before} KiB before, {after} KiB with a reader who doesn't read");
    // What lies in the sockets' own buffers, on both sides of the gateway, and hardly more.
    let in_sockets = most_in_sockets();
    assert!(in_sockets < hose.total(), "the sockets' buffers alone could hold all of it");
    assert!(held_back < in_sockets, "{held_back} of {}, {in_sockets} in sockets", hose.total());
    assert!(after < before + GROWTH, "{before} KiB grew to {after} KiB");

    let heard = listener.rest().await;
    assert_said(&heard, &hose.answer());
    let last = gateway.memory();
    assert!(last < before + GROWTH, "{before} KiB grew to {last} KiB");
}

/// What the system may keep between the upstream and the gateway, and a few megabytes for all else.
fn most_in_sockets() -> u64 {
    let limit = |name: &str| {
        let limits =
            std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap_or_default();
        limits.split_whitespace().last().and_then(|most| most.parse().ok()).unwrap_or(6 << 20)
    };
    limit("tcp_rmem") + limit("tcp_wmem") + (4 << 20)
}

/// Each of many readers who don't read costs little.
#[tokio::test]
async fn many_slow_readers_cost_little_each() {
    const READERS: u64 = 16;
    let hose = FireHose::open_for(READERS as usize, 3_000_000).await;
    let gateway = Gateway::at(&hose.url(), &[]).await;
    let before = gateway.memory();
    let mut listeners = Vec::new();
    for _ in 0..READERS {
        listeners.push(listen_plain(Wire::connect_small(gateway.addr).await).await);
    }
    soon("back-pressure", hose.until_still()).await;
    let each = (gateway.memory() - before) / READERS;
    println!("{READERS} readers who don't read cost {each} KiB each");
    assert!(each < 1536, "{each} KiB");
    let heard = listeners.pop().expect("there are many").rest().await;
    assert_said(&heard, &hose.answer());
}

/// An answer that never ends is ended, with all that was allowed of it, and a slow reader costs
/// no more than a fast one.
#[tokio::test]
async fn an_endless_answer_ends_at_the_limit() {
    let hose = FireHose::open(u64::MAX).await;
    let gateway = Gateway::at(&hose.url(), &[]).await;
    let before = gateway.memory();
    let heard = listen_plain(gateway.connect().await).await.rest().await;
    let after = gateway.memory();
    println!("memory: {before} KiB before, {after} KiB after an endless answer");
    assert_eq!(heard.finish(), "error");
    let [error] = &heard.errors[..] else { panic!("one error: {:?}", heard.errors) };
    assert_eq!((error.code.as_str(), error.status, error.fatal), ("output_limit", 502, true));
    let limit = 4 * 1024 * 1024;
    let said = heard.answer.len();
    assert!((limit - 64 * 1024..=limit + 64 * 1024).contains(&said), "{said} bytes came");
    assert!(hose.answer_of(said) == heard.answer, "it differs");
    assert!(after < before + GROWTH, "{before} KiB grew to {after} KiB");
    soon("the upstream's end", hose.until_closed()).await;
}

/// A reader that stops for a while in the middle misses nothing.
#[tokio::test]
async fn a_pause_loses_nothing() {
    let hose = FireHose::open(2_000_000).await;
    let gateway = Gateway::at(&hose.url(), &[]).await;
    let mut listener = listen_plain(Wire::connect_small(gateway.addr).await).await;
    let mut start = String::new();
    let mut pauses = interval(Duration::from_millis(500));
    for _ in 0..3 {
        pauses.tick().await;
        for _ in 0..200 {
            match listener.next().await {
                Some(reasoning_stream::Event::OutputDelta(text)) => start.push_str(&text),
                other => panic!("more of the answer was expected: {other:?}"),
            }
        }
        soon("back-pressure", hose.until_still()).await;
    }
    let mut heard = listener.rest().await;
    heard.answer.insert_str(0, &start);
    assert_said(&heard, &hose.answer());
}
