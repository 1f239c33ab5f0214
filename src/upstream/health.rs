//! Whether an upstream can be reached.

use serde::Serialize;

/// What a look at an upstream found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// It answered an HTTP request, and not with a server error.
    pub reachable: bool,
    /// The status it answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long that took, in milliseconds.
    pub took_ms: u64,
    /// Why it can't be reached, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
