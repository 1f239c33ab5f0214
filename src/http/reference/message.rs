//! A message, and the events that tell it.
#![expect(dead_code, reason = "described, and never made: encoders write them member by member")]

use utoipa::ToSchema;

use super::errors::ErrorCode;
use super::words;

/// A message, whole or as it begins.
#[derive(ToSchema)]
pub(super) struct Message {
    /// `msg_` and the request's id.
    id: String,
    #[schema(schema_with = words::message)]
    r#type: String,
    #[schema(schema_with = words::assistant)]
    role: String,
    /// The model, as the request named it.
    model: String,
    /// Summaries, answer and calls, in their order.
    content: Vec<Block>,
    #[schema(required = true)]
    stop_reason: Option<StopReason>,
    #[schema(schema_with = words::null)]
    stop_sequence: (),
    /// Tokens so far; 0 as long as there are none.
    usage: MessageUsage,
}

/// Why the model stopped.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StopReason {
    EndTurn,
    MaxTokens,
    ToolUse,
    Refusal,
}

/// Token counts; 0 as long as there are none.
#[derive(ToSchema)]
pub(super) struct MessageUsage {
    /// Tokens of the request.
    input_tokens: u64,
    /// Tokens of thinking and answer together.
    output_tokens: u64,
}

/// A block of a message.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    /// Summaries of prompt and reasoning, a paragraph each; or the raw reasoning, for those who see it.
    Thinking {
        thinking: String,
        /// Send it back with the block; it is not looked at.
        signature: String,
    },
    /// The answer.
    Text { text: String },
    /// A call of a tool.
    ToolUse {
        /// What the tool's result refers to.
        id: String,
        name: String,
        #[schema(schema_with = words::open_object)]
        input: (),
    },
}

/// One event of a streamed message, named by its `type`.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum MessageEvent {
    /// The message begins.
    MessageStart { message: Message },
    /// A block begins, without content.
    ContentBlockStart { index: u64, content_block: Block },
    /// More of a block.
    ContentBlockDelta { index: u64, delta: BlockDelta },
    /// A block is complete.
    ContentBlockStop { index: u64 },
    /// Why the model stopped, and what it took.
    MessageDelta { delta: StopDelta, usage: MessageUsage },
    /// The message is complete.
    MessageStop {},
    /// Nothing happens, and the connection lives.
    Ping {},
    /// The message broke; nothing follows.
    Error {
        error: MessageError,
        /// The request's id.
        request_id: String,
    },
}

/// More of a block.
#[derive(ToSchema)]
#[serde(tag = "type")]
pub(super) enum BlockDelta {
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
}

/// Why the model stopped.
#[derive(ToSchema)]
pub(super) struct StopDelta {
    stop_reason: StopReason,
    #[schema(schema_with = words::null)]
    stop_sequence: (),
}

/// An error as Anthropic's SDKs read it.
#[derive(ToSchema)]
pub(super) struct MessageProblem {
    #[schema(schema_with = words::error)]
    r#type: String,
    error: MessageError,
    /// The request's id.
    request_id: String,
}

/// What went wrong.
#[derive(ToSchema)]
pub(super) struct MessageError {
    /// The class of error, as Anthropic's SDKs know it.
    r#type: MessageErrorClass,
    /// One sentence for a person; for a request that is not valid, every wrong member.
    message: String,
    code: ErrorCode,
}

/// A class of error, as Anthropic's SDKs know it.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MessageErrorClass {
    AuthenticationError,
    PermissionError,
    NotFoundError,
    RequestTooLarge,
    RateLimitError,
    OverloadedError,
    TimeoutError,
    InvalidRequestError,
    ApiError,
}
