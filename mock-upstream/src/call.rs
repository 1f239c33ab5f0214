//! One call that the server received, and how it ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A chat completion that is no summary.
    Answer,
    /// A summary of what was asked.
    PromptSummary,
    /// A summary of how the model thought.
    ReasoningSummary,
    /// Anything else: model lists, health, endpoint management, unreadable requests.
    Other,
}

impl Kind {
    /// Whether it is a summary call, of either kind.
    pub const fn is_summary(self) -> bool {
        match self {
            Self::PromptSummary | Self::ReasoningSummary => true,
            Self::Answer | Self::Other => false,
        }
    }

    /// The kind as scripts and the access log name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::PromptSummary => "prompt_summary",
            Self::ReasoningSummary => "reasoning_summary",
            Self::Other => "other",
        }
    }
}

/// How a response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// All was sent.
    Completed,
    /// The client closed the connection before all was sent.
    ClientLeft,
    /// The script broke it off.
    Scripted,
}

impl Ending {
    /// The ending as the access log names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::ClientLeft => "client left",
            Self::Scripted => "scripted fault",
        }
    }
}

/// A call as it came, and how it went. Times are counted from the server's start.
#[derive(Debug, Clone)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body; `null` where it is no JSON.
    pub body: Value,
    /// What it is for.
    pub kind: Kind,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Which connection it came on, counted from 1: two calls with the same number shared one.
    pub connection: u64,
    /// The status that was sent, if any.
    pub status: Option<u16>,
    /// Tokens that were sent.
    pub tokens: u64,
    /// When it had come in.
    pub began: Duration,
    /// How and when it ended; nothing while it goes on.
    pub ended: Option<(Ending, Duration)>,
}

impl Call {
    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// How it ended; nothing while it goes on.
    pub fn ending(&self) -> Option<Ending> {
        self.ended.map(|(ending, _)| ending)
    }

    /// The model it asks for, or nothing.
    pub fn model(&self) -> &str {
        self.body.get("model").and_then(Value::as_str).unwrap_or_default()
    }
}
