//! Names that stand for several models, and what chooses among them.

use schemars::JsonSchema;
use serde::Deserialize;

/// One name for several models.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What chooses: size (of the request), latency (to the first token) or cost.
    #[serde(default)]
    pub strategy: Strategy,
    /// By size: what few and short messages get.
    pub simple: Option<Small>,
    /// By size: what a few more get.
    pub medium: Option<Small>,
    /// By size: what all others get.
    pub complex: Option<Large>,
    /// By latency or cost: the models to choose among; without it, all.
    #[serde(default)]
    pub models: Vec<String>,
}

/// What chooses among models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// How large the request is.
    #[default]
    Size,
    /// How soon the first token comes.
    Latency,
    /// What the request costs.
    Cost,
}

/// The model for requests up to a size.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["model"]))]
pub struct Small {
    /// A model of this file.
    #[serde(default)]
    pub model: String,
    /// The most messages; without it, 2 for simple and 5 for medium.
    pub max_messages: Option<u32>,
    /// There are fewer characters than this; without it, 200 for simple and 1000 for medium.
    pub below_characters: Option<u32>,
}

/// The model for all other requests.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["model"]))]
pub struct Large {
    /// A model of this file.
    #[serde(default)]
    pub model: String,
}
