//! What is asked, of whom, and how.

use std::sync::Arc;
use std::time::Duration;

use reasoning_stream::ReaderOptions;
use serde_json::{Map, Value};

use crate::policy::retry::RetryPolicy;
use crate::relay::catalog::Target;
use crate::relay::ledger::Tally;
use crate::relay::request::ChatRequest;

/// How answers are asked for.
#[derive(Debug, Clone)]
pub struct AnswerConfig {
    /// Time to the head of the answer.
    pub headers_timeout: Duration,
    /// Time from the head to the first token.
    pub first_token_timeout: Duration,
    /// Time between content.
    pub idle_timeout: Duration,
    /// Time for the whole request.
    pub deadline: Duration,
    /// When a failed call is made again.
    pub retry: RetryPolicy,
    /// Calls after one whose tokens had begun to flow.
    pub max_restarts: u32,
    /// How the stream is read.
    pub reader: ReaderOptions,
    /// Members that every request to this upstream gets, unless the client sets them.
    pub members: Map<String, Value>,
}

/// What is asked, and of whom.
pub(in crate::relay) struct Ask {
    /// In the order in which they are tried; at least one.
    pub(in crate::relay) targets: Vec<Arc<Target>>,
    pub(in crate::relay) request: Arc<ChatRequest>,
    pub(in crate::relay) tally: Arc<Tally>,
}
