//! What a Responses request may hold.
#![expect(dead_code, reason = "described, and never made: requests are read member by member")]

use utoipa::ToSchema;

use super::chat::{Stop, StreamOptions, SummaryOptions};
use super::words;

/// A request for a response. `null` counts as left out. Nothing is stored: what refers to an earlier
/// response is refused. Whatever is not listed here goes to the model server as it came.
#[derive(ToSchema)]
pub(super) struct ResponseRequest {
    /// The model that answers, by a name of `GET /v1/models`.
    #[schema(pattern = r"\S", examples("mock-reasoner"))]
    model: String,
    /// The question as a text, or the conversation as items, the oldest first.
    input: ResponseInput,
    /// What the model is told first.
    #[schema(pattern = r"\S")]
    instructions: Option<String>,
    /// Whether the response comes as events; `false` unless it says otherwise.
    stream: Option<bool>,
    reasoning: Option<ResponseReasoning>,
    /// The model that writes both summaries; else the one of the gateway's settings, else `model`.
    #[schema(pattern = r"\S")]
    summary_model: Option<String>,
    /// How the summaries are written; they are only if `reasoning.summary` asks for them.
    summaries: Option<SummaryOptions>,
    /// The most tokens of reasoning and answer together.
    #[schema(minimum = 1)]
    max_output_tokens: Option<u64>,
    text: Option<ResponseText>,
    /// Functions that the model may call.
    tools: Option<Vec<ResponseTool>>,
    tool_choice: Option<ResponseToolChoice>,
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
    /// Texts at which the model stops.
    stop: Option<Stop>,
    /// Whether an answer that was given before may be told again, where the gateway keeps answers.
    cache: Option<bool>,
    #[schema(schema_with = words::never)]
    background: Option<bool>,
    #[schema(schema_with = words::disabled_if_any)]
    truncation: Option<String>,
    #[schema(required = false, schema_with = words::null)]
    previous_response_id: (),
    #[schema(required = false, schema_with = words::null)]
    conversation: (),
    #[schema(required = false, schema_with = words::null)]
    prompt: (),
    #[schema(required = false, schema_with = words::null)]
    top_logprobs: (),
    /// Not looked at: nothing is stored.
    #[schema(value_type = Option<Value>)]
    store: Option<()>,
    /// Not looked at, and told again in the response.
    #[schema(value_type = Option<Value>)]
    metadata: Option<()>,
    /// Not looked at.
    #[schema(value_type = Option<Value>)]
    service_tier: Option<()>,
    /// Not looked at.
    #[schema(value_type = Option<Value>)]
    stream_options: Option<StreamOptions>,
    /// Not looked at.
    #[schema(value_type = Option<Value>)]
    max_tool_calls: Option<()>,
    /// Not looked at.
    #[schema(value_type = Option<Value>)]
    include: Option<()>,
}

/// The question as a text, or the conversation as items.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum ResponseInput {
    /// One text.
    Text(String),
    /// A conversation.
    Items(InputItems),
}

/// A conversation, the oldest item first.
#[derive(ToSchema)]
#[schema(min_items = 1)]
pub(super) struct InputItems(Vec<InputItem>);

/// One item of a conversation.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum InputItem {
    /// What somebody said.
    Message(InputMessage),
    /// What was called, what it answered, or what was thought.
    Other(InputCall),
}

/// What somebody said.
#[derive(ToSchema)]
pub(super) struct InputMessage {
    #[schema(required = false, schema_with = words::message_if_any)]
    r#type: String,
    /// Who said it.
    role: InputRole,
    /// What was said: a text, or parts.
    content: InputContent,
}

/// Who said it.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum InputRole {
    User,
    Assistant,
    System,
    Developer,
}

/// What was called, what it answered, or what was thought.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum InputCall {
    /// A call that the model made.
    FunctionCall {
        /// What its output refers to.
        call_id: String,
        /// The function's name.
        name: String,
        /// Its arguments: a text that is JSON; `{}` if left out.
        arguments: Option<String>,
    },
    /// What the function answered.
    FunctionCallOutput {
        /// The call that it answers.
        call_id: String,
        output: InputContent,
    },
    /// What the model thought before. It is not told to models again.
    Reasoning {},
}

/// A text, or a list of parts.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum InputContent {
    /// A text.
    Text(String),
    /// Parts.
    Parts(Vec<InputPart>),
}

/// A part of a message.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum InputPart {
    InputText {
        text: String,
    },
    OutputText {
        text: String,
    },
    SummaryText {
        text: String,
    },
    Text {
        text: String,
    },
    Refusal {
        refusal: String,
    },
    /// An image, by its address or as a `data:` URL.
    InputImage {
        image_url: String,
    },
    /// Sound, as the model server reads it.
    InputAudio {
        #[schema(required = false, value_type = Value)]
        input_audio: (),
    },
}

/// How the model thinks, and whether that is summarised.
#[derive(ToSchema)]
pub(super) struct ResponseReasoning {
    /// How much it thinks, as the model server reads it.
    #[schema(value_type = Option<Value>)]
    effort: Option<String>,
    /// Asks for summaries: of the prompt, and of the reasoning.
    summary: Option<SummaryLength>,
}

/// How long a summary is: a sentence (`auto`, `concise`), or points (`detailed`).
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SummaryLength {
    Auto,
    Concise,
    Detailed,
}

/// The form of the answer.
#[derive(ToSchema)]
pub(super) struct ResponseText {
    format: Option<ResponseFormat>,
    /// How wordy it is, as the model server reads it.
    #[schema(value_type = Option<Value>)]
    verbosity: Option<String>,
}

/// Text, JSON, or JSON of a schema (with its `name`, `schema` and `strict`).
#[derive(ToSchema)]
pub(super) struct ResponseFormat {
    /// The form: `text`, `json_object`, or `json_schema`.
    r#type: FormatKind,
}

/// The kind of a format.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FormatKind {
    Text,
    JsonObject,
    JsonSchema,
}

/// A function; its other members (`parameters`, `description`, `strict`) go to the model server.
#[derive(ToSchema)]
pub(super) struct ResponseTool {
    #[schema(schema_with = words::function)]
    r#type: String,
    /// The function's name, which calls of it have.
    name: String,
}

/// Whether and what the model calls.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum ResponseToolChoice {
    /// As it likes, nothing, or something.
    Kind(ToolChoiceKind),
    /// This function.
    Function(ResponseTool),
}

/// Whether the model calls.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToolChoiceKind {
    Auto,
    None,
    Required,
}
