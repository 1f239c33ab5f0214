//! The ways in which a response can go wrong, as a script names them.

use base64::Engine;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A place in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// Before the status line.
    Head,
    /// After so many tokens, or after the last one where there are fewer.
    Token(u64),
    /// After so many bytes of the body.
    Byte(u64),
}

/// A pause that nothing explains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stall {
    /// After so many tokens.
    pub token: u64,
    /// How long, in milliseconds; without it, until the client leaves, or until [`crate::Server::resume`].
    pub ms: Option<u64>,
    /// What is sent meanwhile, which is no content.
    pub noise: Noise,
    /// Milliseconds between the noises; 0 counts as the default, 50.
    pub every_ms: u64,
}

/// Something to send that says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// Nothing at all.
    #[default]
    None,
    /// Comments, `: keep-alive`.
    Comments,
    /// Events named `ping`.
    Pings,
    /// Chunks with an empty delta.
    EmptyDeltas,
}

/// An error object inside a stream that began with status 200.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorAt {
    /// After so many tokens.
    pub token: u64,
    /// The data; without it a `server_error` in `OpenAI`'s shape.
    pub data: Option<Value>,
    /// The event's name; most servers give none.
    pub event: Option<String>,
    /// Whether `[DONE]` follows, as vLLM does it.
    pub done: bool,
}

/// One event put into the stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Insert {
    /// After so many tokens.
    pub token: u64,
    /// The event's name, if any.
    pub event: Option<String>,
    /// The data: text as it is, anything else as JSON.
    pub data: Value,
}

/// The two parts of what a model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// What it thinks.
    Reasoning,
    /// What it answers.
    Answer,
}

/// What an empty stream consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Empty {
    /// Not one byte.
    Nothing,
    /// Only `[DONE]`.
    Done,
}

/// A call that the model asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCallScript {
    /// The function.
    pub name: String,
    /// Its arguments: text as it is, anything else as JSON.
    #[serde(default)]
    pub arguments: Value,
}

/// Bytes that are sent as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Raw {
    /// Text.
    Text(String),
    /// Bytes, in standard base64.
    Base64(Base64),
}

impl Raw {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Base64(Base64(bytes)) => bytes,
        }
    }
}

/// Bytes that JSON carries as base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Base64(
    /// The bytes themselves.
    pub Vec<u8>,
);

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, base64::DecodeError> {
        base64::engine::general_purpose::STANDARD.decode(text).map(Self)
    }
}

impl From<Base64> for String {
    fn from(bytes: Base64) -> Self {
        base64::engine::general_purpose::STANDARD.encode(bytes.0)
    }
}

/// A script's free value as text: a JSON string without its quotes, anything else as JSON.
pub(crate) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
