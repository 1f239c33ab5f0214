//! The gateway's own events: the data of each, and the parts that it is made of.
#![expect(dead_code, reason = "described, and never made: events are written by their own types")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::errors::ErrorCode;

/// `summary.prompt`: what was asked, in a few words.
#[derive(ToSchema)]
pub(super) struct PromptSummary {
    /// The summary.
    text: String,
    /// The request's id, as in `X-Request-Id`.
    request_id: String,
    source: Source,
}

/// `summary.reasoning`: how the model thought, in a few words. Nothing of the answer comes before it.
#[derive(ToSchema)]
pub(super) struct ReasoningSummary {
    /// The summary; empty where the model did not think.
    text: String,
    /// The request's id.
    request_id: String,
    source: Source,
}

/// `summary.reasoning.delta`: how the model has thought so far, told while it thinks.
#[derive(ToSchema)]
pub(super) struct ReasoningSummaryDelta {
    /// The text, or more of it: texts with the same `index` are one line, in pieces.
    text: String,
    /// Which line it belongs to, from 0; an index never returns.
    index: u32,
    /// The model began to think anew: the lines before this one are about thoughts that are void.
    /// Left out where it is `false`.
    #[schema(required = false)]
    restarted: bool,
    /// The request's id.
    request_id: String,
}

/// `reasoning.delta`: more of the raw reasoning, for those who asked for it and may see it.
#[derive(ToSchema)]
pub(super) struct ReasoningDelta {
    /// What the model thought, word for word.
    text: String,
    /// The request's id.
    request_id: String,
}

/// `output.delta`: more of the answer.
#[derive(ToSchema)]
pub(super) struct OutputDelta {
    /// The text; all of them joined are the answer.
    text: String,
    /// The request's id.
    request_id: String,
}

/// `output.done`: the one event that ends every stream.
#[derive(ToSchema)]
pub(super) struct OutputDone {
    finish_reason: FinishReason,
    #[schema(required = false)]
    usage: Usage,
    timings: Timings,
    /// Oddities that a client may want to show.
    warnings: Vec<Warning>,
    attempts: Attempts,
    /// Complete tool calls, arguments joined; left out where there are none.
    #[schema(required = false)]
    tool_calls: Vec<ToolCall>,
    /// The request's id.
    request_id: String,
}

/// `error`: fatal, or a remark before a fallback.
#[derive(ToSchema)]
pub(super) struct ErrorEvent {
    /// One sentence for a person.
    message: String,
    stage: Stage,
    /// A short cause, such as `timeout`; never text of the upstream's.
    #[schema(required = true)]
    detail: Option<String>,
    code: ErrorCode,
    /// The HTTP status that this would have been before the stream began.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Whether asking again may help.
    retryable: bool,
    /// Whether the stream ends here; else a fallback follows, and the stream goes on.
    fatal: bool,
    error: OpenAiError,
    /// The request's id.
    request_id: String,
}

/// The same error for OpenAI's SDKs, which raise when they see it.
#[derive(ToSchema)]
pub(super) struct OpenAiError {
    /// One sentence for a person; for a request that is not valid, every wrong member.
    message: String,
    /// The class of error, as OpenAI's SDKs know it.
    r#type: ErrorClass,
    /// The first request member that is at fault, if any.
    #[schema(required = true)]
    param: Option<String>,
    code: ErrorCode,
}

/// A class of error.
#[derive(ToSchema)]
pub(super) enum ErrorClass {
    #[serde(rename = "not_found_error")]
    NotFound,
    #[serde(rename = "rate_limit_error")]
    RateLimit,
    #[serde(rename = "invalid_request_error")]
    InvalidRequest,
    #[serde(rename = "server_error")]
    Server,
}

/// Who wrote a summary: `model`, the summary model; `second_model`, another one, because the first one
/// failed; `rolling`, the summary model, but while the model still thought; `fallback`, the gateway,
/// from first sentences of the text; `metadata`, the gateway, from how long and how much was thought;
/// `none`, nobody: there was nothing to summarise.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    Model,
    SecondModel,
    Rolling,
    Fallback,
    Metadata,
    None,
}

/// The part of the work that failed: `prompt_summary` and `reasoning_summary` never end a stream.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    PromptSummary,
    ReasoningSummary,
    UpstreamStream,
    Gateway,
}

/// Why the answer ended. `error`: it broke off, and is not complete; everything else only if the
/// upstream said so.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FinishReason {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
    Error,
}

/// Something odd that did not stop the answer: `missing_final`, reasoning was closed and no answer
/// opened; `late_reasoning`, the model thought again, and it stays hidden; `bad_utf8`, bytes became
/// U+FFFD; `missing_done`, the upstream left out its mark of the end; `reasoning_truncated`, all
/// tokens went into reasoning; `empty_output`, nothing was said; `too_many_tool_calls`, some were
/// left out; `unknown_finish_reason`, told as `stop`.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Warning {
    MissingFinal,
    LateReasoning,
    #[serde(rename = "bad_utf8")]
    BadUtf8,
    MissingDone,
    ReasoningTruncated,
    EmptyOutput,
    TooManyToolCalls,
    UnknownFinishReason,
}

/// Token counts, as the upstream gave them; it may count more than is listed here.
#[derive(ToSchema)]
pub(super) struct Usage {
    /// Tokens of the request.
    #[schema(required = false)]
    prompt_tokens: u64,
    /// Tokens of reasoning and answer together.
    #[schema(required = false)]
    completion_tokens: u64,
    /// Both.
    #[schema(required = false)]
    total_tokens: u64,
    /// What each of the three calls has cost; with live summaries alone.
    #[schema(required = false)]
    calls: CallUsages,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

/// What each of the three calls has cost; told with live summaries.
#[derive(ToSchema)]
pub(super) struct CallUsages {
    /// Left out where it was not called.
    #[schema(required = false)]
    prompt_summary: CallUsage,
    /// What the answer has cost, all its calls together.
    answer: CallUsage,
    /// Left out where it was not called.
    #[schema(required = false)]
    reasoning_summary: CallUsage,
}

/// What one kind of call has cost, all its calls together.
#[derive(ToSchema)]
pub(super) struct CallUsage {
    /// How often it was called.
    calls: u32,
    /// Tokens of the requests, where the upstream counts.
    #[schema(required = false)]
    prompt_tokens: u64,
    /// Tokens of the replies, where the upstream counts.
    #[schema(required = false)]
    completion_tokens: u64,
    /// Tokens of these that were reasoning; of the answer alone.
    #[schema(required = false)]
    reasoning_tokens: u64,
    /// `true` where the gateway has estimated `reasoning_tokens`, from four bytes each.
    #[schema(required = false)]
    estimated: bool,
}

/// Milliseconds since the request arrived; what did not happen is left out.
#[derive(ToSchema)]
pub(super) struct Timings {
    /// The prompt summary was ready.
    #[schema(required = false)]
    prompt_summary: u64,
    /// The first reasoning came from upstream.
    #[schema(required = false)]
    first_reasoning: u64,
    /// The first line of a live summary was sent to the client.
    #[schema(required = false)]
    first_live: u64,
    /// The reasoning was complete.
    #[schema(required = false)]
    reasoning_end: u64,
    /// The reasoning summary was ready.
    #[schema(required = false)]
    reasoning_summary: u64,
    /// The first answer text came from upstream.
    #[schema(required = false)]
    first_answer_upstream: u64,
    /// The first answer text was sent to the client.
    #[schema(required = false)]
    first_answer_sent: u64,
    /// How long the answer waited for the summaries: `first_answer_sent` less `first_answer_upstream`.
    #[schema(required = false)]
    stall: u64,
    /// All of it.
    #[schema(required = false)]
    total: u64,
}

/// How many calls were made.
#[derive(ToSchema)]
pub(super) struct Attempts {
    /// Calls for the prompt summary.
    a: u32,
    /// Calls for the answer.
    b: u32,
    /// Calls for the reasoning summary.
    c: u32,
}

/// A tool call, as the upstream made it.
#[derive(ToSchema)]
pub(super) struct ToolCall {
    /// Which of the calls this is.
    index: u32,
    /// What the tool's result refers to.
    #[schema(required = false)]
    id: String,
    /// `function`, where the upstream says so.
    #[schema(required = false)]
    r#type: String,
    /// The function that is called, and its arguments.
    function: ToolFunction,
}

/// The function that a tool call names.
#[derive(ToSchema)]
pub(super) struct ToolFunction {
    /// Its name.
    #[schema(required = false)]
    name: String,
    /// Its arguments: a text that is JSON.
    #[schema(required = false)]
    arguments: String,
}
