//! A server that plays a transcript, and has its summaries written by another.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt};
use inference_gateway::upstream::error::UpstreamError;
use inference_gateway::upstream::health::Health;
use inference_gateway::upstream::openai::OpenAi;
use inference_gateway::upstream::{Answer, Call, Listed, Upstream};
use reasoning_stream::Framing;
use serde_json::json;

use super::Transcript;

/// A model that has thought already.
pub(super) struct Played {
    stream: Bytes,
    writer: Arc<OpenAi>,
}

impl Played {
    pub(super) fn new(transcript: &Transcript, writer: Arc<OpenAi>) -> Self {
        let chunk = |delta: serde_json::Value, finish: Option<&str>| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
            format!("data: {}\n\n", json!({"choices": [choice]}))
        };
        let stream = [
            chunk(json!({"reasoning_content": transcript.reasoning}), None),
            chunk(json!({"content": transcript.answer}), None),
            chunk(json!({}), Some("stop")),
            "data: [DONE]\n\n".to_owned(),
        ];
        Self { stream: stream.concat().into(), writer }
    }
}

impl Upstream for Played {
    fn stream(&self, _: Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
        let bytes = stream::iter([Ok(self.stream.clone())]).boxed();
        async { Ok(Answer { framing: Framing::Sse, bytes: bytes.into() }) }.boxed()
    }

    fn complete(&self, call: Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
        self.writer.complete(call)
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
        self.writer.models()
    }

    fn health(&self) -> BoxFuture<'static, Health> {
        self.writer.health()
    }
}
