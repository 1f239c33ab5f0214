//! The line that a chat request leaves in the log: what was asked of whom, how it ended, what it took.
//!
//! Lengths and a digest stand where texts would be, and a model that the configuration does not name
//! is `other`: a client may write into that name what it likes.

use reasoning_stream::Attempts;
use tracing::{info, warn};

/// What the line says.
pub(super) struct AccessLine<'a> {
    pub(super) request_id: &'a str,
    /// The path that was asked.
    pub(super) path: &'a str,
    /// The model, by its public name.
    pub(super) model: &'a str,
    /// The status, or what it would have been before the stream began.
    pub(super) status: u16,
    /// How it ended, as it is counted.
    pub(super) outcome: &'static str,
    /// The upstream's reason for the end, or the error's code.
    pub(super) code: &'a str,
    pub(super) attempts: Attempts,
    pub(super) prompt_tokens: Tokens,
    pub(super) answer_tokens: Tokens,
    pub(super) reasoning_tokens: Tokens,
    /// Summaries that quoted the reasoning.
    pub(super) leaks: u32,
    pub(super) prompt_bytes: usize,
    pub(super) prompt_digest: &'a str,
    pub(super) reasoning_bytes: u64,
    pub(super) answer_bytes: u64,
    /// Until the first text of the answer was sent.
    pub(super) ttft_ms: Option<u64>,
    pub(super) took_ms: u64,
}

/// Tokens of one kind of call, as far as the upstream has counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
}

/// The line at one level: a level is no argument to what writes it.
macro_rules! at {
    ($level:ident, $line:ident) => {{
        let Self { path, status, code, took_ms, .. } = $line;
        let Attempts { a, b, c } = $line.attempts;
        $level!(
            request_id = $line.request_id,
            method = "POST",
            path,
            status,
            outcome = $line.outcome,
            code,
            model = $line.model,
            attempts = a + b + c,
            attempts.a = a,
            attempts.b = b,
            attempts.c = c,
            tokens.prompt_summary.input = $line.prompt_tokens.input,
            tokens.prompt_summary.output = $line.prompt_tokens.output,
            tokens.answer.input = $line.answer_tokens.input,
            tokens.answer.output = $line.answer_tokens.output,
            tokens.reasoning_summary.input = $line.reasoning_tokens.input,
            tokens.reasoning_summary.output = $line.reasoning_tokens.output,
            leaks = Some($line.leaks).filter(|&leaks| leaks > 0),
            prompt_bytes = $line.prompt_bytes,
            prompt_digest = $line.prompt_digest,
            reasoning_bytes = $line.reasoning_bytes,
            answer_bytes = $line.answer_bytes,
            ttft_ms = $line.ttft_ms,
            took_ms,
            "POST {path}: {status} {code} after {took_ms} ms"
        );
    }};
}

impl AccessLine<'_> {
    /// Writes it; what failed by the gateway's or an upstream's fault is a warning.
    pub(super) fn write(&self) {
        if self.status >= 500 { at!(warn, self) } else { at!(info, self) }
    }
}
