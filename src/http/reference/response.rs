//! A response, and the events that tell it.
#![expect(dead_code, reason = "described, and never made: encoders write them member by member")]

use utoipa::ToSchema;

use super::errors::ErrorCode;
use super::words;

/// A response, whole or as far as it came. Members without a note are as the request had them, or as
/// OpenAI's defaults are.
#[derive(ToSchema)]
pub(super) struct Response {
    /// `resp_` and the request's id.
    id: String,
    #[schema(schema_with = words::response)]
    object: String,
    /// Seconds since 1970.
    created_at: u64,
    status: ResponseStatus,
    /// Always `false`.
    background: bool,
    #[schema(required = true)]
    error: Option<ResponseError>,
    #[schema(required = true)]
    incomplete_details: Option<IncompleteDetails>,
    /// The model, as the request named it.
    model: String,
    /// Summaries, answer and calls, in their order.
    output: Vec<OutputItem>,
    /// Left out where the upstream gave no counts.
    #[schema(required = false)]
    usage: ResponseUsage,
    /// What the model was told first, as the request had it.
    #[schema(value_type = Value)]
    instructions: (),
    /// The most tokens of reasoning and answer, as the request had it; else `null`.
    #[schema(value_type = Value)]
    max_output_tokens: (),
    /// As the request had it.
    #[schema(value_type = Value)]
    metadata: (),
    /// Whether the model may call several tools at once, as the request had it.
    #[schema(value_type = Value)]
    parallel_tool_calls: (),
    /// How the model thinks, as the request had it.
    #[schema(value_type = Value)]
    reasoning: (),
    /// How freely words are chosen, from 0 to 2, as the request had it.
    #[schema(value_type = Value)]
    temperature: (),
    #[schema(value_type = Value)]
    text: (),
    /// Whether and what the model calls, as the request had it.
    #[schema(value_type = Value)]
    tool_choice: (),
    /// The functions that the model may call, as the request had them.
    #[schema(value_type = Value)]
    tools: (),
    /// The share of likely words that are considered, from 0 to 1, as the request had it.
    #[schema(value_type = Value)]
    top_p: (),
    #[schema(schema_with = words::null)]
    previous_response_id: (),
    /// Always `false`.
    store: bool,
    #[schema(schema_with = words::disabled)]
    truncation: String,
}

/// Where a response is. `incomplete`: a limit or a filter cut it off; `failed`: it broke.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResponseStatus {
    InProgress,
    Completed,
    Incomplete,
    Failed,
}

/// Why a response failed.
#[derive(ToSchema)]
pub(super) struct ResponseError {
    code: ErrorCode,
    /// One sentence for a person.
    message: String,
}

/// Why a response is incomplete.
#[derive(ToSchema)]
pub(super) struct IncompleteDetails {
    /// What cut the response off: a limit, or a filter.
    reason: IncompleteReason,
}

/// What cut a response off.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum IncompleteReason {
    MaxOutputTokens,
    ContentFilter,
}

/// Token counts; 0 where the upstream gave none.
#[derive(ToSchema)]
pub(super) struct ResponseUsage {
    /// Tokens of the request.
    input_tokens: u64,
    /// Of the request's tokens, those that had been read before.
    input_tokens_details: InputTokens,
    /// Tokens of reasoning and answer together.
    output_tokens: u64,
    /// Of all output tokens, those of reasoning.
    output_tokens_details: OutputTokens,
    /// Both.
    total_tokens: u64,
}

/// Of the request's tokens:
#[derive(ToSchema)]
pub(super) struct InputTokens {
    /// Those that the upstream had read before.
    cached_tokens: u64,
}

/// Of the answer's tokens:
#[derive(ToSchema)]
pub(super) struct OutputTokens {
    /// Those that went into reasoning.
    reasoning_tokens: u64,
}

/// One item of the output.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum OutputItem {
    /// Summaries of prompt and reasoning.
    Reasoning {
        id: String,
        /// The prompt's summary first, then the reasoning's: in one part, or in a part a line.
        summary: Vec<SummaryPart>,
        /// The raw reasoning, for those who asked for it and may see it.
        #[schema(required = false)]
        content: Vec<ReasoningPart>,
    },
    /// The answer.
    Message {
        id: String,
        status: ItemStatus,
        #[schema(schema_with = words::assistant)]
        role: String,
        content: Vec<OutputPart>,
    },
    /// A call of a function.
    FunctionCall {
        id: String,
        status: ItemStatus,
        /// What the function's output refers to.
        call_id: String,
        name: String,
        /// A text that is JSON.
        arguments: String,
    },
}

/// Where an item is.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ItemStatus {
    InProgress,
    Completed,
    Incomplete,
}

/// A part of a summary.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum SummaryPart {
    SummaryText { text: String },
}

/// A part of raw reasoning.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ReasoningPart {
    ReasoningText { text: String },
}

/// A part of the answer.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum OutputPart {
    OutputText {
        text: String,
        /// Always empty.
        #[schema(value_type = Vec<Value>, max_items = 0)]
        annotations: (),
        /// Always empty.
        #[schema(value_type = Vec<Value>, max_items = 0)]
        logprobs: (),
    },
}

/// One event of a streamed response: numbered from 0, and named by its `type`.
#[derive(ToSchema)]
#[serde(tag = "type")]
pub(super) enum ResponseEvent {
    /// The response begins.
    #[serde(rename = "response.created")]
    Created { sequence_number: u64, response: Response },
    /// The model is asked.
    #[serde(rename = "response.in_progress")]
    InProgress { sequence_number: u64, response: Response },
    /// The response is complete.
    #[serde(rename = "response.completed")]
    Completed { sequence_number: u64, response: Response },
    /// A limit or a filter cut the response off.
    #[serde(rename = "response.incomplete")]
    Incomplete { sequence_number: u64, response: Response },
    /// The response broke.
    #[serde(rename = "response.failed")]
    Failed { sequence_number: u64, response: Response },
    /// An item begins.
    #[serde(rename = "response.output_item.added")]
    ItemAdded { sequence_number: u64, output_index: u64, item: OutputItem },
    /// An item is complete.
    #[serde(rename = "response.output_item.done")]
    ItemDone { sequence_number: u64, output_index: u64, item: OutputItem },
    /// A summary, or a line of a live one, begins.
    #[serde(rename = "response.reasoning_summary_part.added")]
    SummaryPartAdded {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        summary_index: u64,
        part: SummaryPart,
    },
    /// More of it.
    #[serde(rename = "response.reasoning_summary_text.delta")]
    SummaryDelta {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        summary_index: u64,
        delta: String,
    },
    /// All of it.
    #[serde(rename = "response.reasoning_summary_text.done")]
    SummaryDone {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        summary_index: u64,
        text: String,
    },
    /// It is complete.
    #[serde(rename = "response.reasoning_summary_part.done")]
    SummaryPartDone {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        summary_index: u64,
        part: SummaryPart,
    },
    /// More of the raw reasoning, for those who asked for it and may see it.
    #[serde(rename = "response.reasoning_text.delta")]
    ReasoningDelta {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        content_index: u64,
        delta: String,
    },
    /// All of the raw reasoning.
    #[serde(rename = "response.reasoning_text.done")]
    ReasoningDone {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        content_index: u64,
        text: String,
    },
    /// The answer begins.
    #[serde(rename = "response.content_part.added")]
    PartAdded {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        content_index: u64,
        part: OutputPart,
    },
    /// More of the answer.
    #[serde(rename = "response.output_text.delta")]
    TextDelta {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        content_index: u64,
        delta: String,
        /// Always empty.
        #[schema(value_type = Vec<Value>, max_items = 0)]
        logprobs: (),
    },
    /// All of the answer.
    #[serde(rename = "response.output_text.done")]
    TextDone {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        content_index: u64,
        text: String,
        /// Always empty.
        #[schema(value_type = Vec<Value>, max_items = 0)]
        logprobs: (),
    },
    /// The answer is complete.
    #[serde(rename = "response.content_part.done")]
    PartDone {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        content_index: u64,
        part: OutputPart,
    },
    /// More of a call's arguments.
    #[serde(rename = "response.function_call_arguments.delta")]
    ArgumentsDelta { sequence_number: u64, item_id: String, output_index: u64, delta: String },
    /// All of a call's arguments.
    #[serde(rename = "response.function_call_arguments.done")]
    ArgumentsDone {
        sequence_number: u64,
        item_id: String,
        output_index: u64,
        name: String,
        arguments: String,
    },
}
