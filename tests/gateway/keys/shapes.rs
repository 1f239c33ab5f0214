//! Every refusal at every door in the shape that the door's SDKs read, over a real socket.

use serde_json::{Value, json};

use super::KeyFile;
use crate::process::wire::Reply;
use crate::process::{Gateway, mock, question, with};

/// Each door that answers questions.
const DOORS: [&str; 5] = [
    "/v1/chat/completions",
    "/openai/v1/chat/completions",
    "/v1/responses",
    "/openai/v1/responses",
    "/v1/messages",
];

/// A refusal: what leads to it, its status, OpenAI's type, Anthropic's type, and the code.
struct Refusal {
    case: &'static str,
    key: &'static str,
    members: &'static str,
    status: u16,
    openai: &'static str,
    anthropic: &'static str,
    code: &'static str,
}

const REFUSALS: [Refusal; 6] = [
    Refusal {
        case: "no key",
        key: "",
        members: "{}",
        status: 401,
        openai: "invalid_request_error",
        anthropic: "authentication_error",
        code: "missing_api_key",
    },
    Refusal {
        case: "a wrong key",
        key: "wrong",
        members: "{}",
        status: 401,
        openai: "invalid_request_error",
        anthropic: "authentication_error",
        code: "invalid_api_key",
    },
    Refusal {
        case: "another model",
        key: "alice",
        members: r#"{"model": "other"}"#,
        status: 403,
        openai: "invalid_request_error",
        anthropic: "permission_error",
        code: "model_forbidden",
    },
    Refusal {
        case: "a wrong member",
        key: "alice",
        members: r#"{"temperature": "hot"}"#,
        status: 422,
        openai: "invalid_request_error",
        anthropic: "invalid_request_error",
        code: "invalid_request",
    },
    Refusal {
        case: "too long a prompt",
        key: "alice",
        members: r#"{"model": "m", "user": "u", "LONG": true}"#,
        status: 422,
        openai: "invalid_request_error",
        anthropic: "invalid_request_error",
        code: "context_length_exceeded",
    },
    Refusal {
        case: "too often",
        key: "bob",
        members: "{}",
        status: 429,
        openai: "rate_limit_error",
        anthropic: "rate_limit_error",
        code: "rate_limit_exceeded",
    },
];

/// A question that every door can read.
fn body(members: &str) -> Value {
    let mut members: Value = serde_json::from_str(members).expect("JSON");
    let text = if members["LONG"] == true { "long ".repeat(1_000) } else { "Why?".to_owned() };
    members.as_object_mut().expect("an object").shift_remove("LONG");
    with(with(question(&text), json!({"input": text, "max_tokens": 50})), members)
}

/// The body for a door: Responses know no messages, and chats no input.
fn body_for(door: &str, members: &str) -> Value {
    let mut body = body(members);
    let others: &[&str] =
        if door.ends_with("/responses") { &["messages", "max_tokens"] } else { &["input"] };
    for other in others {
        body.as_object_mut().expect("an object").shift_remove(*other);
    }
    body
}

async fn send(gateway: &Gateway, door: &str, key: &str, body: &Value) -> Reply {
    let mut headers = vec![("Content-Type", "application/json"), ("X-Request-Id", "r-1")];
    headers.extend((!key.is_empty()).then_some(("X-API-Key", key)));
    let mut wire = gateway.connect().await;
    wire.request("POST", door, &headers, body.to_string().as_bytes()).await;
    wire.reply().await
}

/// What a body is: the shape's own members, and the error's type and code.
#[track_caller]
fn assert_anthropic(reply: &Reply, refusal: &Refusal, place: &str) {
    assert_eq!(reply.header("content-type"), Some("application/json"), "{place}");
    assert_eq!(reply.header("request-id"), Some("r-1"), "{place}");
    let body = reply.json();
    let members: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["type", "error", "request_id"], "{place}");
    assert_eq!((&body["type"], &body["request_id"]), (&json!("error"), &json!("r-1")), "{place}");
    assert_eq!(body["error"]["type"], refusal.anthropic, "{place}: {body}");
    assert_eq!(body["error"]["code"], refusal.code, "{place}: {body}");
    assert!(body["error"]["message"].as_str().is_some_and(|it| !it.is_empty()), "{place}: {body}");
}

#[track_caller]
fn assert_openai(reply: &Reply, refusal: &Refusal, place: &str) {
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{place}");
    let body = reply.json();
    let error = &body["error"];
    assert_eq!(error["type"], refusal.openai, "{place}: {body}");
    assert_eq!(error["code"], refusal.code, "{place}: {body}");
    assert!(error["message"].as_str().is_some_and(|it| !it.is_empty()), "{place}: {body}");
    assert!(error.get("param").is_some(), "{place}: {body}");
    assert_eq!((&body["status"], &body["code"]), (&json!(refusal.status), &json!(refusal.code)));
    assert_eq!(body["request_id"], "r-1", "{place}");
}

#[tokio::test]
async fn each_door_refuses_in_its_own_shape() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("shapes");
    let alice = file.make(&["alice", "--models=m"]).await;
    let bob = file.make(&["bob", "--requests-per-minute=1"]).await;
    let settings = [("MAX_PROMPT_TOKENS", "500")];
    let gateway = file.gateway(&upstream, &settings).await;
    assert_eq!(send(&gateway, DOORS[0], &bob, &body_for(DOORS[0], "{}")).await.status, 200);
    let before = upstream.calls().len();
    for door in DOORS {
        for refusal in &REFUSALS {
            let key = match refusal.key {
                "alice" => &alice,
                "bob" => &bob,
                other => other,
            };
            let reply = send(&gateway, door, key, &body_for(door, refusal.members)).await;
            let place = format!("{door}, {}", refusal.case);
            assert_eq!(reply.status, refusal.status, "{place}: {}", reply.text());
            if door == "/v1/messages" {
                assert_anthropic(&reply, refusal, &place);
            } else {
                assert_openai(&reply, refusal, &place);
            }
            let waits = reply.header("retry-after").is_some();
            assert_eq!(waits, refusal.status == 429, "{place}");
            assert!(!reply.text().contains(&alice) && !reply.text().contains(&bob), "{place}");
        }
    }
    assert_eq!(upstream.calls().len(), before, "nobody was called");
}
