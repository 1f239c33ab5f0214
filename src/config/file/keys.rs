//! Keys of clients: in the file itself, or in a file of their own.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::settings::ReasoningVisibility;
use super::values::{self, Count, Expiry, Few};

/// Keys of clients. Where this stands, one is needed, also if none is listed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// A file of keys beside this one, as `KEYS_FILE` names it.
    pub file: Option<String>,
    /// Keys that stand here.
    pub inline: Vec<Key>,
}

/// One key. A limit that is left out is as for all.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["name", "digest"]))]
pub struct Key {
    /// Whom it is for; unique.
    #[serde(default)]
    pub name: String,
    /// SHA-256 of its secret, as sha256: and 64 hexadecimal digits.
    #[schemars(extend("pattern" = "^sha256:[0-9a-fA-F]{64}$"))]
    pub digest: Option<String>,
    /// The models that it may ask; without it, all.
    #[serde(default)]
    pub models: Vec<String>,
    /// Requests that it may make in a minute.
    pub requests_per_minute: Option<Few>,
    /// Tokens that it may use in a minute.
    pub tokens_per_minute: Option<Count>,
    /// Tokens that it may use in a day, which begins at midnight UTC.
    pub tokens_per_day: Option<Count>,
    /// Answers that it may have open at once.
    pub max_concurrent: Option<Few>,
    /// The most that it may see of a model's reasoning: summary, raw or none.
    #[schemars(with = "Option<String>")]
    #[serde(default, deserialize_with = "values::visibility")]
    pub visibility: Option<ReasoningVisibility>,
    /// When it ends, such as 2027-01-31T00:00:00Z.
    pub expires: Option<Expiry>,
}
