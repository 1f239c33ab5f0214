//! A response as a row of events, each numbered and named.

use reasoning_stream::{Done, Event, FinishReason, Source, SummaryDelta, ToolCall, Usage};
use serde_json::{Map, Value, json};

use super::items::{Item, output_text, summary};
use crate::http::gathered::Told;
use crate::http::sse;
use crate::http::tool_calls::{Calls, Step};
use crate::relay::outbox::{Commit, Encoder};

/// Writes the events of one response.
pub(super) struct Stream {
    request_id: String,
    /// The response, without its output.
    response: Map<String, Value>,
    sequence: u64,
    items: Vec<Item>,
    /// The reasoning or the message that is being told.
    open: Option<usize>,
    /// The line of a live summary that is being told, and the part that it is.
    line: Option<(u32, usize)>,
    /// Whether the reasoning was told in lines.
    is_live: bool,
    /// Each tool call that has begun, and the item that it is.
    call_items: Vec<(usize, usize)>,
    calls: Calls,
}

impl Stream {
    pub(super) fn new(
        request_id: &str,
        model: &str,
        created: u64,
        echo: Map<String, Value>,
    ) -> Self {
        let mut response = Map::new();
        for (name, value) in [
            ("id", json!(format!("resp_{request_id}"))),
            ("object", "response".into()),
            ("created_at", created.into()),
            ("status", "in_progress".into()),
            ("background", false.into()),
            ("error", Value::Null),
            ("incomplete_details", Value::Null),
            ("model", model.into()),
        ] {
            response.insert(name.to_owned(), value);
        }
        response.extend(echo);
        Self {
            request_id: request_id.to_owned(),
            response,
            sequence: 0,
            items: Vec::new(),
            open: None,
            line: None,
            is_live: false,
            call_items: Vec::new(),
            calls: Calls::new(request_id),
        }
    }

    fn send(&mut self, kind: &str, members: Value, out: &mut Vec<u8>) {
        let mut data = json!({"type": kind, "sequence_number": self.sequence});
        if let (Some(data), Value::Object(members)) = (data.as_object_mut(), members) {
            data.extend(members);
        }
        self.sequence += 1;
        sse::event(kind, &data, out);
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.sequence == 0 {
            for kind in ["response.created", "response.in_progress"] {
                self.send(kind, json!({"response": self.told()}), out);
            }
        }
    }

    fn id(&self, at: usize) -> String {
        self.items[at].id(&self.request_id, at)
    }

    fn add(&mut self, item: Item, out: &mut Vec<u8>) -> usize {
        let at = self.items.len();
        self.items.push(item);
        let item = self.items[at].wire(&self.id(at), "in_progress");
        self.send("response.output_item.added", json!({"output_index": at, "item": item}), out);
        at
    }

    /// The members that tell which part of which item an event is about.
    fn place(&self, at: usize, index: &str, part: usize) -> Value {
        json!({"item_id": self.id(at), "output_index": at, index: part})
    }

    fn part(&mut self, kind: &str, mut place: Value, members: Value, out: &mut Vec<u8>) {
        if let (Some(place), Value::Object(members)) = (place.as_object_mut(), members) {
            place.extend(members);
        }
        self.send(kind, place, out);
    }

    /// One whole summary is one part.
    fn summarise(&mut self, text: &str, out: &mut Vec<u8>) {
        let part = self.begin_part(out);
        self.go_on(part, text, out);
        self.end_part(part, out);
    }

    /// Raw reasoning is text of the reasoning item, beside its summary.
    fn think(&mut self, text: &str, out: &mut Vec<u8>) {
        let at = self.reasoning(out);
        if let Item::Reasoning { raw, .. } = &mut self.items[at] {
            raw.push_str(text);
        }
        let place = self.place(at, "content_index", 0);
        self.part("response.reasoning_text.delta", place, json!({"delta": text}), out);
    }

    /// Each line of a live summary is a part, told as it comes.
    fn tell_line(&mut self, delta: &SummaryDelta, out: &mut Vec<u8>) {
        self.is_live = true;
        let part = match self.line {
            Some((index, part)) if index == delta.index => part,
            Some(_) | None => {
                self.end_line(out);
                self.begin_part(out)
            }
        };
        self.line = Some((delta.index, part));
        self.go_on(part, &delta.text, out);
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        if let Some((_, part)) = self.line.take() {
            self.end_part(part, out);
        }
    }

    fn begin_part(&mut self, out: &mut Vec<u8>) -> usize {
        let at = self.reasoning(out);
        let Item::Reasoning { summaries, .. } = &mut self.items[at] else { return 0 };
        let part = summaries.len();
        summaries.push(String::new());
        let place = self.place(at, "summary_index", part);
        let members = json!({"part": summary("")});
        self.part("response.reasoning_summary_part.added", place, members, out);
        part
    }

    fn go_on(&mut self, part: usize, more: &str, out: &mut Vec<u8>) {
        let at = self.reasoning(out);
        let Item::Reasoning { summaries, .. } = &mut self.items[at] else { return };
        summaries[part].push_str(more);
        let place = self.place(at, "summary_index", part);
        let members = json!({"delta": more});
        self.part("response.reasoning_summary_text.delta", place, members, out);
    }

    fn end_part(&mut self, part: usize, out: &mut Vec<u8>) {
        let at = self.reasoning(out);
        let Item::Reasoning { summaries, .. } = &self.items[at] else { return };
        let text = summaries[part].clone();
        let place = self.place(at, "summary_index", part);
        let members = json!({"text": text});
        self.part("response.reasoning_summary_text.done", place.clone(), members, out);
        let members = json!({"part": summary(&text)});
        self.part("response.reasoning_summary_part.done", place, members, out);
    }

    fn reasoning(&mut self, out: &mut Vec<u8>) -> usize {
        match self.open {
            Some(at) if matches!(self.items[at], Item::Reasoning { .. }) => at,
            _ => {
                let item = Item::Reasoning { summaries: Vec::new(), raw: String::new() };
                let at = self.add(item, out);
                self.open = Some(at);
                at
            }
        }
    }

    fn message(&mut self, out: &mut Vec<u8>) -> usize {
        if let Some(at) = self.open.filter(|at| matches!(self.items[*at], Item::Message { .. })) {
            return at;
        }
        self.close(out);
        let at = self.add(Item::Message { text: String::new() }, out);
        self.open = Some(at);
        let place = self.place(at, "content_index", 0);
        self.part("response.content_part.added", place, json!({"part": output_text("")}), out);
        at
    }

    fn say(&mut self, more: &str, out: &mut Vec<u8>) {
        let at = self.message(out);
        if let Item::Message { text } = &mut self.items[at] {
            text.push_str(more);
        }
        let place = self.place(at, "content_index", 0);
        let members = json!({"delta": more, "logprobs": []});
        self.part("response.output_text.delta", place, members, out);
    }

    /// Ends the reasoning or the message that is being told.
    fn close(&mut self, out: &mut Vec<u8>) {
        self.end_line(out);
        let Some(at) = self.open.take() else { return };
        if let Item::Message { text } = &self.items[at] {
            let (text, place) = (text.clone(), self.place(at, "content_index", 0));
            let members = json!({"text": text, "logprobs": []});
            self.part("response.output_text.done", place.clone(), members, out);
            let members = json!({"part": output_text(&text)});
            self.part("response.content_part.done", place, members, out);
        }
        if let Item::Reasoning { raw, .. } = &self.items[at]
            && !raw.is_empty()
        {
            let (text, place) = (raw.clone(), self.place(at, "content_index", 0));
            self.part("response.reasoning_text.done", place, json!({"text": text}), out);
        }
        self.item_done(at, out);
    }

    fn item_done(&mut self, at: usize, out: &mut Vec<u8>) {
        let item = self.items[at].wire(&self.id(at), "completed");
        self.send("response.output_item.done", json!({"output_index": at, "item": item}), out);
    }

    fn step(&mut self, step: Step, out: &mut Vec<u8>) {
        match step {
            Step::Begin { at: call, id, name } => {
                self.close(out);
                let item = Item::Call { call_id: id, name, arguments: String::new() };
                let at = self.add(item, out);
                self.call_items.push((call, at));
            }
            Step::More { at: call, arguments: more } => {
                let begun = self.call_items.iter().find(|(begun, _)| *begun == call);
                let Some(&(_, at)) = begun else { return };
                if let Item::Call { arguments, .. } = &mut self.items[at] {
                    arguments.push_str(&more);
                }
                let members = json!({"item_id": self.id(at), "output_index": at, "delta": more});
                self.send("response.function_call_arguments.delta", members, out);
            }
        }
    }

    fn end_calls(&mut self, out: &mut Vec<u8>) {
        for (_, at) in std::mem::take(&mut self.call_items) {
            if let Item::Call { name, arguments, .. } = &self.items[at] {
                let members = json!({"item_id": self.id(at), "output_index": at, "name": name, "arguments": arguments});
                self.send("response.function_call_arguments.done", members, out);
            }
            self.item_done(at, out);
        }
    }

    fn done(&mut self, done: &Done, out: &mut Vec<u8>) {
        let (status, reason) = match &done.finish_reason {
            // Told by the error before.
            FinishReason::Error => return,
            FinishReason::Length => ("incomplete", Some("max_output_tokens")),
            FinishReason::ContentFilter => ("incomplete", Some("content_filter")),
            FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Other(_) => {
                ("completed", None)
            }
        };
        for step in self.calls.finish() {
            self.step(step, out);
        }
        self.close(out);
        self.end_calls(out);
        self.set("status", status.into());
        if let Some(reason) = reason {
            self.set("incomplete_details", json!({"reason": reason}));
        }
        if let Some(spent) = &done.usage {
            self.set("usage", usage(spent));
        }
        self.send(&format!("response.{status}"), json!({"response": self.told()}), out);
    }

    fn set(&mut self, name: &str, value: Value) {
        self.response.insert(name.to_owned(), value);
    }
}

fn usage(usage: &Usage) -> Value {
    let count = |group: &str, name: &str| {
        usage.rest.get(group).and_then(|group| group[name].as_u64()).unwrap_or(0)
    };
    let (input, output) = (usage.prompt_tokens.unwrap_or(0), usage.completion_tokens.unwrap_or(0));
    json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": count("prompt_tokens_details", "cached_tokens")},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": count("completion_tokens_details", "reasoning_tokens")},
        "total_tokens": usage.total_tokens.unwrap_or(input + output),
    })
}

impl Told for Stream {
    fn told(&self) -> Value {
        let status =
            if self.response["status"] == "completed" { "completed" } else { "incomplete" };
        let items = self.items.iter().enumerate();
        let items = items.map(|(at, item)| item.wire(&self.id(at), status));
        let mut response = self.response.clone();
        response.insert("output".to_owned(), items.collect());
        response.into()
    }
}

impl Encoder for Stream {
    fn encode(&mut self, event: &Event, _request_id: &str, out: &mut Vec<u8>) {
        self.begin(out);
        match event {
            Event::RawReasoning(text) => self.think(text, out),
            Event::ReasoningDelta(delta) => self.tell_line(delta, out),
            Event::ReasoningSummary(it) if self.is_live && it.source.is_of_a_model() => {
                self.end_line(out);
            }
            Event::PromptSummary(it) | Event::ReasoningSummary(it) => {
                self.end_line(out);
                if it.source != Source::None {
                    self.summarise(&it.text, out);
                }
            }
            Event::OutputDelta(text) => self.say(text, out),
            Event::Error(error) if error.fatal => {
                self.set("status", "failed".into());
                self.set("error", json!({"code": error.code, "message": error.message}));
                self.send("response.failed", json!({"response": self.told()}), out);
            }
            Event::Error(_) => {}
            Event::OutputDone(ended) => self.done(ended, out),
        }
    }

    fn encode_tool_calls(&mut self, parts: &[ToolCall], _request_id: &str, out: &mut Vec<u8>) {
        self.begin(out);
        for step in self.calls.take(parts) {
            self.step(step, out);
        }
    }

    fn commit(&self) -> Commit {
        Commit::WithTheAnswer
    }
}
