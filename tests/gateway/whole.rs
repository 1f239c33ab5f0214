//! Whole responses: the client's `stream: false`, and upstreams that answer in one piece.
//!
//! The upstream is wiremock, which counts what it was asked.

mod completion;
mod lists;
mod retries;

use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, body_string_contains, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

use crate::process::question;

/// Calls for the answer.
fn answer_call() -> MockBuilder {
    chat().and(body_partial_json(json!({"stream": true})))
}

/// Calls for the prompt's summary.
fn prompt_call() -> MockBuilder {
    chat().and(body_string_contains("summary of the user's prompt"))
}

/// Calls for the reasoning's summary.
fn reasoning_call() -> MockBuilder {
    chat().and(body_string_contains("summary of a model's reasoning"))
}

fn chat() -> MockBuilder {
    Mock::given(method("POST")).and(path("/chat/completions"))
}

/// One whole completion with this message.
fn completion(message: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }))
}

fn says(text: &str) -> ResponseTemplate {
    completion(&json!({"role": "assistant", "content": text}))
}

/// A stream of these deltas, a finish reason, and token counts.
fn streams(deltas: &[Value], finish_reason: &str) -> ResponseTemplate {
    let chunk = |delta: &Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        format!("data: {}\n\n", json!({"id": "1", "choices": [choice]}))
    };
    let mut body: String = deltas.iter().map(|delta| chunk(delta, Value::Null)).collect();
    body.push_str(&chunk(&json!({}), json!(finish_reason)));
    let usage = json!({"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33});
    body.push_str(&format!("data: {}\n\n", json!({"choices": [], "usage": usage})));
    body.push_str("data: [DONE]\n\n");
    ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")
}

fn tagged() -> ResponseTemplate {
    streams(&[json!({"content": "<analysis>Six times seven.</analysis><final>42</final>"})], "stop")
}

/// An upstream whose summaries are fine.
async fn upstream() -> MockServer {
    let server = MockServer::start().await;
    prompt_call().respond_with(says("A product.")).mount(&server).await;
    reasoning_call().respond_with(says("It multiplied.")).mount(&server).await;
    server
}

/// A request that is not streamed.
fn whole(text: &str) -> Value {
    let mut body = question(text);
    body["stream"] = json!(false);
    body
}
