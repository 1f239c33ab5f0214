//! The events that a client hears, and their wire form.
//!
//! ```text
//! event: summary.prompt      data: {"text","request_id","source"}
//! event: summary.reasoning   data: {"text","request_id","source"}
//! event: output.delta        data: {"text","request_id"}
//! event: output.done         data: {"request_id","finish_reason","usage","timings","warnings","attempts","tool_calls"}
//! event: error               data: {"message","stage","request_id","detail","code","status","retryable","fatal","error"}
//! ```
//!
//! Which order they come in is [`Order`](crate::Order)'s business.

use serde::{Deserialize, Serialize};

use crate::piece::{FinishReason, ToolCall, Usage};
use crate::sse;

/// One event of the ordered stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// `summary.prompt`: what was asked.
    PromptSummary(Summary),
    /// `summary.reasoning`: how the model thought.
    ReasoningSummary(Summary),
    /// `output.delta`: more of the answer.
    OutputDelta(String),
    /// `error`: fatal, or a remark before a fallback.
    Error(ErrorEvent),
    /// `output.done`: the one event that ends every stream.
    OutputDone(Done),
}

/// A summary, and who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The summary itself.
    pub text: String,
    /// Where the text comes from.
    pub source: Source,
}

/// Who wrote a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The summary model.
    Model,
    /// The gateway itself: first sentences of the text, because the model's summary failed.
    Fallback,
    /// Nobody: there was nothing to summarise.
    None,
}

/// Which part of the work an error belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Call A.
    PromptSummary,
    /// Call C.
    ReasoningSummary,
    /// Call B.
    UpstreamStream,
    /// The gateway itself.
    Gateway,
}

/// What went wrong, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorEvent {
    /// One sentence for a person.
    pub message: String,
    /// The part of the work it belongs to.
    pub stage: Stage,
    /// A short cause, such as `timeout`; never text of the upstream's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// A stable identifier, such as `upstream_reset`.
    pub code: String,
    /// The HTTP status that this would have been before the stream began.
    pub status: u16,
    /// Whether asking again may help.
    pub retryable: bool,
    /// Whether the stream ends here; else a fallback follows and the stream goes on.
    pub fatal: bool,
    /// The same for OpenAI's SDKs, which raise when they see it.
    pub error: OpenAiError,
}

/// OpenAI's error object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAiError {
    /// One sentence for a person.
    pub message: String,
    /// The class of error, such as `server_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The request member it is about, if any.
    pub param: Option<String>,
    /// A stable identifier.
    pub code: Option<String>,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The upstream's own reason, or `error`.
    pub finish_reason: FinishReason,
    /// Token counts, if the upstream gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// When what happened.
    #[serde(default)]
    pub timings: Timings,
    /// Oddities that a client may want to show, such as `missing_final`.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// How many calls were made.
    #[serde(default)]
    pub attempts: Attempts,
    /// Complete tool calls, arguments joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
}

/// Milliseconds since the request arrived; what did not happen has no value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// The prompt summary was ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_summary: Option<u64>,
    /// The first reasoning came from upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_reasoning: Option<u64>,
    /// The reasoning was complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_end: Option<u64>,
    /// The reasoning summary was ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_summary: Option<u64>,
    /// The first answer text came from upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_answer_upstream: Option<u64>,
    /// The first answer text was sent to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_answer_sent: Option<u64>,
    /// `first_answer_sent` − `first_answer_upstream`: the price of order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall: Option<u64>,
    /// All of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// Calls made upstream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attempts {
    /// Calls for the prompt summary.
    pub a: u32,
    /// Calls for the answer.
    pub b: u32,
    /// Calls for the reasoning summary.
    pub c: u32,
}

/// An event with the id of the request it belongs to: what one block on the wire says.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The request's id.
    pub request_id: String,
    /// The event.
    pub event: Event,
}

/// A block whose name is known and whose data is not what that name promises.
#[derive(Debug, thiserror::Error)]
#[error("the data of event {name} is not valid: {cause}")]
pub struct Unreadable {
    /// The event's name.
    pub name: &'static str,
    /// What is wrong with its data.
    pub cause: serde_json::Error,
}

/// An event's data as the wire has it: its own members, and the request's id.
#[derive(Serialize, Deserialize)]
struct Wire<'a, T> {
    #[serde(flatten)]
    body: T,
    #[serde(borrow)]
    request_id: std::borrow::Cow<'a, str>,
}
