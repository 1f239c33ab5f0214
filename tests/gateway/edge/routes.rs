//! Paths, methods, request ids, CORS, and the body of a problem.

use serde_json::json;

use crate::process::wire::Reply;
use crate::process::{Gateway, mock, question};

/// What every problem's body has, RFC 9457's members and OpenAI's.
#[track_caller]
fn assert_problem(reply: &Reply, status: u16, code: &str, path: &str) {
    let body = reply.json();
    assert_eq!(reply.status, status, "{body}");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{body}");
    assert_eq!(body["type"], format!("urn:inference-gateway:problem:{code}"));
    for (member, expected) in [
        ("status", json!(status)),
        ("code", json!(code)),
        ("instance", json!(path)),
        ("request_id", json!(reply.header("x-request-id"))),
    ] {
        assert_eq!(body[member], expected, "{member}: {body}");
    }
    assert!(body["title"].as_str().is_some_and(|title| !title.is_empty()), "{body}");
    // OpenAI's SDKs show one message only: it tells what `errors` tells.
    if code != "invalid_request" {
        assert_eq!(body["error"]["message"], body["detail"], "{body}");
    }
    assert_eq!(body["error"]["code"], code, "{body}");
    assert!(body["error"]["type"].is_string() && body["error"].get("param").is_some(), "{body}");
}

#[tokio::test]
async fn every_route_answers() {
    let upstream = mock(json!({})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    for (path, member, expected) in [
        ("/healthz", "status", json!("ok")),
        ("/healthz", "scope", json!("gateway")),
        ("/health/live", "status", json!("ok")),
        ("/ready", "status", json!("ready")),
        ("/health/ready", "status", json!("ready")),
        ("/upstream-health", "status", json!("ok")),
        ("/upstream-health", "upstream", json!(true)),
        ("/v1/models", "object", json!("list")),
    ] {
        let reply = gateway.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(reply.json()[member], expected, "{path}");
        assert!(reply.header("x-request-id").is_some(), "{path}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_problems_that_name_the_right_ones() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    for (method, path, status, code, allow) in [
        ("GET", "/nothing", 404, "not_found", None),
        ("GET", "/v1/chat/completions/", 404, "not_found", None),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed", Some("POST")),
        ("POST", "/healthz", 405, "method_not_allowed", Some("GET,HEAD")),
        ("DELETE", "/v1/models", 405, "method_not_allowed", Some("GET,HEAD")),
    ] {
        let mut wire = gateway.connect().await;
        wire.request(method, path, &[], b"").await;
        let reply = wire.reply().await;
        assert_problem(&reply, status, code, path);
        assert_eq!(reply.header("allow"), allow, "{method} {path}");
        let detail = reply.json()["detail"].to_string();
        for route in ["POST /v1/chat/completions", "GET /healthz", "GET /v1/models", "GET /ready"] {
            assert!(detail.contains(route), "{route}: {detail}");
        }
    }
}

#[tokio::test]
async fn plain_request_ids_are_kept_and_others_replaced() {
    let upstream = mock(json!({})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let longest = "x".repeat(64);
    let too_long = "x".repeat(65);
    for (given, kept) in [
        ("abc-1.2_3", true),
        (longest.as_str(), true),
        (too_long.as_str(), false),
        ("two words", false),
        ("quote\"d", false),
        ("", false),
    ] {
        let mut wire = gateway.connect().await;
        wire.chat_as(&[("X-Request-Id", given)], "{").await;
        let reply = wire.reply().await;
        assert_problem(&reply, 400, "invalid_json", "/v1/chat/completions");
        let id = reply.header("x-request-id").unwrap().to_owned();
        assert_eq!(id == given, kept, "{given:?} became {id:?}");
        if !kept {
            assert!(is_uuid_v7(&id), "{id}");
        }
        assert_eq!(gateway.until_logged(|line| line["request_id"] == id).await["status"], 400);
    }
}

fn is_uuid_v7(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts[2].starts_with('7')
}

/// What a browser would send before, and with, a request from this origin.
async fn asked_from(gateway: &Gateway, origin: &str) -> [Reply; 2] {
    let mut wire = gateway.connect().await;
    let preflight = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    wire.request("OPTIONS", "/v1/chat/completions", &preflight, b"").await;
    let preflight = wire.reply().await;
    wire.chat_as(&[("Origin", origin)], question("hi")).await;
    [preflight, wire.reply().await]
}

#[tokio::test]
async fn web_pages_of_listed_origins_alone_may_call() {
    let upstream = mock(json!({})).await;
    let app = "https://app.example";
    for (listed, origin, allowed) in [
        ("", app, None),
        (app, app, Some(app)),
        ("http://other.example,https://app.example", app, Some(app)),
        ("https://other.example", app, None),
        ("*", app, Some("*")),
    ] {
        let gateway = Gateway::before(&upstream, &[("CORS_ORIGINS", listed)]).await;
        let [preflight, answer] = asked_from(&gateway, origin).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        for reply in [&preflight, &answer] {
            assert_eq!(reply.header("access-control-allow-origin"), allowed, "{listed:?}");
        }
        if listed.is_empty() {
            assert_problem(&preflight, 405, "method_not_allowed", "/v1/chat/completions");
        } else {
            assert_eq!(preflight.status, 200, "{listed}");
            let methods = preflight.header("access-control-allow-methods").unwrap();
            assert!(methods.contains("POST"), "{methods}");
            let exposed = answer.header("access-control-expose-headers").unwrap();
            assert!(exposed.contains("x-request-id"), "{exposed}");
        }
    }
}

/// What a browser shows every page, and what is between it and the gateway.
const OPEN_OR_TECHNICAL: [&str; 10] = [
    "cache-control",
    "content-length",
    "content-type",
    "allow",
    "connection",
    "date",
    "transfer-encoding",
    "vary",
    "x-accel-buffering",
    "x-content-type-options",
];

#[tokio::test]
async fn web_pages_may_read_what_headers_say() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let settings = [
        ("CORS_ORIGINS", "*"),
        ("CACHE_TTL", "60"),
        ("RATE_LIMIT_REQUESTS", "2"),
        ("RATE_LIMIT_TOKENS", "9000"),
    ];
    let gateway = Gateway::before(&upstream, &settings).await;
    let mut told = std::collections::BTreeSet::new();
    for (path, status) in
        [("/v1/chat/completions", 200), ("/v1/messages", 200), ("/v1/chat/completions", 429)]
    {
        let mut wire = gateway.connect().await;
        let mut body = question("hi");
        (body["temperature"], body["max_tokens"]) = (json!(0), json!(9));
        let headers = [("Origin", "https://app.example"), ("Content-Type", "application/json")];
        wire.request("POST", path, &headers, body.to_string().as_bytes()).await;
        let reply = wire.reply().await;
        assert_eq!(reply.status, status, "{}", reply.text());
        let exposed = reply.header("access-control-expose-headers").expect("some are exposed");
        let exposed: Vec<&str> = exposed.split(',').map(str::trim).collect();
        let names = reply.headers.iter().map(|(name, _)| name.to_lowercase());
        for name in names.filter(|name| !name.starts_with("access-control-")) {
            let is_open = OPEN_OR_TECHNICAL.contains(&name.as_str());
            assert!(is_open || exposed.contains(&name.as_str()), "{name} can't be read");
            told.insert(name);
        }
    }
    for name in ["x-cache", "x-reasoning-visibility", "ratelimit", "retry-after", "request-id"] {
        assert!(told.contains(name), "{name}: {told:?}");
    }
}

#[tokio::test]
async fn web_pages_may_read_problems_too() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[("CORS_ORIGINS", "*")]).await;
    let mut wire = gateway.connect().await;
    wire.chat_as(&[("Origin", "https://app.example")], "{}").await;
    let reply = wire.reply().await;
    assert_problem(&reply, 422, "invalid_request", "/v1/chat/completions");
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let problem = reply.json();
    let message = problem["error"]["message"].as_str().unwrap();
    for error in problem["errors"].as_array().unwrap() {
        for part in [&error["field"], &error["message"]] {
            assert!(message.contains(part.as_str().unwrap()), "{part}: {message}");
        }
    }
}
