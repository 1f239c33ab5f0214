//! What a Messages request may hold.
#![expect(dead_code, reason = "described, and never made: requests are read member by member")]

use utoipa::ToSchema;

use super::chat::{Stop, SummaryOptions};
use super::words;

/// A request for a message. `null` counts as left out. Whatever is not listed here goes to the model
/// server as it came.
#[derive(ToSchema)]
pub(super) struct MessageRequest {
    /// The model that answers, by a name of `GET /v1/models`.
    #[schema(pattern = r"\S", examples("mock-reasoner"))]
    model: String,
    /// The conversation, the oldest message first.
    #[schema(min_items = 1)]
    messages: Vec<MessageParam>,
    /// What the model is told first: a text, or blocks of text.
    system: Option<SystemPrompt>,
    /// The most tokens of thinking and answer together; without it the model server's own limit holds.
    #[schema(minimum = 1)]
    max_tokens: Option<u64>,
    /// Whether the message comes as events; `false` unless it says otherwise.
    stream: Option<bool>,
    thinking: Option<ThinkingParam>,
    /// The model that writes both summaries; else the one of the gateway's settings, else `model`.
    #[schema(pattern = r"\S")]
    summary_model: Option<String>,
    /// How the summaries are written; they are only if `thinking` asks for them.
    summaries: Option<SummaryOptions>,
    /// How freely words are chosen, from 0 to 2.
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f64>,
    /// The share of likely words that are considered, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    top_p: Option<f64>,
    /// How many likely words are considered.
    #[schema(minimum = 0)]
    top_k: Option<u64>,
    /// Texts at which the model stops.
    stop_sequences: Option<Vec<String>>,
    /// Tools that the model may call.
    tools: Option<Vec<ToolParam>>,
    tool_choice: Option<ToolChoiceParam>,
    /// How much the model thinks (`effort`), and the form of the answer (`format`).
    #[schema(value_type = Option<Value>)]
    output_config: Option<()>,
    /// Who asks: `user_id` goes to the model server as `user`.
    #[schema(value_type = Option<Value>)]
    metadata: Option<()>,
    /// Texts at which the model stops, by OpenAI's name.
    stop: Option<Stop>,
    /// Whether an answer that was given before may be told again, where the gateway keeps answers.
    cache: Option<bool>,
    #[schema(required = false, schema_with = words::null)]
    mcp_servers: (),
    #[schema(required = false, schema_with = words::null)]
    container: (),
    #[schema(required = false, schema_with = words::null)]
    context_management: (),
    /// Not looked at.
    #[schema(value_type = Option<Value>)]
    service_tier: Option<()>,
    /// Not looked at.
    #[schema(value_type = Option<Value>)]
    cache_control: Option<()>,
    /// Not looked at.
    #[schema(value_type = Option<Value>)]
    inference_geo: Option<()>,
    /// Not looked at.
    #[schema(value_type = Option<Value>)]
    betas: Option<()>,
}

/// One message.
#[derive(ToSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
pub(super) enum MessageParam {
    User {
        content: Blocks,
    },
    Assistant {
        content: Blocks,
    },
    /// Told to the model like `system`.
    System {
        content: SystemPrompt,
    },
}

/// A text, or blocks of text.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum SystemPrompt {
    /// A text.
    Text(String),
    /// Blocks.
    Blocks(Vec<SystemBlock>),
}

/// A block of text.
#[derive(ToSchema)]
pub(super) struct SystemBlock {
    /// The text.
    text: String,
}

/// A text, or a list of blocks.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Blocks {
    /// A text.
    Text(String),
    /// Blocks.
    Blocks(Vec<BlockParam>),
}

/// A block of a message.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum BlockParam {
    Text {
        text: String,
    },
    Image {
        source: ImageSource,
    },
    /// A call that the model made.
    ToolUse {
        #[schema(required = false, value_type = Value)]
        id: (),
        #[schema(required = false, value_type = Value)]
        name: (),
        #[schema(required = false, value_type = Value)]
        input: (),
    },
    /// What a tool answered.
    ToolResult {
        #[schema(required = false, value_type = Value)]
        tool_use_id: (),
        content: Option<ToolResultContent>,
    },
    /// What the model thought before. It is not told to models again.
    Thinking {},
    RedactedThinking {},
}

/// A text, or texts and images.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum ToolResultContent {
    /// A text.
    Text(String),
    /// Blocks.
    Blocks(Vec<ResultBlock>),
}

/// A block of what a tool answered.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ResultBlock {
    Text { text: String },
    Image { source: ImageSource },
}

/// Where an image is.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ImageSource {
    Url {
        #[schema(required = false, value_type = Value)]
        url: (),
    },
    /// In the request itself.
    Base64 {
        #[schema(required = false, value_type = Value)]
        media_type: (),
        #[schema(required = false, value_type = Value)]
        data: (),
    },
}

/// Whether the thinking is shown, summarised. Left out, there is none.
#[derive(ToSchema)]
pub(super) struct ThinkingParam {
    /// Whether the model thinks: `disabled` asks for nothing of it.
    r#type: ThinkingKind,
    /// `omitted` leaves a block without content where the thinking would stand. Left out, its
    /// summaries are shown, or what `summaries.visibility` asks for.
    display: Option<ThinkingDisplay>,
}

/// Whether the model thinks.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ThinkingKind {
    Enabled,
    Adaptive,
    Disabled,
}

/// What is shown of the thinking.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ThinkingDisplay {
    Summarized,
    Omitted,
}

/// A tool; this gateway has none of its own.
#[derive(ToSchema)]
pub(super) struct ToolParam {
    /// The tool's name, which calls of it have.
    name: String,
    /// What the tool takes, as JSON schema.
    #[schema(required = false, value_type = Value)]
    input_schema: (),
    /// What the tool is for, as the model is told.
    #[schema(value_type = Option<Value>)]
    description: Option<()>,
    #[schema(required = false, schema_with = words::custom_if_any)]
    r#type: String,
}

/// Whether and what the model calls: as it likes (`auto`), something (`any`), nothing, or this tool.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToolChoiceParam {
    Auto {},
    Any {},
    None {},
    Tool { name: String },
}
