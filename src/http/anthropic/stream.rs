//! A message as a row of events. One block is open at a time: what comes for another one waits.

use reasoning_stream::{Done, Event, FinishReason, Source, SummaryDelta, ToolCall, Usage};
use serde_json::{Value, json};

use super::blocks::{Block, SIGNATURE};
use super::problem;
use crate::http::gathered::Told;
use crate::http::sse;
use crate::http::tool_calls::{Calls, Step};
use crate::relay::outbox::{Commit, Encoder};

/// Writes the events of one message.
pub(super) struct Stream {
    id: String,
    model: String,
    /// Whether a thinking block without content stands first.
    omits_thinking: bool,
    has_begun: bool,
    /// Raw reasoning stands where its summary otherwise does.
    shows_raw: bool,
    /// The line of a live summary that was told last.
    line: Option<u32>,
    blocks: Vec<Block>,
    /// Whether the last block is open.
    is_open: bool,
    calls: Calls,
    /// The call that the open block is.
    call: Option<usize>,
    /// Text that came while a call was not complete.
    late: String,
    /// Calls that began while another was not complete.
    waiting: Vec<usize>,
    stop_reason: Option<&'static str>,
    usage: Usage,
}

impl Stream {
    pub(super) fn new(request_id: &str, model: &str, omits_thinking: bool) -> Self {
        Self {
            id: format!("msg_{request_id}"),
            model: model.to_owned(),
            omits_thinking,
            has_begun: false,
            shows_raw: false,
            line: None,
            blocks: Vec::new(),
            is_open: false,
            calls: Calls::new(request_id),
            call: None,
            late: String::new(),
            waiting: Vec::new(),
            stop_reason: None,
            usage: Usage::default(),
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.has_begun {
            return;
        }
        self.has_begun = true;
        let data = json!({"type": "message_start", "message": self.told()});
        sse::event("message_start", &data, out);
        if self.omits_thinking {
            self.open(Block::Thinking { text: String::new() }, out);
            self.close(out);
        }
    }

    fn open(&mut self, block: Block, out: &mut Vec<u8>) {
        self.close(out);
        let (index, start) = (self.blocks.len(), block.start());
        let data = json!({"type": "content_block_start", "index": index, "content_block": start});
        sse::event("content_block_start", &data, out);
        self.blocks.push(block);
        self.is_open = true;
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        self.call = None;
        let Some(index) = self.blocks.len().checked_sub(1) else { return };
        if let Block::Thinking { .. } = self.blocks[index] {
            delta(index, &json!({"type": "signature_delta", "signature": SIGNATURE}), out);
        }
        let data = json!({"type": "content_block_stop", "index": index});
        sse::event("content_block_stop", &data, out);
    }

    /// Adds to the open block.
    fn add(&mut self, more: &str, out: &mut Vec<u8>) {
        let Some(index) = self.blocks.len().checked_sub(1).filter(|_| !more.is_empty()) else {
            return;
        };
        let told = self.blocks[index].add(more);
        delta(index, &told, out);
    }

    fn opened(&self) -> Option<&Block> {
        self.blocks.last().filter(|_| self.is_open)
    }

    /// Both summaries stand in one block, a paragraph each.
    fn summarise(&mut self, text: &str, out: &mut Vec<u8>) {
        if matches!(self.opened(), Some(Block::Thinking { .. })) {
            self.add("\n\n", out);
        } else {
            self.open(Block::Thinking { text: String::new() }, out);
        }
        self.add(text, out);
    }

    /// One block of thinking is either raw or a summary.
    fn think(&mut self, text: &str, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.shows_raw, true) {
            self.open(Block::Thinking { text: String::new() }, out);
        }
        self.add(text, out);
    }

    /// Lines of a live summary follow one another in the block, as they come.
    fn tell_line(&mut self, delta: &SummaryDelta, out: &mut Vec<u8>) {
        match self.line.replace(delta.index) {
            None => self.summarise(&delta.text, out),
            Some(index) if index == delta.index => self.add(&delta.text, out),
            Some(_) => self.add(&format!("\n{}", delta.text), out),
        }
    }

    fn say(&mut self, text: &str, out: &mut Vec<u8>) {
        let must_wait = self.opened().is_some_and(Block::is_unfinished_call);
        if must_wait || !self.late.is_empty() || !self.waiting.is_empty() {
            return self.late.push_str(text);
        }
        if !matches!(self.opened(), Some(Block::Text { .. })) {
            self.open(Block::Text { text: String::new() }, out);
        }
        self.add(text, out);
    }

    fn step(&mut self, step: &Step, out: &mut Vec<u8>) {
        match step {
            Step::Begin { at, .. } => {
                let must_wait = self.opened().is_some_and(Block::is_unfinished_call);
                if must_wait || !self.late.is_empty() || !self.waiting.is_empty() {
                    self.waiting.push(*at);
                } else {
                    self.open_call(*at, out);
                }
            }
            Step::More { at, arguments } if self.call == Some(*at) => self.add(arguments, out),
            Step::More { .. } => {}
        }
    }

    fn open_call(&mut self, at: usize, out: &mut Vec<u8>) {
        let call = self.calls.get(at);
        let (id, name, input) = (call.id.clone(), call.name.clone(), String::new());
        self.open(Block::ToolUse { id, name, input }, out);
        self.call = Some(at);
    }

    /// What waited is told once nothing more can come.
    fn flush(&mut self, out: &mut Vec<u8>) {
        for step in self.calls.finish() {
            self.step(&step, out);
        }
        if !self.late.is_empty() {
            let late = std::mem::take(&mut self.late);
            self.open(Block::Text { text: String::new() }, out);
            self.add(&late, out);
        }
        for at in std::mem::take(&mut self.waiting) {
            self.open_call(at, out);
            let arguments = self.calls.get(at).arguments.clone();
            self.add(&arguments, out);
        }
        self.close(out);
    }

    fn done(&mut self, done: &Done, out: &mut Vec<u8>) {
        if done.finish_reason == FinishReason::Error {
            return;
        }
        self.flush(out);
        let has_calls = self.blocks.iter().any(|block| matches!(block, Block::ToolUse { .. }));
        self.stop_reason = Some(stop_reason(&done.finish_reason, has_calls));
        self.usage = done.usage.clone().unwrap_or_default();
        let delta = json!({"stop_reason": self.stop_reason, "stop_sequence": null});
        let data = json!({"type": "message_delta", "delta": delta, "usage": self.spent()});
        sse::event("message_delta", &data, out);
        sse::event("message_stop", &json!({"type": "message_stop"}), out);
    }

    fn spent(&self) -> Value {
        json!({
            "input_tokens": self.usage.prompt_tokens.unwrap_or(0),
            "output_tokens": self.usage.completion_tokens.unwrap_or(0),
        })
    }
}

fn delta(index: usize, delta: &Value, out: &mut Vec<u8>) {
    let data = json!({"type": "content_block_delta", "index": index, "delta": delta});
    sse::event("content_block_delta", &data, out);
}

/// A model that calls tools and says no more than that it stopped wants them called.
const fn stop_reason(reason: &FinishReason, has_calls: bool) -> &'static str {
    match reason {
        FinishReason::Length => "max_tokens",
        FinishReason::ContentFilter => "refusal",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::Stop | FinishReason::Other(_) | FinishReason::Error if has_calls => {
            "tool_use"
        }
        FinishReason::Stop | FinishReason::Other(_) | FinishReason::Error => "end_turn",
    }
}

impl Told for Stream {
    fn told(&self) -> Value {
        let content: Vec<Value> = self.blocks.iter().map(Block::whole).collect();
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": self.stop_reason,
            "stop_sequence": null,
            "usage": self.spent(),
        })
    }
}

impl Encoder for Stream {
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>) {
        self.begin(out);
        match event {
            Event::ReasoningSummary(_) | Event::ReasoningDelta(_) if self.shows_raw => {}
            Event::RawReasoning(text) => self.think(text, out),
            Event::ReasoningDelta(delta) => self.tell_line(delta, out),
            Event::ReasoningSummary(it) if self.line.is_some() && it.source.is_of_a_model() => {}
            Event::PromptSummary(it) | Event::ReasoningSummary(it) => {
                if it.source != Source::None {
                    self.summarise(&it.text, out);
                }
            }
            Event::OutputDelta(text) => self.say(text, out),
            Event::Error(it) if it.fatal => {
                let body = problem::body(it.status, &it.code, &it.message, request_id);
                sse::event("error", &body, out);
            }
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
