//! The JSON of a chat completion: chunks of a stream, or the whole.

use serde_json::{Value, json};

use crate::chat_request::Form;
use crate::completion;
use crate::fault::{ToolCallScript, as_text};
use crate::speech::Channel;
use crate::text::tokens;

/// What all chunks of one completion have in common.
#[derive(Debug, Clone)]
pub(crate) struct Chunks {
    pub(crate) id: String,
    /// Unix seconds.
    pub(crate) created: u64,
    pub(crate) model: String,
    /// Whether `usage` stands in every chunk, `null` but in the last.
    pub(crate) with_usage: bool,
    pub(crate) form: Form,
}

/// Token counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    pub(crate) prompt: usize,
    pub(crate) completion: usize,
    pub(crate) reasoning: usize,
}

impl Chunks {
    /// The delta that says who speaks; completions have none.
    pub(crate) fn role(&self) -> Option<String> {
        let role = || self.chunk(r#"{"role":"assistant","content":""}"#, "null");
        (self.form == Form::Chat).then(role)
    }

    /// A delta that says nothing.
    pub(crate) fn nothing(&self) -> String {
        match self.form {
            Form::Chat => self.chunk("{}", "null"),
            Form::Completion => completion::text("").to_string(),
        }
    }

    pub(crate) fn text(&self, channel: Channel, text: &str) -> String {
        if self.form == Form::Completion {
            return completion::text(text).to_string();
        }
        self.chunk(&format!("{{{}:{}}}", quoted(channel.member()), quoted(text)), "null")
    }

    pub(crate) fn finish(&self, reason: &str, counted: Counted) -> String {
        if self.form == Form::Completion {
            return completion::last(&self.model, "", Some(reason), counted).to_string();
        }
        self.chunk("{}", &quoted(reason))
    }

    /// The parts of one tool call: its name first, then its arguments piece by piece.
    pub(crate) fn tool_call(&self, index: usize, call: &ToolCallScript) -> Vec<String> {
        let head = json!({"index": index, "id": call_id(&self.id, index), "type": "function",
            "function": {"name": call.name, "arguments": ""}});
        let arguments = as_text(&call.arguments);
        let pieces = tokens::cut(&arguments, None).into_iter();
        let parts = pieces.map(|piece| json!({"index": index, "function": {"arguments": piece}}));
        let all = std::iter::once(head).chain(parts);
        all.map(|part| self.chunk(&json!({"tool_calls": [part]}).to_string(), "null")).collect()
    }

    pub(crate) fn usage(&self, counted: Counted) -> String {
        format!("{}[],\"usage\":{}}}", self.start(), usage(counted))
    }

    /// The start and the end of a content chunk, for a text that is too long to be built.
    pub(crate) fn around_content(&self) -> (String, String) {
        let chunk = self.text(Channel::Content, "\u{1}");
        let (before, after) = chunk.split_once("\\u0001").unwrap_or((&chunk, ""));
        (before.to_owned(), after.to_owned())
    }

    fn start(&self) -> String {
        format!(
            r#"{{"id":{},"object":"chat.completion.chunk","created":{},"model":{},"choices":"#,
            quoted(&self.id),
            self.created,
            quoted(&self.model)
        )
    }

    fn chunk(&self, delta: &str, finish: &str) -> String {
        let usage = if self.with_usage { r#","usage":null"# } else { "" };
        let start = self.start();
        format!(
            r#"{start}[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]{usage}}}"#
        )
    }

    /// The whole completion, for a request without `stream`.
    pub(crate) fn whole(&self, message: &Value, finish: Option<&str>, counted: Counted) -> Value {
        if self.form == Form::Completion {
            let content = message["content"].as_str().unwrap_or_default();
            return completion::last(&self.model, content, finish, counted);
        }
        json!({"id": self.id, "object": "chat.completion", "created": self.created,
            "model": self.model,
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish}],
            "usage": usage(counted)})
    }
}

/// The id of a tool call, the same in a stream and in a whole completion.
pub(crate) fn call_id(completion: &str, index: usize) -> String {
    format!("call-{}-{index}", completion.trim_start_matches("chatcmpl-"))
}

fn usage(counted: Counted) -> Value {
    json!({"prompt_tokens": counted.prompt, "completion_tokens": counted.completion,
        "total_tokens": counted.prompt + counted.completion,
        "completion_tokens_details": {"reasoning_tokens": counted.reasoning}})
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
