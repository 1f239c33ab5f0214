//! Dedicated endpoints: asleep, waking up, running; and keys.

use std::time::Duration;

use serde_json::Value;

use mock_upstream::{ColdStart, Options, Server};

use crate::wire::{Got, post, question, request, send};

const CLOSE: &str = "connection: close\r\n";

async fn order(server: &Server, method: &str, verb: &str) -> Value {
    let path = format!("/dedicated/beta/endpoint/ep-1/{verb}");
    send(server, &request(method, &path, CLOSE, "")).await.json()
}

async fn chat(server: &Server, headers: &str) -> Got {
    let mut body = question("?");
    body["model"] = "ep-1:adapter".into();
    send(server, &post("/dedicated/v1/chat/completions", headers, &body)).await
}

fn asleep(wake_ms: u64) -> Options {
    Options { sleeping: true, wake_ms: Duration::from_millis(wake_ms), ..Options::instant() }
}

/// Asks until the endpoint runs; each question is a round trip, so this waits without sleeping.
async fn until_running(server: &Server) -> Vec<String> {
    let mut phases = Vec::new();
    loop {
        let status = order(server, "GET", "status").await;
        if status["status"] == "RUNNING" {
            return phases;
        }
        assert_eq!(status["status"], "AWAKING", "{status}");
        phases.push(status["phase"].as_str().unwrap().to_owned());
        phases.dedup();
    }
}

#[tokio::test]
async fn an_endpoint_wakes_up_in_phases() {
    let server = Server::start(asleep(150)).await.unwrap();
    let status = order(&server, "GET", "status").await;
    assert_eq!((&status["status"], &status["phase"]), (&"SLEEPING".into(), &Value::Null));
    assert!(status["createdAt"].as_str().unwrap().starts_with("20"), "{status}");

    assert_eq!(order(&server, "PUT", "wake").await["status"], "AWAKING");
    let phases = until_running(&server).await;
    assert_eq!(phases, ["REQUESTING_VIRTUAL_MACHINE", "DOWNLOADING_MODEL", "ENGINE_INITIALIZING"]);
    assert_eq!(order(&server, "PUT", "wake").await["status"], "RUNNING");
    assert_eq!(order(&server, "PUT", "sleep").await["status"], "SLEEPING");
    assert_eq!(order(&server, "GET", "status").await["status"], "SLEEPING");
}

#[tokio::test]
async fn a_request_to_a_sleeping_endpoint_is_refused_and_wakes_it() {
    for (retry_after, header) in [(None, None), (Some(3), Some("3"))] {
        let options = Options { retry_after, ..asleep(60) };
        let server = Server::start(options).await.unwrap();
        let refused = chat(&server, "").await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, header));
        until_running(&server).await;
        assert_eq!(chat(&server, "").await.status, 200);
    }
}

#[tokio::test]
async fn a_request_to_a_sleeping_endpoint_can_be_held() {
    let options = Options { cold_start: ColdStart::Hold, ..asleep(80) };
    let server = Server::start(options).await.unwrap();
    let began = tokio::time::Instant::now();
    let got = chat(&server, "").await;
    assert!(began.elapsed() >= Duration::from_millis(80));
    assert!(got.complete && got.said("content").ends_with("</final>"));
}

#[tokio::test]
async fn other_paths_never_sleep() {
    let server = Server::start(asleep(60_000)).await.unwrap();
    assert_eq!(send(&server, &post("/v1/chat/completions", "", &question("?"))).await.status, 200);
}

#[tokio::test]
async fn a_key_can_be_required() {
    let options = Options { require_key: Some("canary".to_owned()), ..Options::instant() };
    let server = Server::start(options).await.unwrap();
    for (case, headers, status) in [
        ("none", "", 401),
        ("wrong", "authorization: Bearer other\r\n", 401),
        ("no bearer", "authorization: canary\r\n", 401),
        ("right", "authorization: Bearer canary\r\n", 200),
    ] {
        let got = chat(&server, headers).await;
        assert_eq!(got.status, status, "{case}");
        assert!(!got.text().contains("canary"), "{case}");
    }
    let path = "/dedicated/beta/endpoint/ep-1/status";
    assert_eq!(send(&server, &request("GET", path, CLOSE, "")).await.status, 401);
    assert_eq!(send(&server, &request("GET", "/healthz", CLOSE, "")).await.status, 200);
}

#[tokio::test]
async fn ids_and_verbs_are_checked() {
    let server = Server::start(Options::instant()).await.unwrap();
    for (method, path, status) in [
        ("GET", "ep-1/wake", 405),
        ("PUT", "ep-1/status", 405),
        ("GET", "ep-1/dance", 404),
        ("GET", "a%20b/status", 404),
        ("GET", "/status", 404),
    ] {
        let path = format!("/dedicated/beta/endpoint/{path}");
        assert_eq!(
            send(&server, &request(method, &path, CLOSE, "")).await.status,
            status,
            "{path}"
        );
    }
}
