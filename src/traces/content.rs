//! What was asked, thought and answered, as OpenTelemetry's conventions have it: JSON in an attribute,
//! each of them with a limit.

use reasoning_stream::{FinishReason, Piece};
use serde::Deserialize;
use serde_json::{Value, json};

use super::names;
use super::span::Span;

/// Bytes of text in one attribute.
const MAX_TEXT: usize = 8 * 1024;
/// Messages in one attribute.
const MAX_MESSAGES: usize = 64;
/// What stands where text was cut.
const CUT: &str = "…";

/// A message of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    role: Value,
    content: Value,
    tool_call_id: Value,
}

/// What was thought and said so far.
#[derive(Debug, Default)]
pub(super) struct Heard {
    reasoning: Bounded,
    answer: Bounded,
    finish: Option<FinishReason>,
}

/// A text that stops growing.
#[derive(Debug, Default)]
struct Bounded {
    text: String,
    is_cut: bool,
}

impl Bounded {
    fn push(&mut self, more: &str) {
        if self.is_cut {
            return;
        }
        let room = MAX_TEXT - self.text.len();
        self.text.push_str(&more[..more.floor_char_boundary(room)]);
        if more.len() > room {
            self.is_cut = true;
            self.text.push_str(CUT);
        }
    }

    /// The last bytes were none.
    fn retract(&mut self, bytes: usize) {
        if !self.is_cut {
            let kept = self.text.len().saturating_sub(bytes);
            self.text.truncate(self.text.floor_char_boundary(kept));
        }
    }

    fn part(&self, kind: &str) -> Option<Value> {
        (!self.text.is_empty()).then(|| json!({"type": kind, "content": self.text}))
    }
}

impl Heard {
    pub(super) fn hear(&mut self, piece: &Piece) {
        match piece {
            Piece::Reasoning(text) => self.reasoning.push(text),
            Piece::Retract(bytes) => self.reasoning.retract(*bytes),
            Piece::Answer(text) => self.answer.push(text),
            Piece::Finish(reason) => self.finish = Some(reason.clone()),
            Piece::ReasoningEnd
            | Piece::ToolCalls(_)
            | Piece::Usage(_)
            | Piece::Warning(_)
            | Piece::Done
            | Piece::Fault(_) => {}
        }
    }

    /// A whole answer.
    pub(super) fn answer(&mut self, text: &str) {
        self.answer.push(text);
    }

    pub(super) fn quote(&self, span: &mut Span) {
        let parts = [self.reasoning.part("reasoning"), self.answer.part("text")];
        let parts: Vec<Value> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            let finish = self.finish.as_ref().map(FinishReason::as_str);
            let message = json!([{"role": "assistant", "parts": parts, "finish_reason": finish}]);
            span.set(names::OUTPUT_MESSAGES, message.to_string());
        }
    }
}

impl Message {
    fn is_instruction(&self) -> bool {
        matches!(self.role.as_str(), Some("system" | "developer"))
    }

    /// Its parts, as long as there is room. What is no text is named by its type alone.
    fn parts(&self, room: &mut usize) -> Vec<Value> {
        let mut text = |text: &str| {
            let kept = &text[..text.floor_char_boundary(*room)];
            *room -= kept.len();
            let cut = if kept.len() < text.len() { CUT } else { "" };
            let content = format!("{kept}{cut}");
            match self.tool_call_id.as_str() {
                Some(id) => json!({"type": "tool_call_response", "id": id, "response": content}),
                None => json!({"type": "text", "content": content}),
            }
        };
        match &self.content {
            Value::String(content) => vec![text(content)],
            Value::Array(parts) => parts
                .iter()
                .take(MAX_MESSAGES)
                .map(|part| match part["text"].as_str() {
                    Some(content) => text(content),
                    None => json!({"type": kind(part)}),
                })
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![],
        }
    }
}

/// The type of a part, which is a word of the interface's and no text of its own.
fn kind(part: &Value) -> &str {
    let kind = part["type"].as_str().filter(|kind| kind.len() <= 32);
    kind.unwrap_or("other")
}

/// The instructions of a request; nothing if there are none.
pub(super) fn system_instructions(all: &[Message]) -> Option<String> {
    let mut room = MAX_TEXT;
    let instructions = all.iter().filter(|message| message.is_instruction()).take(MAX_MESSAGES);
    let parts: Vec<Value> = instructions.flat_map(|message| message.parts(&mut room)).collect();
    (!parts.is_empty()).then(|| Value::from(parts).to_string())
}

/// The messages of a request beside them: the last ones, if there is no room for all.
pub(super) fn messages(all: &[Message]) -> Option<String> {
    let mut room = MAX_TEXT;
    let mut told = Vec::new();
    for message in all.iter().rev().filter(|message| !message.is_instruction()).take(MAX_MESSAGES) {
        if room == 0 {
            break;
        }
        told.push(json!({"role": message.role, "parts": message.parts(&mut room)}));
    }
    told.reverse();
    (!told.is_empty()).then(|| Value::from(told).to_string())
}

#[cfg(test)]
mod tests {
    use reasoning_stream::{FinishReason, Piece};
    use serde_json::{Value, json};

    use super::{Bounded, Heard, MAX_TEXT, Message, messages, system_instructions};

    fn read(all: Value) -> Vec<Message> {
        serde_json::from_value(all).expect("messages")
    }

    fn told(text: Option<String>) -> Value {
        text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("JSON"))
    }

    #[test]
    fn messages_are_told_as_the_conventions_have_them() {
        let all = read(json!([
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "tool", "tool_call_id": "c1", "content": "12 °C"},
            {"role": "user", "content": [{"type": "text", "text": "See:"}, {"type": "image_url"}]},
        ]));
        let instructions = json!([{"type": "text", "content": "Be brief."}]);
        assert_eq!(told(system_instructions(&all)), instructions);
        let expected = json!([
            {"role": "user", "parts": [{"type": "text", "content": "Why?"}]},
            {"role": "assistant", "parts": []},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "12 °C"}]},
            {"role": "user", "parts": [{"type": "text", "content": "See:"}, {"type": "image_url"}]},
        ]);
        assert_eq!(told(messages(&all)), expected);
        assert_eq!((system_instructions(&[]), messages(&[])), (None, None));
    }

    #[test]
    fn the_last_messages_are_told_if_there_is_no_room() {
        let long = "ä".repeat(MAX_TEXT);
        let many: Vec<Value> =
            (0..200).map(|at| json!({"role": "user", "content": format!("{at}")})).collect();
        for (case, all, first, count) in [
            (
                "long",
                json!([{"role": "user", "content": "old"}, {"role": "user", "content": long}]),
                "ä",
                1,
            ),
            ("many", Value::from(many), "136", 64),
        ] {
            let told = messages(&read(all)).expect("messages");
            assert!(told.len() < 2 * MAX_TEXT, "{case}: {}", told.len());
            let told: Value = serde_json::from_str(&told).expect("JSON");
            let text = told[0]["parts"][0]["content"].as_str().expect("a text");
            assert!(text.starts_with(first), "{case}: {text}");
            assert_eq!(told.as_array().map(Vec::len), Some(count), "{case}");
        }
    }

    #[test]
    fn what_is_heard_stops_growing() {
        let mut bounded = Bounded::default();
        for _ in 0..10_000 {
            bounded.push("ä b");
        }
        assert!(bounded.text.len() <= MAX_TEXT + "…".len());
        assert!(bounded.text.ends_with('…'));
        bounded.retract(5);
        assert!(bounded.text.ends_with('…'), "what is cut is not cut again");
    }

    #[test]
    fn thoughts_and_answer_are_parts_of_one_message() {
        let mut heard = Heard::default();
        for piece in [
            Piece::Reasoning("so it is".to_owned()),
            Piece::Retract(3),
            Piece::ReasoningEnd,
            Piece::Answer("4".to_owned()),
            Piece::Answer("2".to_owned()),
            Piece::Finish(FinishReason::Stop),
        ] {
            heard.hear(&piece);
        }
        let parts = [heard.reasoning.part("reasoning"), heard.answer.part("text")];
        let expected = [
            Some(json!({"type": "reasoning", "content": "so it"})),
            Some(json!({"type": "text", "content": "42"})),
        ];
        assert_eq!(parts, expected);
        assert_eq!(Bounded::default().part("text"), None);
    }
}
