//! Whether a gateway takes requests, and reaches those who answer them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A gateway that answers, and what it says of itself and its upstreams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether it takes requests: one that is about to stop does not.
    pub ready: bool,
    /// Each upstream by its name; one that has no name has an empty one.
    pub upstreams: BTreeMap<String, Upstream>,
}

/// One upstream, as the gateway sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// Whether it answered.
    pub reachable: bool,
    /// The HTTP status that it answered with.
    #[serde(default)]
    pub status: Option<u16>,
    /// How long that took, in milliseconds.
    #[serde(default)]
    pub took_ms: u64,
    /// Why it did not answer.
    #[serde(default)]
    pub detail: Option<String>,
}

impl Health {
    /// Whether requests are taken and every upstream can be reached.
    pub fn is_well(&self) -> bool {
        self.ready && self.upstreams.values().all(|upstream| upstream.reachable)
    }
}

/// The upstreams as the wire has them: one, or several by name.
#[derive(Debug, Deserialize)]
pub(crate) struct Reached {
    upstream: bool,
    #[serde(default)]
    detail: Option<Upstream>,
    #[serde(default)]
    upstreams: BTreeMap<String, Upstream>,
}

impl Reached {
    /// All of them by name; a gateway that tells no more than whether it reaches one has one.
    pub(crate) fn by_name(self) -> BTreeMap<String, Upstream> {
        if !self.upstreams.is_empty() {
            return self.upstreams;
        }
        let told = Upstream { reachable: self.upstream, status: None, took_ms: 0, detail: None };
        BTreeMap::from([(String::new(), self.detail.unwrap_or(told))])
    }
}

#[cfg(test)]
mod tests {
    use super::{Health, Reached};

    #[test]
    fn is_well_when_everything_is() {
        let one = r#"{"status":"ok","upstream":true,"detail":{"reachable":true,"status":200,"took_ms":3}}"#;
        let none = r#"{"status":"degraded","upstream":false,"detail":{"reachable":false,"took_ms":3,"detail":"unreachable"}}"#;
        let some = r#"{"status":"degraded","upstream":true,"upstreams":{"a":{"reachable":true},"b":{"reachable":false}}}"#;
        for (json, ready, count, is_well) in [
            (one, true, 1, true),
            (one, false, 1, false),
            (none, true, 1, false),
            (some, true, 2, false),
            (r#"{"upstream":true}"#, true, 1, true),
            (r#"{"upstream":false}"#, true, 1, false),
        ] {
            let reached: Reached = serde_json::from_str(json).unwrap();
            let health = Health { ready, upstreams: reached.by_name() };
            assert_eq!((health.upstreams.len(), health.is_well()), (count, is_well), "{json}");
        }
    }
}
