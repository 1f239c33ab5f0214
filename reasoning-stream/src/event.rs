//! The events that a client hears, and their wire form.
//!
//! ```text
//! event: summary.prompt      data: {"text","request_id","source"}
//! event: reasoning.delta    data: {"text","request_id"}
//! event: summary.reasoning.delta  data: {"text","index","restarted","request_id"}
//! event: summary.reasoning   data: {"text","request_id","source"}
//! event: output.delta        data: {"text","request_id"}
//! event: output.done         data: {"request_id","finish_reason","usage","timings","warnings","attempts","tool_calls"}
//! event: error               data: {"message","stage","request_id","detail","code","status","retryable","fatal","error"}
//! ```
//!
//! Which order they come in is [`Order`](crate::Order)'s business.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::piece::{FinishReason, ToolCall, Usage};

/// One event of the ordered stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// `summary.prompt`: what was asked.
    PromptSummary(Summary),
    /// `reasoning.delta`: what the model thinks, word for word, for those who may see it.
    RawReasoning(String),
    /// `summary.reasoning.delta`: how it has thought so far, for those who asked for it live.
    ReasoningDelta(SummaryDelta),
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

/// More of a summary that grows while the model thinks.
///
/// Texts with the same index are one line, in pieces; lines are joined with `\n`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryDelta {
    /// The text itself.
    pub text: String,
    /// Which line it belongs to, from 0; an index never returns.
    pub index: u32,
    /// The model began to think anew: the lines before this one are about thoughts that are void.
    #[serde(default, skip_serializing_if = "is_false")]
    pub restarted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Who wrote a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The summary model.
    Model,
    /// The second summary model, because the first one failed.
    SecondModel,
    /// The summary model, but not about the end: the lines that were written while the model thought.
    Rolling,
    /// The gateway itself: first sentences of the text, because the model's summary failed.
    Fallback,
    /// The gateway itself: how long and how much was thought, because the model's summary failed.
    Metadata,
    /// Nobody: there was nothing to summarise.
    None,
}

impl Source {
    /// Whether a model wrote it: then live lines, if there were any, have said the same.
    pub const fn is_of_a_model(self) -> bool {
        matches!(self, Self::Model | Self::SecondModel | Self::Rolling)
    }
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
    /// A short cause, such as `timeout`, or nothing; never text of the upstream's.
    #[serde(default)]
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

impl OpenAiError {
    /// The class of error that OpenAI's SDKs know for an HTTP status.
    pub const fn kind_of(status: u16) -> &'static str {
        match status {
            404 => "not_found_error",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        }
    }
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
    /// The first line of a live summary was sent to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_live: Option<u64>,
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
struct Wire<B, I> {
    #[serde(flatten)]
    body: B,
    request_id: I,
}

/// The data of `output.delta` and `reasoning.delta`.
#[derive(Serialize, Deserialize)]
struct Delta<T> {
    text: T,
}

impl Event {
    /// The event's name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PromptSummary(_) => "summary.prompt",
            Self::RawReasoning(_) => "reasoning.delta",
            Self::ReasoningDelta(_) => "summary.reasoning.delta",
            Self::ReasoningSummary(_) => "summary.reasoning",
            Self::OutputDelta(_) => "output.delta",
            Self::Error(_) => "error",
            Self::OutputDone(_) => "output.done",
        }
    }

    /// Appends the event as one block of an event stream.
    pub fn write(&self, request_id: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(self.name().as_bytes());
        out.extend_from_slice(b"\ndata: ");
        self.write_data(request_id, out);
        out.extend_from_slice(b"\n\n");
    }

    /// Appends the event's data: one JSON object, on one line.
    pub fn write_data(&self, request_id: &str, out: &mut Vec<u8>) {
        match self {
            Self::PromptSummary(body) | Self::ReasoningSummary(body) => {
                write_json(&Wire { body, request_id }, out);
            }
            Self::ReasoningDelta(body) => write_json(&Wire { body, request_id }, out),
            Self::RawReasoning(text) | Self::OutputDelta(text) => {
                write_delta(text, request_id, out);
            }
            Self::Error(body) => write_json(&Wire { body, request_id }, out),
            Self::OutputDone(body) => write_json(&Wire { body, request_id }, out),
        }
    }
}

/// Assembled by hand, because most of a stream is deltas: nothing is allocated but room in `out`.
fn write_delta(text: &str, request_id: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"text\":");
    write_string(text, out);
    out.extend_from_slice(b",\"request_id\":");
    write_string(request_id, out);
    out.push(b'}');
}

/// Most texts need no escapes, which is seen at once for many bytes, and not for each by itself.
fn write_string(text: &str, out: &mut Vec<u8>) {
    let needs_escape = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
        return write_json(text, out);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("events have string keys, and memory takes all bytes");
}

impl Envelope {
    /// Reads one block; `None` where the name is no event's. Unknown members are skipped.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if the data is not what the name promises.
    pub fn read(name: &str, data: &str) -> Result<Option<Self>, Unreadable> {
        let envelope = match name {
            "summary.prompt" => read_as("summary.prompt", data, Event::PromptSummary),
            "reasoning.delta" => {
                read_as("reasoning.delta", data, |delta: Delta<_>| Event::RawReasoning(delta.text))
            }
            "summary.reasoning" => read_as("summary.reasoning", data, Event::ReasoningSummary),
            "summary.reasoning.delta" => {
                read_as("summary.reasoning.delta", data, Event::ReasoningDelta)
            }
            "output.delta" => {
                read_as("output.delta", data, |delta: Delta<_>| Event::OutputDelta(delta.text))
            }
            "error" => read_as("error", data, Event::Error),
            "output.done" => read_as("output.done", data, Event::OutputDone),
            _ => return Ok(None),
        };
        envelope.map(Some)
    }
}

fn read_as<B: DeserializeOwned>(
    name: &'static str,
    data: &str,
    event: impl FnOnce(B) -> Event,
) -> Result<Envelope, Unreadable> {
    let wire: Wire<B, String> =
        serde_json::from_str(data).map_err(|cause| Unreadable { name, cause })?;
    Ok(Envelope { request_id: wire.request_id, event: event(wire.body) })
}
