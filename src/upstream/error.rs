//! One failed call upstream, named for what the caller does next.
//!
//! Messages hold no text of the upstream's: it may quote keys, prompts or reasoning.

use std::time::Duration;

use reasoning_stream::StreamFault;

use super::{Unsupported, response};

/// When it makes sense to ask for a model that is waking up: some seconds, of minutes.
const ASLEEP: Duration = Duration::from_secs(10);

/// One failed call upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// Its name has no address.
    #[error("upstream's host name can't be resolved")]
    Unresolved,
    /// No connection could be made.
    #[error("upstream can't be reached")]
    Unreachable,
    /// It could not prove who it is.
    #[error("upstream's TLS certificate is not valid")]
    Untrusted,
    /// It found fault with the request: asking again will not help.
    #[error("upstream refused the request with status {status}{}", reason(code.as_ref()))]
    Refused {
        /// Its HTTP status.
        status: u16,
        /// Its error code, if that is a known one.
        code: Option<String>,
    },
    /// There is no way to tell it what the request asks for.
    #[error("the model's server does not take {what}")]
    Unsupported {
        /// The member that asks for it, such as `messages[1].content[0]`.
        field: String,
        /// What it is, in a word or two.
        what: &'static str,
    },
    /// It does not accept our key.
    #[error("upstream refused the gateway's credentials")]
    Unauthorized,
    /// It does not know the model or the path.
    #[error("upstream does not know this model or path")]
    NotFound,
    /// It is overloaded; it may have said when to return.
    #[error("upstream is busy")]
    Busy {
        /// The wait it asked for.
        retry_after: Option<Duration>,
    },
    /// The account has no credit left; waiting will not help.
    #[error("upstream's quota is spent")]
    QuotaSpent,
    /// It failed, and may not fail the next time.
    #[error("upstream failed with status {status}")]
    Failed {
        /// Its HTTP status.
        status: u16,
        /// The wait it asked for.
        retry_after: Option<Duration>,
    },
    /// It said nothing for too long.
    #[error("no {quiet} from upstream for {after:?}")]
    Silent {
        /// What was awaited.
        quiet: Quiet,
        /// For how long.
        after: Duration,
    },
    /// The request's own deadline came first.
    #[error("the request's deadline of {0:?} has passed")]
    DeadlinePassed(Duration),
    /// The connection broke.
    #[error("upstream broke the connection")]
    Reset,
    /// The stream ended before the model had finished.
    #[error("upstream ended the stream before the model had finished")]
    Truncated,
    /// What it sent can't be read.
    #[error("upstream sent what is not a chat completion: {0}")]
    Garbled(&'static str),
    /// It compressed the body, although only `identity` was accepted.
    #[error("upstream compressed its answer although it was asked not to")]
    Compressed,
    /// It accepted the request and sent nothing.
    #[error("upstream sent an empty answer")]
    Empty,
    /// It answered a summary call without any text to show.
    #[error("upstream's summary has no text")]
    NoText,
    /// A content filter cut its summary off.
    #[error("upstream's content filter refused the summary")]
    Filtered,
    /// Its summary quotes what it is about.
    #[error("the summary quotes the reasoning")]
    Quoted,
    /// Its summary was not ready in time for the answer that waited.
    #[error("the summary was not ready {0:?} after the answer")]
    Late(Duration),
    /// One line, or one whole body, is longer than the limit.
    #[error("upstream sent more than {limit} bytes at once")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// It points elsewhere; keys and prompts don't follow.
    #[error("upstream answered with a redirect, which is not followed")]
    Redirected,
    /// Its endpoint sleeps, and did not wake up in time.
    #[error("upstream's endpoint sleeps, and did not wake up in time")]
    Asleep,
    /// It failed too often lately, and was not called.
    #[error("upstream keeps failing, and is given a rest")]
    CircuitOpen {
        /// The time until it is called again.
        retry_after: Duration,
    },
    /// The model thought for too long.
    #[error("the model's reasoning exceeded {0}")]
    ReasoningLimit(&'static str),
    /// The model's answer became too long.
    #[error("the model's answer exceeded {limit} bytes")]
    OutputLimit {
        /// The limit, in bytes.
        limit: usize,
    },
}

/// What an upstream was silent about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// The head of its answer.
    Headers,
    /// The first token.
    FirstToken,
    /// More content; comments and empty deltas are none.
    Content,
}

impl std::fmt::Display for Quiet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Headers => "response head",
            Self::FirstToken => "first token",
            Self::Content => "content",
        })
    }
}

impl UpstreamError {
    /// Whether another try may bring another result.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Unresolved
            | Self::Unreachable
            | Self::Busy { .. }
            | Self::Failed { .. }
            | Self::Silent { .. }
            | Self::Reset
            | Self::Truncated
            | Self::Garbled(_)
            | Self::Empty => true,
            Self::Untrusted
            | Self::Refused { .. }
            | Self::Unsupported { .. }
            | Self::Unauthorized
            | Self::NotFound
            | Self::QuotaSpent
            | Self::DeadlinePassed(_)
            | Self::Compressed
            | Self::NoText
            | Self::Filtered
            | Self::Quoted
            | Self::Late(_)
            | Self::TooLong { .. }
            | Self::Redirected
            | Self::Asleep
            | Self::CircuitOpen { .. }
            | Self::ReasoningLimit(_)
            | Self::OutputLimit { .. } => false,
        }
    }

    /// Whether what serves there may be asleep: it refuses, or holds a request until it is awake.
    pub const fn may_be_sleep(&self) -> bool {
        matches!(
            self,
            Self::Failed { status: 503, .. } | Self::Silent { quiet: Quiet::Headers, .. }
        )
    }

    /// Whether another upstream may do better: not with a request that is wrong, and not when our
    /// own limits ended it.
    pub const fn may_differ_elsewhere(&self) -> bool {
        match self {
            Self::Refused { status, .. } => !matches!(*status, 400 | 413 | 422),
            Self::DeadlinePassed(_)
            | Self::NoText
            | Self::Filtered
            | Self::Quoted
            | Self::Late(_)
            | Self::ReasoningLimit(_)
            | Self::OutputLimit { .. } => false,
            Self::Unresolved
            | Self::Unreachable
            | Self::Untrusted
            | Self::Unsupported { .. }
            | Self::Unauthorized
            | Self::NotFound
            | Self::Busy { .. }
            | Self::QuotaSpent
            | Self::Failed { .. }
            | Self::Silent { .. }
            | Self::Reset
            | Self::Truncated
            | Self::Garbled(_)
            | Self::Compressed
            | Self::Empty
            | Self::TooLong { .. }
            | Self::Redirected
            | Self::Asleep
            | Self::CircuitOpen { .. } => true,
        }
    }

    /// Whether this says that the upstream is in trouble. What it refuses for good reasons, how much
    /// it sends and how long we wait altogether do not.
    pub const fn is_upstreams_fault(&self) -> bool {
        if let Self::Failed { status, .. } = self {
            return *status >= 500;
        }
        matches!(self, Self::Untrusted)
            || (self.is_retryable() && !matches!(self, Self::Busy { .. }))
    }

    /// The wait that makes sense before the next call: the upstream's own wish, or the breaker's.
    pub const fn retry_after(&self) -> Option<Duration> {
        if let Self::CircuitOpen { retry_after } = self {
            return Some(*retry_after);
        }
        if matches!(self, Self::Asleep) {
            return Some(ASLEEP);
        }
        if let Self::Busy { retry_after } | Self::Failed { retry_after, .. } = self {
            return *retry_after;
        }
        None
    }
}

fn reason(code: Option<&String>) -> String {
    code.map_or_else(String::new, |code| format!(" ({code})"))
}

impl From<Unsupported> for UpstreamError {
    fn from(Unsupported { field, what }: Unsupported) -> Self {
        Self::Unsupported { field, what }
    }
}

impl From<StreamFault> for UpstreamError {
    fn from(fault: StreamFault) -> Self {
        match fault {
            StreamFault::LineTooLong { limit } => Self::TooLong { limit },
            StreamFault::Malformed => Self::Garbled("its JSON is broken"),
            StreamFault::Reported(error) => response::reported(error),
        }
    }
}
