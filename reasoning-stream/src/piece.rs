//! What a model's stream turns into: reasoning, answer, and the few facts around them.

use serde::{Deserialize, Serialize};

/// One thing that a model's stream said, in the order in which it was said.
///
/// Joined `Reasoning` texts, less what `Retract` takes back, are the reasoning; joined `Answer`
/// texts are the answer. A `ReasoningEnd` stands between the last reasoning and whatever follows
/// it. There is always at least one, before the first `Answer`, even when there was no reasoning.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// More reasoning. After a `ReasoningEnd` it means that the model thinks again.
    Reasoning(String),
    /// The last so many bytes of the reasoning were none: they return as `Answer`, or were a tag.
    Retract(usize),
    /// The reasoning is complete, as far as can be told.
    ReasoningEnd,
    /// More of the answer.
    Answer(String),
    /// Parts of tool calls, to be merged by index.
    ToolCalls(Vec<ToolCall>),
    /// Why the model stopped. Text that was held back, usage and the end may still follow.
    Finish(FinishReason),
    /// What the request cost.
    Usage(Box<Usage>),
    /// The stream said that it is over (`[DONE]`); what follows is ignored.
    Done,
    /// Something odd that did not stop the stream. Each kind is reported once.
    Warning(Warning),
    /// The stream can't be read on. Nothing follows.
    Fault(StreamFault),
}

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum FinishReason {
    /// It had said all.
    Stop,
    /// It reached a token limit.
    Length,
    /// It wants tools to be called.
    ToolCalls,
    /// A filter cut it off.
    ContentFilter,
    /// It broke: the answer is not complete.
    Error,
    /// A reason outside OpenAI's list, handed on as it came.
    Other(String),
}

impl FinishReason {
    /// The reason as the wire has it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Error => "error",
            Self::Other(other) => other,
        }
    }
}

impl From<&str> for FinishReason {
    fn from(reason: &str) -> Self {
        match reason {
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => Self::Stop,
            "length" | "max_tokens" | "model_length" => Self::Length,
            "tool_calls" | "tool_use" | "function_call" => Self::ToolCalls,
            "content_filter" | "safety" | "sensitive" => Self::ContentFilter,
            "error" | "abort" | "network_error" | "insufficient_system_resource" => Self::Error,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl From<String> for FinishReason {
    fn from(reason: String) -> Self {
        Self::from(reason.as_str())
    }
}

impl From<FinishReason> for String {
    fn from(reason: FinishReason) -> Self {
        reason.as_str().to_owned()
    }
}

/// Token counts, as the upstream gave them; members beyond OpenAI's three are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Tokens of reasoning and answer together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// Both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    /// Whatever else the upstream counts.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}

/// A tool call, or a part of one: parts with the same index are one call, arguments joined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Which of the calls this is.
    #[serde(default)]
    pub index: u32,
    /// The call's id; only the first part has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `function`, where the upstream says so.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Name and arguments.
    #[serde(default)]
    pub function: ToolFunction,
}

/// The function that a tool call names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolFunction {
    /// Its name; only the first part has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// More of its arguments, a text that is JSON once complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}

/// Something odd that did not stop the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warning {
    /// Reasoning was closed and no `<final>` came.
    MissingFinal,
    /// Reasoning came after the answer had begun; it stays hidden.
    LateReasoning,
    /// Bytes that are not UTF-8 became U+FFFD.
    BadUtf8,
    /// The stream ended without `[DONE]`.
    MissingDone,
}

impl Warning {
    /// The warning as `output.done` names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingFinal => "missing_final",
            Self::LateReasoning => "late_reasoning",
            Self::BadUtf8 => "bad_utf8",
            Self::MissingDone => "missing_done",
        }
    }
}

/// Why a stream can't be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    /// One line, or one event, is longer than the limit.
    #[error("a line of the stream is longer than {limit} bytes")]
    LineTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// An event's data is not the JSON that it should be. The data itself is never part of the message.
    #[error("an event of the stream is not valid JSON")]
    Malformed,
    /// The upstream reported an error inside the stream.
    #[error("the upstream reported an error inside its stream")]
    Reported(ReportedError),
}

/// An error object found inside a stream that began with status 200.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportedError {
    /// The HTTP status it names (a numeric `code` or `status`), if any.
    pub status: Option<u16>,
    /// `code`, or else `type`: an identifier, at most 64 characters of `[A-Za-z0-9_.-]`, or nothing.
    pub code: Option<String>,
}
