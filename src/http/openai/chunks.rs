//! A streamed chat completion.

use reasoning_stream::{
    Done, ErrorEvent, Event, FinishReason, Source, Summary, SummaryDelta, ToolCall,
};
use serde_json::{Map, Value, json};

use super::reasoning_summary;
use crate::http::sse;
use crate::http::tool_calls::{Calls, Step};
use crate::relay::outbox::{Commit, Encoder};

/// Writes chunks.
pub(super) struct Chunks {
    /// What every chunk begins with.
    head: Vec<u8>,
    /// Whether token counts are wanted.
    usage: bool,
    has_begun: bool,
    /// Raw reasoning stands where the summary otherwise does.
    shows_raw: bool,
    /// The line of a live summary that was told last.
    line: Option<u32>,
    calls: Calls,
}

impl Chunks {
    pub(super) fn new(request_id: &str, model: &str, created: u64, usage: bool) -> Self {
        let (id, model) = (json!(format!("chatcmpl-{request_id}")), json!(model));
        let head = format!(
            "data: {{\"id\":{id},\"object\":\"chat.completion.chunk\",\"created\":{created},\"model\":{model},\"choices\":["
        );
        Self {
            head: head.into(),
            usage,
            has_begun: false,
            shows_raw: false,
            line: None,
            calls: Calls::new(request_id),
        }
    }

    /// The role stands in the first chunk, alone.
    fn begin(&mut self, out: &mut Vec<u8>) {
        if !self.has_begun {
            self.has_begun = true;
            self.delta(&json!({"role": "assistant", "content": ""}), out);
        }
    }

    fn delta(&self, delta: &Value, out: &mut Vec<u8>) {
        self.choice(|out| sse::json(delta, out), None, out);
    }

    /// A summary of the reasoning, or more of it: clients put the pieces together.
    fn summarise(&mut self, text: &str, out: &mut Vec<u8>) {
        self.begin(out);
        let mut delta = Map::from_iter([("content".to_owned(), "".into())]);
        delta.extend(reasoning_summary(text, self.shows_raw));
        self.delta(&delta.into(), out);
    }

    /// Raw reasoning stands where OpenAI's clients look for it.
    fn think(&mut self, text: &str, out: &mut Vec<u8>) {
        self.begin(out);
        self.shows_raw = true;
        let details = json!([{"type": "reasoning.text", "text": text, "index": 0}]);
        let delta = json!({"content": "", "reasoning_content": text, "reasoning_details": details});
        self.delta(&delta, out);
    }

    /// Lines of a live summary follow one another, as they come.
    fn tell_line(&mut self, delta: &SummaryDelta, out: &mut Vec<u8>) {
        match self.line.replace(delta.index) {
            Some(index) if index != delta.index => {
                self.summarise(&format!("\n{}", delta.text), out);
            }
            Some(_) | None => self.summarise(&delta.text, out),
        }
    }

    /// The whole summary at the end: lines that were told are not told again, and one that stands
    /// in for them is a paragraph of its own.
    fn tell_summary(&mut self, summary: &Summary, out: &mut Vec<u8>) {
        match self.line {
            None => self.summarise(&summary.text, out),
            Some(_) if summary.source.is_of_a_model() => {}
            Some(_) => self.summarise(&format!("\n\n{}", summary.text), out),
        }
    }

    /// Assembled by hand, because most of a stream is texts.
    fn text(&self, text: &str, out: &mut Vec<u8>) {
        let delta = |out: &mut Vec<u8>| {
            out.extend_from_slice(b"{\"content\":");
            sse::json(text, out);
            out.push(b'}');
        };
        self.choice(delta, None, out);
    }

    fn choice(
        &self,
        delta: impl FnOnce(&mut Vec<u8>),
        finish: Option<&FinishReason>,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(b"{\"index\":0,\"delta\":");
        delta(out);
        out.extend_from_slice(b",\"logprobs\":null,\"finish_reason\":");
        sse::json(&finish, out);
        let end: &[u8] = if self.usage { b"}],\"usage\":null}\n\n" } else { b"}]}\n\n" };
        out.extend_from_slice(end);
    }

    fn step(&self, step: &Step, out: &mut Vec<u8>) {
        let call = match step {
            Step::Begin { at, id, name } => {
                let function = json!({"name": name, "arguments": ""});
                json!({"index": at, "id": id, "type": "function", "function": function})
            }
            Step::More { at, arguments } => {
                json!({"index": at, "function": {"arguments": arguments}})
            }
        };
        self.delta(&json!({"tool_calls": [call]}), out);
    }

    /// Nothing follows an error, not even the mark of the end: what broke must not look whole.
    fn done(&mut self, done: &Done, out: &mut Vec<u8>) {
        if done.finish_reason == FinishReason::Error {
            return;
        }
        self.begin(out);
        for step in self.calls.finish() {
            self.step(&step, out);
        }
        self.choice(|out| out.extend_from_slice(b"{}"), Some(&done.finish_reason), out);
        if let Some(usage) = done.usage.as_ref().filter(|_| self.usage) {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(b"],\"usage\":");
            sse::json(usage, out);
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

/// An error as OpenAI's SDKs raise it.
fn error(event: &ErrorEvent, request_id: &str, out: &mut Vec<u8>) {
    sse::data(&json!({"error": event.error, "request_id": request_id}), out);
}

impl Encoder for Chunks {
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>) {
        match event {
            Event::PromptSummary(summary) | Event::ReasoningSummary(summary)
                if summary.source == Source::None => {}
            Event::PromptSummary(summary) => {
                self.begin(out);
                self.delta(&json!({"content": "", "prompt_summary": summary}), out);
            }
            Event::RawReasoning(text) => self.think(text, out),
            Event::ReasoningDelta(delta) => self.tell_line(delta, out),
            Event::ReasoningSummary(summary) => self.tell_summary(summary, out),
            Event::OutputDelta(text) => {
                self.begin(out);
                self.text(text, out);
            }
            // A fallback needs no remark.
            Event::Error(event) if event.fatal => error(event, request_id, out),
            Event::Error(_) => {}
            Event::OutputDone(ended) => self.done(ended, out),
        }
    }

    fn encode_tool_calls(&mut self, parts: &[ToolCall], _request_id: &str, out: &mut Vec<u8>) {
        self.begin(out);
        for step in self.calls.take(parts) {
            self.step(&step, out);
        }
    }

    fn commit(&self) -> Commit {
        Commit::WithTheAnswer
    }
}
