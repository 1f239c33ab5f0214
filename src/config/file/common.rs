//! Settings that a file may hold, too. A flag and a variable go before it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::File;
use super::values::{Count, Few, Seconds};

/// Limits of all that is asked; each is a setting, whose name is told with it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Common {
    /// Requests a minute of one key, or of one address without a key (`RATE_LIMIT_REQUESTS`).
    pub requests_per_minute: Option<Count>,
    /// Tokens a minute of one key, or of one address without a key (`RATE_LIMIT_TOKENS`).
    pub tokens_per_minute: Option<Count>,
    /// Answers that one key, or one address without a key, may have open at once
    /// (`RATE_LIMIT_CONCURRENCY`).
    pub max_concurrent: Option<Few>,
    /// Tokens that a prompt may have, by an estimate of four characters each (`MAX_PROMPT_TOKENS`).
    pub max_prompt_tokens: Option<Count>,
    /// Bytes that a request's body may have (`MAX_BODY_BYTES`).
    pub max_body_bytes: Option<Count>,
    /// Answers that may be open at once (`MAX_CONCURRENT_STREAMS`).
    pub max_concurrent_streams: Option<Count>,
    /// Connections that may be open at once (`MAX_CONNECTIONS`).
    pub max_connections: Option<Count>,
}

/// Answers that are given again.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cache {
    /// Seconds for which one is kept; without it, none is (`CACHE_TTL`).
    pub ttl: Option<Seconds>,
    /// Bytes of them that are kept in memory, where there is no Redis (`CACHE_MAX_BYTES`).
    pub max_bytes: Option<Count>,
}

impl File {
    /// The variables that the file stands for, with their values.
    pub(in crate::config) fn settings(&self) -> impl Iterator<Item = (&'static str, String)> {
        let (limits, cache) = (&self.limits, &self.cache);
        let count = |count: Option<Count>| count.map(|it| it.0.to_string());
        let keys_file = self.keys.as_ref().and_then(|keys| keys.file.clone());
        let given = [
            ("KEYS_FILE", keys_file),
            ("RATE_LIMIT_REQUESTS", count(limits.requests_per_minute)),
            ("RATE_LIMIT_TOKENS", count(limits.tokens_per_minute)),
            ("RATE_LIMIT_CONCURRENCY", limits.max_concurrent.map(|it| it.0.to_string())),
            ("MAX_PROMPT_TOKENS", count(limits.max_prompt_tokens)),
            ("MAX_BODY_BYTES", count(limits.max_body_bytes)),
            ("MAX_CONCURRENT_STREAMS", count(limits.max_concurrent_streams)),
            ("MAX_CONNECTIONS", count(limits.max_connections)),
            ("CACHE_TTL", cache.ttl.map(|it| it.0.as_secs_f64().to_string())),
            ("CACHE_MAX_BYTES", count(cache.max_bytes)),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}
