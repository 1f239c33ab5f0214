//! Bodies of clients, as a fuzzer makes them: a request or a refusal, never a panic.
//!
//! The fuzz target and the replay of its corpus are the two users.

use inference_gateway::http::validate;
use inference_gateway::relay::request::ChatRequest;
use serde_json::{Value, json};

/// Members that are the gateway's own, or that it writes itself.
const OWN: [&str; 5] = ["model", "messages", "stream", "summary_model", "summaries"];

/// What a client may be told about one body, in bytes: a refusal must not outgrow what it refuses.
const MAX_TOLD: usize = 64 << 10;

pub(crate) fn check(data: &[u8]) {
    match validate::check(data) {
        Ok(request) => check_request(&request, data),
        Err(refusal) => check_refusal(&refusal, data),
    }
}

/// It holds what it must, and says the same when it is written and read again.
fn check_request(request: &ChatRequest, data: &[u8]) {
    assert!(!request.model.trim().is_empty() && !request.messages.is_empty(), "{data:?}");
    for member in OWN {
        assert!(!request.members.contains_key(member), "{member} would go to the upstream");
    }
    let mut body = request.members.clone();
    body.insert("model".into(), request.model.clone().into());
    body.insert("messages".into(), request.messages.clone().into());
    body.insert("stream".into(), request.stream.into());
    body.insert("summary_model".into(), json!(request.summary_model));
    let again = validate::check(Value::Object(body).to_string().as_bytes());
    let again = again.unwrap_or_else(|refusal| panic!("{refusal:?} of a request that was read"));
    assert_eq!(again.model, request.model);
    assert_eq!(again.messages, request.messages);
    assert_eq!(again.members, request.members);
    assert_eq!(
        (again.stream, again.summary_model),
        (request.stream, request.summary_model.clone())
    );
}

/// It says why, briefly.
fn check_refusal(refusal: &validate::Refusal, data: &[u8]) {
    match refusal.status {
        400 => assert!(refusal.errors.is_empty(), "{refusal:?}"),
        422 => assert!(!refusal.errors.is_empty(), "{data:?}"),
        other => panic!("{other} for a body that is at hand"),
    }
    // A number that nothing can hold is named, like any other wrong member.
    let is_json = serde_json::from_slice::<Value>(data)
        .map_or_else(|error| error.to_string().starts_with("number out of range"), |_| true);
    assert_eq!(refusal.status == 422, is_json, "{refusal:?}");
    let told: usize =
        refusal.errors.iter().map(|(field, message)| field.len() + message.len()).sum();
    assert!(told <= MAX_TOLD, "{} bytes of {} wrong members", told, refusal.errors.len());
}
