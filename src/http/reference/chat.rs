//! What a chat request may hold.
#![expect(dead_code, reason = "described, and never made: requests are read member by member")]

use utoipa::ToSchema;

use super::words;

/// One question, and what was said before it. `null` counts as left out. Whatever is not listed here
/// (`response_format`, `seed`, `tool_choice`, members of one server alone) goes to the model server
/// as it came.
#[derive(ToSchema)]
pub(super) struct ChatRequest {
    /// The model that answers, by a name of `GET /v1/models`.
    #[schema(pattern = r"\S", examples("mock-reasoner"))]
    model: String,
    /// The conversation, the oldest message first. Its system and user messages are kept as they are.
    #[schema(min_items = 1)]
    messages: Vec<ChatMessage>,
    /// Whether the answer comes as events, while it is written. Left out it means `true` at
    /// `/v1/chat/completions`, and `false` at OpenAI's own path or with `X-Event-Format: openai`.
    stream: Option<bool>,
    /// OpenAI's options for streams. With `include_usage` the OpenAI format tells token counts before
    /// its end; the gateway's own events always do.
    stream_options: Option<StreamOptions>,
    /// The model that writes both summaries; else the one of the gateway's settings, else `model`.
    #[schema(pattern = r"\S")]
    summary_model: Option<String>,
    /// Which summaries are wanted, and how.
    summaries: Option<SummaryOptions>,
    /// How freely words are chosen, from 0 to 2.
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f64>,
    /// The share of likely words that are considered, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    top_p: Option<f64>,
    /// How much words that were used at all are avoided, from -2 to 2.
    #[schema(minimum = -2, maximum = 2)]
    presence_penalty: Option<f64>,
    /// How much words are avoided the more often they were used, from -2 to 2.
    #[schema(minimum = -2, maximum = 2)]
    frequency_penalty: Option<f64>,
    /// The most tokens of reasoning and answer together.
    #[schema(minimum = 1)]
    max_tokens: Option<u64>,
    /// The same, by OpenAI's newer name.
    #[schema(minimum = 1)]
    max_completion_tokens: Option<u64>,
    #[schema(schema_with = words::one)]
    n: Option<u64>,
    /// Texts at which the model stops.
    stop: Option<Stop>,
    /// Tools that the model may call, as its server reads them.
    #[schema(value_type = Option<Vec<Value>>)]
    tools: Option<Vec<serde_json::Value>>,
    /// Whether an answer that was given before may be told again, where the gateway keeps answers;
    /// `X-Cache` tells which of both happened.
    cache: Option<bool>,
}

/// OpenAI's options for streams.
#[derive(ToSchema)]
pub(super) struct StreamOptions {
    /// Whether token counts are told before the end of the stream: `true` asks for them.
    #[schema(value_type = Option<Value>)]
    include_usage: Option<bool>,
}

/// One text, or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Stop {
    /// One text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
}

/// Which summaries are wanted, and how. The operator's settings, and the caller's key, may allow less.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SummaryOptions {
    /// Whether the prompt is summarised; `true` unless it says otherwise.
    prompt: Option<bool>,
    /// Whether the reasoning is summarised; `true` unless it says otherwise.
    reasoning: Option<bool>,
    /// Whether lines about the reasoning come while the model thinks; left out, the gateway's
    /// settings say.
    live: Option<bool>,
    /// How much of the reasoning is shown, if the operator allows as much; left out, the summary.
    visibility: Option<Visibility>,
    /// The language of the summaries, by name or tag; `auto`, or left out: that of the question.
    #[schema(pattern = r"\S", max_length = 40, examples("auto", "de", "French"))]
    language: Option<String>,
    /// The form of a summary; `bullets` unless it says otherwise.
    style: Option<Style>,
}

/// How much of the reasoning is shown: all of it, its summary, or nothing.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Visibility {
    Raw,
    Summary,
    None,
}

/// The form of a summary: points, one sentence, or a few words for a line of status.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Style {
    Bullets,
    Sentence,
    Status,
}

/// One message. Members that are not listed go to the model server as they came.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum ChatMessage {
    /// What the model said.
    Assistant(AssistantMessage),
    /// What anybody else said.
    Other(OtherMessage),
}

/// What the model said before. With `tool_calls` it need not have any content.
#[derive(ToSchema)]
pub(super) struct AssistantMessage {
    #[schema(schema_with = words::assistant)]
    role: String,
    content: Option<Content>,
}

/// What somebody else said: the operator, the user, or a tool (with the `tool_call_id` it answers).
#[derive(ToSchema)]
pub(super) struct OtherMessage {
    /// Who said it.
    role: OtherRole,
    /// What was said: a text, or parts.
    content: Content,
}

/// Who said it.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OtherRole {
    System,
    Developer,
    User,
    Tool,
    Function,
}

/// A text, or a list of parts.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Content {
    /// A text.
    Text(String),
    /// Parts.
    Parts(Vec<ContentPart>),
}

/// A part of a message.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum ContentPart {
    /// Text.
    Text(TextPart),
    /// Anything else.
    Other(OtherPart),
}

/// A part that is text.
#[derive(ToSchema)]
pub(super) struct TextPart {
    #[schema(schema_with = words::text)]
    r#type: String,
    text: String,
}

/// A part that is no text, such as `image_url`; it goes to the model server as it came.
#[derive(ToSchema)]
pub(super) struct OtherPart {
    /// The part's kind, in the words of the model server: anything but `text`.
    #[schema(pattern = "^(?!text$)", examples("image_url"))]
    r#type: String,
}
