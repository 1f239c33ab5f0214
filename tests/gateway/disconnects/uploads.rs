//! A client leaves before its request was whole.

use serde_json::json;

use crate::process::wire::head;
use crate::process::{Gateway, mock, question};

#[tokio::test]
async fn half_a_request_reaches_no_upstream() {
    let upstream = mock(json!({})).await;
    let gateway = Gateway::before(&upstream, &[("MAX_CONCURRENT_STREAMS", "1")]).await;
    let body = question("Why?").to_string();
    let length = body.len().to_string();
    for (sent, half_close) in [(0, false), (1, false), (body.len() - 1, false), (10, true)] {
        let mut wire = gateway.connect().await;
        let id = format!("upload-{sent}");
        let headers = [("Content-Length", length.as_str()), ("X-Request-Id", &id)];
        wire.send(head("POST", "/v1/chat/completions", &headers).as_bytes()).await;
        wire.send(&body.as_bytes()[..sent]).await;
        if half_close {
            wire.half_close().await;
        }
        drop(wire);
        let line = gateway.until_logged(|line| line["request_id"] == id).await;
        assert_eq!((&line["status"], &line["code"]), (&json!(499), &json!("client_left")), "{id}");
        assert_eq!(gateway.logged_of(&id).len(), 1, "{id}");
    }
    assert_eq!(upstream.counts().calls, 0);
    assert_eq!(gateway.post(&body).await.status, 200, "its place is free again");
}

#[tokio::test]
async fn half_a_head_is_no_request() {
    let upstream = mock(json!({})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    for part in ["", "P", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n"] {
        let mut wire = gateway.connect().await;
        wire.send(part.as_bytes()).await;
    }
    assert_eq!(gateway.get("/healthz").await.status, 200);
    assert_eq!(upstream.counts().calls, 0);
}
