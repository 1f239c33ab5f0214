//! What a model can do, and what it costs: by this, models are chosen.

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::Money;

/// Something that not every model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Calling tools.
    Tools,
    /// Thinking before it answers.
    Reasoning,
    /// Looking at images.
    Images,
}

/// The price of a million tokens; the currency is yours.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of the prompt.
    pub input: Money,
    /// Of the answer, its reasoning included.
    pub output: Money,
}
