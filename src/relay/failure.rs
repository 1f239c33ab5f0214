//! What a client is told when a request, or a part of it, fails.

use std::time::Duration;

use reasoning_stream::{ErrorEvent, OpenAiError, Stage};

use crate::policy::account::Exceeded;
use crate::upstream::error::UpstreamError;

/// The longest wait that a client is asked for: SDKs ignore longer ones.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The most models that a message lists.
const MAX_LISTED: usize = 50;

/// A failure, as a client may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The part of the work that failed.
    pub stage: Stage,
    /// HTTP status, for as long as it can still be sent.
    pub status: u16,
    /// Stable identifier.
    pub code: &'static str,
    /// One sentence for a person.
    pub message: String,
    /// A short cause.
    pub detail: Option<String>,
    /// The member of the request that is at fault, if one is.
    pub field: Option<String>,
    /// Whether asking again may help.
    pub retryable: bool,
    /// How long to wait before asking again.
    pub retry_after: Option<Duration>,
    /// The caller's own limit that is reached, if that is why.
    pub limit: Option<Box<Exceeded>>,
}

impl Failure {
    /// A failure of the gateway itself. What happened stands in the log, under the request's id.
    pub fn internal() -> Self {
        Self::gateway(500, "internal", "the gateway failed; its log says more", false)
    }

    /// The gateway stops, and the stream did not end in time.
    pub fn shutting_down() -> Self {
        Self::gateway(503, "shutting_down", "the gateway is shutting down", true)
    }

    /// Nobody serves the model that the request names, or the one for its summaries.
    pub(super) fn unknown_model(names: &[String]) -> Self {
        let message = format!("unknown model; the models are {}", listed(names));
        Self::gateway(404, "model_not_found", &message, false)
    }

    pub(super) fn gateway(status: u16, code: &'static str, message: &str, retryable: bool) -> Self {
        let (stage, message) = (Stage::Gateway, message.to_owned());
        let (detail, field, retry_after, limit) = (None, None, None, None);
        Self { stage, status, code, message, detail, field, retryable, retry_after, limit }
    }

    /// A failed call upstream.
    pub fn upstream(stage: Stage, error: &UpstreamError) -> Self {
        let (status, code) = status_and_code(error);
        Self {
            stage,
            status,
            code,
            message: error.to_string(),
            detail: detail(error),
            field: field(error),
            retryable: may_pass(error),
            retry_after: error.retry_after().map(|wait| wait.min(MAX_RETRY_AFTER)),
            limit: None,
        }
    }

    /// The failure as an event: `fatal` ends the stream, else a fallback text follows.
    pub fn event(&self, fatal: bool) -> ErrorEvent {
        ErrorEvent {
            message: self.message.clone(),
            stage: self.stage,
            detail: self.detail.clone(),
            code: self.code.to_owned(),
            status: self.status,
            retryable: self.retryable,
            fatal,
            error: self.openai(),
        }
    }

    /// The failure as OpenAI's SDKs read it.
    pub fn openai(&self) -> OpenAiError {
        OpenAiError {
            message: self.message.clone(),
            kind: OpenAiError::kind_of(self.status).to_owned(),
            param: self.field.clone(),
            code: Some(self.code.to_owned()),
        }
    }
}

/// Names for a message, not all of them where there are many.
pub(super) fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let more = if names.len() > MAX_LISTED { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(MAX_LISTED)].join(", "))
}

/// Whether a client may ask again later. We ourselves ask again less often: not while the breaker
/// refuses, and not past the deadline.
fn may_pass(error: &UpstreamError) -> bool {
    let later = matches!(
        error,
        UpstreamError::Asleep
            | UpstreamError::CircuitOpen { .. }
            | UpstreamError::DeadlinePassed(_)
    );
    later || error.is_retryable()
}

/// A word more on the cause, where there is one.
fn detail(error: &UpstreamError) -> Option<String> {
    if let UpstreamError::Refused { code, .. } = error {
        return code.clone();
    }
    let late = matches!(
        error,
        UpstreamError::Silent { .. } | UpstreamError::DeadlinePassed(_) | UpstreamError::Late(_)
    );
    late.then(|| "timeout".to_owned())
}

/// The member that the server can't be told.
fn field(error: &UpstreamError) -> Option<String> {
    if let UpstreamError::Unsupported { field, .. } = error { Some(field.clone()) } else { None }
}

/// The code of an upstream's failure.
pub(super) fn code(error: &UpstreamError) -> &'static str {
    status_and_code(error).1
}

fn status_and_code(error: &UpstreamError) -> (u16, &'static str) {
    match error {
        UpstreamError::Unresolved => (502, "upstream_dns"),
        UpstreamError::Unreachable => (502, "upstream_connect"),
        UpstreamError::Untrusted => (502, "upstream_tls"),
        UpstreamError::Refused { status: status @ (400 | 413 | 422), .. } => {
            (*status, "upstream_refused")
        }
        UpstreamError::Unsupported { .. } => (422, "unsupported"),
        UpstreamError::Refused { .. } => (502, "upstream_refused"),
        UpstreamError::Unauthorized => (502, "upstream_auth"),
        UpstreamError::NotFound => (404, "upstream_not_found"),
        UpstreamError::Busy { .. } => (429, "upstream_busy"),
        UpstreamError::QuotaSpent => (503, "upstream_quota"),
        UpstreamError::Failed { status, .. } => (failed_status(*status), "upstream_failed"),
        UpstreamError::Silent { .. } => (504, "upstream_timeout"),
        UpstreamError::DeadlinePassed(_) => (504, "deadline_exceeded"),
        UpstreamError::Reset => (502, "upstream_reset"),
        UpstreamError::Truncated => (502, "upstream_truncated"),
        UpstreamError::Garbled(_) | UpstreamError::Compressed => (502, "upstream_protocol"),
        UpstreamError::Empty => (502, "upstream_empty"),
        UpstreamError::NoText => (502, "summary_empty"),
        UpstreamError::Quoted => (502, "summary_quotes"),
        UpstreamError::Late(_) => (504, "summary_late"),
        UpstreamError::Filtered => (502, "summary_filtered"),
        UpstreamError::TooLong { .. } => (502, "upstream_line_too_long"),
        UpstreamError::Redirected => (502, "upstream_redirect"),
        UpstreamError::Asleep => (503, "upstream_asleep"),
        UpstreamError::CircuitOpen { .. } => (503, "circuit_open"),
        UpstreamError::ReasoningLimit(_) => (502, "reasoning_limit"),
        UpstreamError::OutputLimit { .. } => (502, "output_limit"),
    }
}

const fn failed_status(upstream: u16) -> u16 {
    match upstream {
        408 | 504 => 504,
        409 => 409,
        503 | 529 => 503,
        _ => 502,
    }
}
