//! A chat completion in one piece.

use reasoning_stream::{Done, Event, Source, Summary, ToolCall};
use serde_json::{Value, json};

use super::reasoning_summary;
use crate::http::sse;
use crate::http::tool_calls::Calls;
use crate::relay::outbox::Encoder;

/// Gathers an answer, and writes it when it is complete.
pub(super) struct Completion {
    model: String,
    created: u64,
    answer: String,
    prompt: Option<Summary>,
    reasoning: Option<Summary>,
    raw: String,
}

impl Completion {
    pub(super) const fn new(model: String, created: u64) -> Self {
        Self {
            model,
            created,
            answer: String::new(),
            prompt: None,
            reasoning: None,
            raw: String::new(),
        }
    }

    fn message(&self, calls: &[ToolCall], request_id: &str) -> Value {
        let silent = self.answer.is_empty() && !calls.is_empty();
        let content = if silent { Value::Null } else { self.answer.as_str().into() };
        let mut message = json!({"role": "assistant", "content": content, "refusal": null});
        if let (Some(members), Some(summary)) = (message.as_object_mut(), &self.reasoning) {
            members.extend(reasoning_summary(&summary.text, !self.raw.is_empty()));
        }
        if !self.raw.is_empty() {
            message["reasoning_content"] = self.raw.as_str().into();
        }
        if let Some(summary) = &self.prompt {
            message["prompt_summary"] = json!(summary);
        }
        if !calls.is_empty() {
            let calls = Calls::all(calls, request_id);
            let calls = calls.iter().map(|call| {
                let function = json!({"name": call.name, "arguments": call.arguments});
                json!({"id": call.id, "type": "function", "function": function})
            });
            message["tool_calls"] = calls.collect();
        }
        message
    }

    fn completion(&self, done: &Done, request_id: &str) -> Value {
        let message = self.message(&done.tool_calls, request_id);
        let mut completion = json!({
            "id": format!("chatcmpl-{request_id}"),
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": done.finish_reason}],
        });
        if let Some(usage) = &done.usage {
            completion["usage"] = json!(usage);
        }
        completion
    }
}

impl Encoder for Completion {
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>) {
        match event {
            Event::PromptSummary(summary) => self.prompt = Some(summary.clone()),
            Event::RawReasoning(text) => self.raw.push_str(text),
            Event::ReasoningSummary(summary) if summary.source != Source::None => {
                self.reasoning = Some(summary.clone());
            }
            Event::OutputDelta(text) => self.answer.push_str(text),
            Event::OutputDone(done) => sse::json(&self.completion(done, request_id), out),
            // A whole answer has no errors: they have a status.
            Event::ReasoningSummary(_) | Event::ReasoningDelta(_) | Event::Error(_) => {}
        }
    }
}
