//! What Friendli says about an endpoint, and what that means for whoever wants an answer.

use std::fmt;

use serde::Deserialize;

/// An endpoint's status. Values outside Friendli's list are kept as they came.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Such as `RUNNING` or `SLEEPING`.
    pub status: String,
    /// What it does while it starts, such as `DOWNLOADING_MODEL`.
    #[serde(default)]
    pub phase: Option<String>,
    /// Why it failed, such as `WORKLOAD_INIT_DOWNLOAD_ERROR`.
    #[serde(default)]
    pub error_code: Option<String>,
}

/// What to do with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It answers requests.
    Serves,
    /// It starts, or nobody knows.
    Starts,
    /// It must be woken.
    Sleeps,
    /// It never will answer.
    Ended,
}

impl Status {
    /// A status that nobody gave, with the reason.
    pub(crate) fn unknown(reason: String) -> Self {
        Self { status: "UNKNOWN".to_owned(), phase: None, error_code: Some(reason) }
    }

    /// What the status means.
    pub fn readiness(&self) -> Readiness {
        match self.status.as_str() {
            "RUNNING" | "READY" | "UPDATING" => Readiness::Serves,
            "SLEEPING" => Readiness::Sleeps,
            "FAILED" | "STOPPING" | "TERMINATING" | "TERMINATED" => Readiness::Ended,
            // INITIALIZING, AWAKING, UNKNOWN, and what Friendli may add: it may serve soon.
            _ => Readiness::Starts,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let details: Vec<&str> =
            [&self.phase, &self.error_code].into_iter().filter_map(|it| it.as_deref()).collect();
        if details.is_empty() { Ok(()) } else { write!(f, " ({})", details.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Readiness, Status};

    #[test]
    fn knows_what_each_status_means() {
        for (statuses, readiness) in [
            ("RUNNING READY UPDATING", Readiness::Serves),
            ("INITIALIZING AWAKING UNKNOWN DREAMING running", Readiness::Starts),
            ("SLEEPING", Readiness::Sleeps),
            ("FAILED STOPPING TERMINATING TERMINATED", Readiness::Ended),
        ] {
            for status in statuses.split(' ') {
                let json = format!(r#"{{"status":"{status}","createdAt":"2026-01-01T00:00:00Z"}}"#);
                let read: Status = serde_json::from_str(&json).unwrap();
                assert_eq!(read.readiness(), readiness, "{status}");
            }
        }
    }

    #[test]
    fn shows_why() {
        for (json, shown) in [
            (r#"{"status":"RUNNING"}"#, "RUNNING"),
            (
                r#"{"status":"AWAKING","phase":"DOWNLOADING_MODEL","errorCode":null}"#,
                "AWAKING (DOWNLOADING_MODEL)",
            ),
            (r#"{"status":"FAILED","phase":null,"errorCode":"X"}"#, "FAILED (X)"),
            (r#"{"status":"FAILED","phase":"P","errorCode":"X"}"#, "FAILED (P, X)"),
        ] {
            assert_eq!(serde_json::from_str::<Status>(json).unwrap().to_string(), shown);
        }
    }
}
