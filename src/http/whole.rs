//! `stream: false`: the same events, gathered into one `chat.completion`.

use reasoning_stream::{Done, Event, Summary};
use serde_json::{Map, Value, json};

use crate::relay::outbox::Encoder;

/// Gathers a whole answer, and writes it when it is complete.
#[derive(Debug)]
pub(super) struct Whole {
    model: String,
    created: u64,
    answer: String,
    prompt: Option<Summary>,
    reasoning: Option<Summary>,
    errors: Vec<Value>,
    raw: String,
}

impl Whole {
    /// `created` is in seconds since 1970.
    pub(super) const fn new(model: String, created: u64) -> Self {
        Self {
            model,
            created,
            answer: String::new(),
            prompt: None,
            reasoning: None,
            errors: Vec::new(),
            raw: String::new(),
        }
    }

    fn completion(&mut self, done: &Done, request_id: &str) -> Value {
        let mut message = json!({"role": "assistant", "content": self.answer});
        if !self.raw.is_empty() {
            message["reasoning_content"] = self.raw.as_str().into();
        }
        if !done.tool_calls.is_empty() {
            message["tool_calls"] = json!(done.tool_calls);
        }
        let mut summaries = Map::new();
        for (name, summary) in [("prompt", &self.prompt), ("reasoning", &self.reasoning)] {
            summaries.extend(summary.iter().map(|summary| (name.to_owned(), json!(summary))));
        }
        let mut completion = json!({
            "id": format!("chatcmpl-{request_id}"),
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{"index": 0, "message": message, "finish_reason": done.finish_reason, "logprobs": null}],
            "summaries": summaries,
            "timings": done.timings,
            "warnings": done.warnings,
            "attempts": done.attempts,
            "request_id": request_id,
        });
        if let Some(usage) = &done.usage {
            completion["usage"] = json!(usage);
        }
        if !self.errors.is_empty() {
            completion["errors"] = std::mem::take(&mut self.errors).into();
        }
        completion
    }
}

impl Encoder for Whole {
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>) {
        match event {
            Event::PromptSummary(summary) => self.prompt = Some(summary.clone()),
            Event::RawReasoning(text) => self.raw.push_str(text),
            Event::ReasoningDelta(_) => {}
            Event::ReasoningSummary(summary) => self.reasoning = Some(summary.clone()),
            Event::OutputDelta(text) => self.answer.push_str(text),
            Event::Error(error) => self.errors.push(json!(error)),
            Event::OutputDone(done) => {
                out.extend_from_slice(self.completion(done, request_id).to_string().as_bytes());
            }
        }
    }
}
