//! A server that is none: what was said last comes back. No network, no key, no model.

use bytes::Bytes;
use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt, ready};
use futures::stream;
use reasoning_stream::Framing;
use serde_json::{Value, json};

use super::error::UpstreamError;
use super::health::Health;
use super::{Answer, Call, Listed, Upstream};

/// The one model.
const MODEL: &str = "echo";

/// Answers `Echo: …`, streamed word by word, or whole.
pub struct Echo;

impl Upstream for Echo {
    fn stream(&self, call: Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
        let text = answer(&call);
        let deltas = text.split_inclusive(' ').map(|word| json!({"content": word}));
        let chunk = |delta: &Value, finish: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        let mut events: Vec<Value> = deltas.map(|delta| chunk(&delta, Value::Null)).collect();
        events.push(chunk(&json!({}), "stop".into()));
        let blocks = events.iter().map(|event| format!("data: {event}\n\n"));
        let blocks: Vec<_> = blocks
            .chain(["data: [DONE]\n\n".to_owned()])
            .map(|block| Ok(Bytes::from(block)))
            .collect();
        let bytes = stream::iter(blocks).boxed();
        ready(Ok(Answer { framing: Framing::Sse, bytes: bytes.into() })).boxed()
    }

    fn complete(&self, call: Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
        let message = json!({"role": "assistant", "content": answer(&call)});
        let body = json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]});
        ready(Ok(body.to_string().into())).boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
        let model = Listed { name: MODEL.to_owned(), told_apart: None };
        ready(Ok(vec![model])).boxed()
    }

    fn health(&self) -> BoxFuture<'static, Health> {
        let health = Health { reachable: true, status: None, took_ms: 0, detail: None };
        ready(health).boxed()
    }

    fn repeats(&self) -> bool {
        true
    }
}

fn answer(call: &Call) -> String {
    let said = call.material.as_deref().map_or_else(|| said(&call.body), str::to_owned);
    format!("Echo: {said}")
}

fn said(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = body["messages"].as_array();
    let last = messages.and_then(|messages| messages.last()).map(|message| &message["content"]);
    match last {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use futures::{FutureExt, StreamExt};
    use reasoning_stream::{Piece, Reader, ReaderOptions};
    use serde_json::{Value, json};

    use super::{Call, Echo, Upstream};

    #[test]
    fn of_a_summary_what_it_is_about_comes_back() {
        let wrapped = json!({"messages": [{"content": "<text>\nWhy?\n</text>"}]}).to_string();
        for (material, expected) in
            [(Some("Why?"), "Echo: Why?"), (None, "Echo: <text>\nWhy?\n</text>")]
        {
            let call =
                Call { material: material.map(Arc::from), ..Bytes::from(wrapped.clone()).into() };
            let whole = Echo.complete(call).now_or_never().unwrap().unwrap();
            let whole: Value = serde_json::from_slice(&whole).unwrap();
            assert_eq!(whole["choices"][0]["message"]["content"], expected);
        }
    }

    #[test]
    fn what_was_said_comes_back() {
        for (messages, expected) in [
            (json!([{"content": "a"}, {"content": "Why is it so?"}]), "Echo: Why is it so?"),
            (
                json!([{"content": [{"text": "one"}, {"image": 1}, {"text": "two"}]}]),
                "Echo: one\ntwo",
            ),
            (json!([]), "Echo: "),
        ] {
            let body = json!({"messages": messages}).to_string();
            let whole =
                Echo.complete(Bytes::from(body.clone()).into()).now_or_never().unwrap().unwrap();
            let whole: Value = serde_json::from_slice(&whole).unwrap();
            assert_eq!(whole["choices"][0]["message"]["content"], expected);

            let answer = Echo.stream(Bytes::from(body).into()).now_or_never().unwrap().unwrap();
            let blocks: Vec<_> = answer.bytes.collect::<Vec<_>>().now_or_never().unwrap();
            let mut reader = Reader::new(ReaderOptions::default());
            blocks.into_iter().for_each(|block| reader.push(&block.unwrap()));
            reader.finish();
            let mut text = String::new();
            while let Some(piece) = reader.pop() {
                if let Piece::Answer(more) = piece {
                    text.push_str(&more);
                }
            }
            assert_eq!(text, expected);
        }
    }
}
