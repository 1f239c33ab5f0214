//! Limits, and the corners of HTTP/1.1 that clients use.

use serde_json::json;
use tokio::io::AsyncWriteExt;

use mock_upstream::{Ending, Options, Server, Style};

use crate::wire::{
    ask, idle, open, post, question, read_all, read_one, read_until, request, send, server,
};

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let options = Options { max_connections: 1, ..Options::instant() };
    let server = Server::start(options.with_style(Style::Plain)).await.unwrap();
    server.set_script(json!([{"when": {"attempt": 1}, "do": {"stall": {}}}])).unwrap();
    let ask = post("/v1/chat/completions", "", &question("?"));
    let mut first = open(&server, &ask).await;
    read_until(&mut first, "assistant").await;
    let second = open(&server, &ask).await;
    assert_eq!(server.calls().len(), 1);
    drop(first);
    assert!(read_all(second).await.complete);
    let calls = idle(&server).await;
    assert!(calls[1].began >= calls[0].ended.unwrap().1, "{calls:?}");
}

#[tokio::test]
async fn old_calls_make_room() {
    let options = Options { kept_calls: 2, ..Options::instant() };
    let server = Server::start(options).await.unwrap();
    for prompt in ["one", "two", "three"] {
        ask(&server, &question(prompt)).await;
    }
    let calls = idle(&server).await;
    let prompts = calls.iter().map(|call| &call.body["messages"][0]["content"]).collect::<Vec<_>>();
    assert_eq!(prompts, ["two", "three"]);
    assert_eq!((server.counts().calls, server.counts().completed), (3, 3));
}

#[tokio::test]
async fn a_call_that_made_room_still_ends() {
    let options = Options { kept_calls: 1, ..Options::instant() };
    let server = Server::start(options).await.unwrap();
    server.set_script(json!([{"when": {"attempt": 1}, "do": {"stall": {}}}])).unwrap();
    let stalled = open(&server, &post("/v1/chat/completions", "", &question("?"))).await;
    server.until_calls(1).await;
    ask(&server, &question("?")).await;
    assert_eq!(server.open_streams(), 1);
    drop(stalled);
    while server.open_streams() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((server.counts().client_left, server.counts().open), (1, 0));
    assert_eq!(server.calls()[0].ending(), Some(Ending::Completed));
}

#[tokio::test]
async fn http_1_0_gets_no_chunks() {
    let server = server(json!({})).await;
    let body = question("?").to_string();
    let request =
        request("POST", "/v1/chat/completions", "", &body).replace("HTTP/1.1", "HTTP/1.0");
    let got = send(&server, &request).await;
    assert_eq!((got.status, got.header("transfer-encoding")), (200, None));
    assert!(got.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_client_that_waits_with_its_body_is_told_to_go_on() {
    let server = server(json!({"style": "plain", "answer": "yes"})).await;
    let headers = "connection: close\r\nexpect: 100-continue\r\n";
    let request = request("POST", "/v1/chat/completions", headers, &question("?").to_string());
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut socket = open(&server, &format!("{head}\r\n\r\n")).await;
    assert!(read_until(&mut socket, "\r\n\r\n").await.starts_with("HTTP/1.1 100 "));
    socket.write_all(body.as_bytes()).await.unwrap();
    assert_eq!(read_all(socket).await.said("content"), "yes");
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_in_turn() {
    let server = server(json!({"style": "plain", "answer": "yes"})).await;
    let one = request("POST", "/v1/chat/completions", "", &question("?").to_string());
    let mut socket = open(&server, &one).await;
    socket
        .write_all(request("GET", "/healthz", "connection: close\r\n", "").as_bytes())
        .await
        .unwrap();
    assert_eq!(read_one(&mut socket).await.said("content"), "yes");
    assert_eq!(read_all(socket).await.json(), json!({"status": "ok"}));
}

#[tokio::test]
async fn a_head_request_gets_only_the_head() {
    let server = server(json!({})).await;
    for (path, status) in [("/healthz", 200), ("/nowhere", 404), ("/v1/chat/completions", 405)] {
        let got = send(&server, &request("HEAD", path, "connection: close\r\n", "")).await;
        assert_eq!((got.status, got.text().as_str()), (status, ""), "{path}");
        assert_ne!(got.header("content-length"), Some("0"), "{path}");
    }
}

#[tokio::test]
async fn a_request_can_come_byte_by_byte() {
    let server = server(json!({"style": "plain", "answer": "yes"})).await;
    let mut socket = open(&server, "").await;
    for byte in post("/v1/chat/completions", "", &question("größer?")).as_bytes() {
        socket.write_all(std::slice::from_ref(byte)).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(read_all(socket).await.said("content"), "yes");
    assert_eq!(server.calls()[0].body["messages"][0]["content"], "größer?");
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_before_the_head_too() {
    for script in [json!({"header_delay_ms": 600_000}), json!({"ttft_ms": 600_000})] {
        for stream in [true, false] {
            let server = server(script.clone()).await;
            let mut body = question("?");
            body["stream"] = json!(stream);
            let socket = open(&server, &post("/v1/chat/completions", "", &body)).await;
            server.until_calls(1).await;
            drop(socket);
            let calls = idle(&server).await;
            assert_eq!(calls[0].ending(), Some(Ending::ClientLeft), "{script}, stream {stream}");
        }
    }
}

#[tokio::test]
async fn a_large_prompt_is_fine() {
    let server = server(json!({})).await;
    let got = ask(&server, &question(&"all work and no play ".repeat(150_000))).await;
    assert!(got.complete && got.said("content").contains("play"));
}
