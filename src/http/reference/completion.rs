//! Whole chat completions, and OpenAI's chunks.
#![expect(dead_code, reason = "described, and never made: encoders write them member by member")]

use utoipa::ToSchema;

use super::errors::ErrorCode;
use super::events::{
    Attempts, FinishReason, OpenAiError, Source, Stage, Timings, ToolCall, Usage, Warning,
};
use super::words;

/// A whole answer with its summaries: what the gateway's own events tell, gathered.
#[derive(ToSchema)]
pub(super) struct SummarisedCompletion {
    /// `chatcmpl-` and the request's id.
    id: String,
    #[schema(schema_with = words::completion)]
    object: String,
    /// Seconds since 1970.
    created: u64,
    /// The model, as the request named it.
    model: String,
    /// One answer.
    #[schema(min_items = 1, max_items = 1)]
    choices: Vec<SummarisedChoice>,
    /// The summaries that were asked for, each left out where it was not.
    summaries: Summaries,
    timings: Timings,
    /// Oddities that a client may want to show.
    warnings: Vec<Warning>,
    attempts: Attempts,
    /// The request's id, as in `X-Request-Id`.
    request_id: String,
    #[schema(required = false)]
    usage: Usage,
    /// Why a summary is a fallback; left out where none is.
    #[schema(required = false)]
    errors: Vec<SummaryError>,
}

/// An answer, and why it ended.
#[derive(ToSchema)]
pub(super) struct SummarisedChoice {
    #[schema(maximum = 0)]
    index: u32,
    message: SummarisedMessage,
    finish_reason: FinishReason,
    #[schema(schema_with = words::null)]
    logprobs: (),
}

/// An answer.
#[derive(ToSchema)]
pub(super) struct SummarisedMessage {
    #[schema(schema_with = words::assistant)]
    role: String,
    /// The answer.
    content: String,
    /// The raw reasoning, for those who asked for it and may see it.
    #[schema(required = false)]
    reasoning_content: String,
    /// Tool calls; left out where there are none.
    #[schema(required = false)]
    tool_calls: Vec<ToolCall>,
}

/// The summaries that were asked for.
#[derive(ToSchema)]
pub(super) struct Summaries {
    /// What was asked.
    #[schema(required = false)]
    prompt: Summary,
    /// How the model thought.
    #[schema(required = false)]
    reasoning: Summary,
}

/// A summary, and who wrote it.
#[derive(ToSchema)]
pub(super) struct Summary {
    /// The summary.
    text: String,
    source: Source,
}

/// Why a summary is a fallback.
#[derive(ToSchema)]
pub(super) struct SummaryError {
    /// One sentence for a person.
    message: String,
    stage: Stage,
    /// A short cause, such as `timeout`.
    #[schema(required = true)]
    detail: Option<String>,
    code: ErrorCode,
    /// The HTTP status that this would be by itself.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Whether asking again may help.
    retryable: bool,
    /// Always `false`: a summary never fails a request.
    fatal: bool,
    error: OpenAiError,
}

/// OpenAI's chat completion, with the summaries where its clients look for thoughts.
#[derive(ToSchema)]
pub(super) struct ChatCompletion {
    /// `chatcmpl-` and the request's id.
    id: String,
    #[schema(schema_with = words::completion)]
    object: String,
    /// Seconds since 1970.
    created: u64,
    /// The model, as the request named it.
    model: String,
    /// One answer.
    #[schema(min_items = 1, max_items = 1)]
    choices: Vec<Choice>,
    #[schema(required = false)]
    usage: Usage,
}

/// An answer, and why it ended.
#[derive(ToSchema)]
pub(super) struct Choice {
    #[schema(maximum = 0)]
    index: u32,
    message: ChoiceMessage,
    #[schema(schema_with = words::null)]
    logprobs: (),
    finish_reason: FinishReason,
}

/// An answer.
#[derive(ToSchema)]
pub(super) struct ChoiceMessage {
    #[schema(schema_with = words::assistant)]
    role: String,
    /// The answer; `null` where the model only calls tools.
    #[schema(required = true)]
    content: Option<String>,
    #[schema(schema_with = words::null)]
    refusal: (),
    /// The summary of the reasoning, or the raw reasoning for those who see it.
    #[schema(required = false)]
    reasoning_content: String,
    /// The summary of the reasoning, as `OpenRouter`'s clients read it.
    #[schema(required = false)]
    reasoning_details: Vec<ReasoningDetail>,
    #[schema(required = false)]
    prompt_summary: Summary,
    /// Tool calls; left out where there are none.
    #[schema(required = false)]
    tool_calls: Vec<FunctionCall>,
}

/// A piece of reasoning, or of its summary.
#[derive(ToSchema)]
#[serde(tag = "type")]
pub(super) enum ReasoningDetail {
    /// The summary, or more of it.
    #[serde(rename = "reasoning.summary")]
    Summary {
        /// The text.
        summary: String,
        /// 1 where raw reasoning is shown too, else 0.
        #[schema(maximum = 1)]
        index: u32,
    },
    /// Raw reasoning.
    #[serde(rename = "reasoning.text")]
    Text {
        /// The text.
        text: String,
        #[schema(maximum = 0)]
        index: u32,
    },
}

/// A whole tool call.
#[derive(ToSchema)]
pub(super) struct FunctionCall {
    /// What the tool's result refers to.
    id: String,
    #[schema(schema_with = words::function)]
    r#type: String,
    function: CalledFunction,
}

/// The function that a tool call names.
#[derive(ToSchema)]
pub(super) struct CalledFunction {
    /// Its name.
    name: String,
    /// Its arguments: a text that is JSON.
    arguments: String,
}

/// OpenAI's chunk of a streamed chat completion.
#[derive(ToSchema)]
pub(super) struct Chunk {
    /// `chatcmpl-` and the request's id; the same in all chunks.
    id: String,
    #[schema(schema_with = words::chunk)]
    object: String,
    /// Seconds since 1970.
    created: u64,
    /// The model, as the request named it.
    model: String,
    /// One piece of the answer; none beside token counts.
    #[schema(max_items = 1)]
    choices: Vec<ChunkChoice>,
    /// Token counts, in the last chunk, for those who asked for them with
    /// `stream_options.include_usage`; for them it is `null` before. Others don't get the member.
    usage: Option<Usage>,
}

/// A piece of the answer.
#[derive(ToSchema)]
pub(super) struct ChunkChoice {
    #[schema(maximum = 0)]
    index: u32,
    delta: ChunkDelta,
    #[schema(schema_with = words::null)]
    logprobs: (),
    /// Why the answer ended, in its last piece.
    #[schema(required = true)]
    finish_reason: Option<FinishReason>,
}

/// What is new. Clients that know none of the summaries see an empty `content` with them.
#[derive(ToSchema)]
pub(super) struct ChunkDelta {
    #[schema(required = false, schema_with = words::assistant)]
    role: String,
    /// More of the answer.
    #[schema(required = false)]
    content: String,
    #[schema(required = false)]
    prompt_summary: Summary,
    /// More of the summary of the reasoning, or of the raw reasoning for those who see it.
    #[schema(required = false)]
    reasoning_content: String,
    /// The same, as `OpenRouter`'s clients read it.
    #[schema(required = false)]
    reasoning_details: Vec<ReasoningDetail>,
    /// Parts of tool calls: those with the same index are one.
    #[schema(required = false)]
    tool_calls: Vec<FunctionCallPart>,
}

/// A tool call, or more of its arguments.
#[derive(ToSchema)]
pub(super) struct FunctionCallPart {
    /// Which of the calls this is, from 0.
    index: u32,
    /// In the first part of a call alone.
    #[schema(required = false)]
    id: String,
    #[schema(required = false, schema_with = words::function)]
    r#type: String,
    function: CalledFunctionPart,
}

/// More of the function that a tool call names.
#[derive(ToSchema)]
pub(super) struct CalledFunctionPart {
    /// In the first part of a call alone.
    #[schema(required = false)]
    name: String,
    /// More of the arguments.
    arguments: String,
}

/// What ends a stream that broke: nothing follows, not even `[DONE]`.
#[derive(ToSchema)]
pub(super) struct ChunkError {
    error: OpenAiError,
    /// The request's id.
    request_id: String,
}
