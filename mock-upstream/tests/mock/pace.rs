//! How long things take. A busy machine may take longer, never shorter: only lower bounds hold.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use mock_upstream::{Options, Server, Style};

use crate::wire::{ask, question, server, summary_call};

#[tokio::test]
async fn tokens_come_at_the_pace_asked_for() {
    let options = Options::instant().with_style(Style::Plain);
    let options = options.with_pace(100.0, Duration::from_millis(60));
    let server = Server::start(options).await.unwrap();
    let mut body = question("?");
    body["mock"] = json!({"answer": 11});
    for stream in [true, false] {
        body["stream"] = json!(stream);
        let began = Instant::now();
        ask(&server, &body).await;
        assert!(began.elapsed() >= Duration::from_millis(140), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn scripted_waits_are_kept() {
    for script in [
        json!({"header_delay_ms": 80}),
        json!({"ttft_ms": 80}),
        json!({"gap_ms": 80}),
        json!({"token_delay_ms": 20, "answer": 5, "style": "plain"}),
        json!({"tps": 50, "answer": 5, "style": "plain"}),
        json!({"stall": {"token": 3, "ms": 80}}),
        json!({"stall": {"token": 3, "ms": 80, "noise": "comments", "every_ms": 5}}),
    ] {
        let server = server(script.clone()).await;
        let began = Instant::now();
        let got = ask(&server, &question("?")).await;
        assert!(began.elapsed() >= Duration::from_millis(75), "{script}: {:?}", began.elapsed());
        assert!(got.complete && got.text().ends_with("data: [DONE]\n\n"), "{script}");
    }
}

#[tokio::test]
async fn summaries_take_their_time() {
    let options = Options { summary_ms: Duration::from_millis(80), ..Options::instant() };
    let server = Server::start(options).await.unwrap();
    let began = Instant::now();
    ask(&server, &summary_call("Summarize.", "A text.")).await;
    assert!(began.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn dropping_the_server_ends_everything() {
    let server = server(json!({"stall": {}})).await;
    let addr = server.addr();
    let request = crate::wire::post("/v1/chat/completions", "", &question("?"));
    let mut socket = crate::wire::open(&server, &request).await;
    crate::wire::read_until(&mut socket, "assistant").await;
    drop(server);
    let got = tokio::time::timeout(Duration::from_secs(5), crate::wire::read_all(socket)).await;
    assert!(!got.unwrap().complete);
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
