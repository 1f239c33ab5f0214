//! Every failure of a call, and every refusal at the door, as the document names them.

use std::time::Duration;

use inference_gateway::relay::failure::Failure;
use inference_gateway::upstream::error::{Quiet, UpstreamError};
use reasoning_stream::{Event, Stage};
use serde_json::{Value, json};

use super::answers::{Reader, events};
use super::document;
use crate::keys::KeyFile;
use crate::process::wire::Reply;
use crate::process::{Gateway, mock, question, with};

/// One of each kind, and of each status that makes a difference.
fn all() -> Vec<UpstreamError> {
    use UpstreamError as E;
    let second = Duration::from_secs(1);
    let refused = |status| E::Refused { status, code: None };
    let failed = |status| E::Failed { status, retry_after: None };
    let unsupported = E::Unsupported { field: "tools".to_owned(), what: "tools" };
    let mut all: Vec<E> = [400, 402, 413, 422].map(refused).into();
    all.extend([408, 409, 500, 503, 504, 529].map(failed));
    all.extend([
        E::Unresolved,
        E::Unreachable,
        E::Untrusted,
        unsupported,
        E::Unauthorized,
        E::NotFound,
        E::Busy { retry_after: Some(second) },
        E::QuotaSpent,
        E::Silent { quiet: Quiet::Headers, after: second },
        E::DeadlinePassed(second),
        E::Reset,
        E::Truncated,
        E::Garbled("a test"),
        E::Compressed,
        E::Empty,
        E::NoText,
        E::Filtered,
        E::Quoted,
        E::Late(second),
        E::TooLong { limit: 1 },
        E::Redirected,
        E::CircuitOpen { retry_after: second },
        E::ReasoningLimit("a limit"),
        E::OutputLimit { limit: 1 },
    ]);
    all
}

/// What is told in events alone, because it is about a summary or names a member by itself.
const IN_EVENTS: [&str; 5] =
    ["summary_empty", "summary_filtered", "summary_quotes", "summary_late", "unsupported"];

#[tokio::test]
async fn every_failure_of_a_call_is_described() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let mut reader = Reader::of(&gateway).await;
    let responses = reader.document["paths"]["/v1/chat/completions"]["post"]["responses"].clone();
    for error in all() {
        let failure = Failure::upstream(Stage::UpstreamStream, &error);
        let content = &responses[failure.status.to_string()]["content"];
        let example = content["application/problem+json"]["examples"].get(failure.code);
        assert_eq!(example.is_none(), IN_EVENTS.contains(&failure.code), "{failure:?}");
        let mut out = Vec::new();
        Event::Error(failure.event(true)).write("r-1", &mut out);
        for event in events(&String::from_utf8(out).expect("it is text")) {
            reader.check(
                &json!({"$ref": "#/components/schemas/SummaryStream"}),
                &event,
                "an event",
            );
        }
    }
}

async fn ask_with(gateway: &Gateway, path: &str, key: &str, members: Value) -> Reply {
    let mut wire = gateway.connect().await;
    let headers = [("Content-Type", "application/json"), ("X-API-Key", key)];
    let body = with(with(question("hi"), json!({"input": "hi", "stream": false})), members);
    wire.request("POST", path, &headers, body.to_string().as_bytes()).await;
    wire.reply().await
}

#[tokio::test]
async fn what_a_key_may_not_is_described() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("reference-doors");
    let key = file.make(&["alice", "--models=m", "--requests-per-minute=12"]).await;
    let spent = file.make(&["bob", "--tokens-per-day=1"]).await;
    let gateway = file.gateway(&upstream, &[]).await;
    let mut reader = Reader::of(&gateway).await;
    let mut met = Vec::new();
    for path in ["/v1/chat/completions", "/v1/responses", "/v1/messages"] {
        for (key, members) in [
            ("", json!({})),
            ("igw_wrong", json!({})),
            (&*key, json!({})),
            (&*key, json!({"model": "other"})),
            (&*key, json!({"temperature": 9})),
            (&*spent, json!({})),
            (&*spent, json!({})),
        ] {
            let reply = ask_with(&gateway, path, key, members).await;
            reader.read("POST", path, &reply);
            met.push(reply.status);
        }
    }
    while met.last() != Some(&429) {
        let reply = ask_with(&gateway, "/v1/models", &key, json!({})).await;
        met.push(reply.status);
        assert!(met.len() < 99, "no limit was met: {met:?}");
    }
    reader.read("POST", "/v1/messages", &ask_with(&gateway, "/v1/messages", &key, json!({})).await);
    for status in [200, 401, 403, 422, 429] {
        assert!(met.contains(&status), "{status} was not met: {met:?}");
    }
}

#[tokio::test]
async fn a_model_that_keeps_failing_is_described() {
    let upstream = mock(json!({"status": 500})).await;
    let gateway = Gateway::before(&upstream, &[("UPSTREAM_MAX_RETRIES", "0")]).await;
    let mut reader = Reader::of(&gateway).await;
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let mut status = 0;
        for _ in 0..99 {
            let reply = ask_with(&gateway, path, "none", json!({})).await;
            reader.read("POST", path, &reply);
            status = reply.status;
            if status == 503 {
                break;
            }
        }
        assert_eq!(status, 503, "{path}");
    }
}

#[tokio::test]
async fn each_error_has_an_example_of_its_own() {
    let document = document().await;
    let code = &document["components"]["schemas"]["ErrorCode"]["enum"];
    let told = document["paths"].to_string();
    for code in code.as_array().expect("codes").iter().filter_map(Value::as_str) {
        let is_shown = told.contains(&format!("urn:inference-gateway:problem:{code}\""));
        let is_elsewhere =
            IN_EVENTS.contains(&code) || ["not_found", "method_not_allowed"].contains(&code);
        assert_eq!(is_shown, !is_elsewhere, "{code}");
    }
}
