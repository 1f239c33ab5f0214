//! Talks to model servers, one call at a time, behind a trait.
//!
//! One call here is one attempt: retries, restarts and deadlines are the relay's, so that there is
//! one owner of them, and so that scripted byte streams can stand in for a server on a paused clock.

pub mod body;
mod client;
pub mod dedicated;
pub mod echo;
pub mod error;
pub mod health;
pub mod llama;
pub mod openai;
pub mod quirks;
mod response;

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use reasoning_stream::Framing;
use serde_json::{Map, Value};

use self::body::Body;
use self::error::UpstreamError;
use self::health::Health;

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is asked.
    pub body: Bytes,
    /// The header that says which trace it belongs to.
    pub trace_parent: Option<String>,
    /// The request that it is made for, as the log names it.
    pub request_id: Arc<str>,
    /// What is to be summarised, without the words around it; none where an answer is asked for.
    pub material: Option<Arc<str>>,
}

impl From<Bytes> for Call {
    fn from(body: Bytes) -> Self {
        Self { body, trace_parent: None, request_id: Arc::from("-"), material: None }
    }
}

/// A model server.
pub trait Upstream: Send + Sync + 'static {
    /// Starts one streamed chat completion; ready when the answer's 2xx headers are there.
    fn stream(&self, call: Call) -> BoxFuture<'static, Result<Answer, UpstreamError>>;

    /// Makes one whole chat completion and returns its body.
    fn complete(&self, call: Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>>;

    /// The models it serves.
    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>>;

    /// Whether it can be reached, within a second or two.
    fn health(&self) -> BoxFuture<'static, Health>;

    /// Gets what is behind a model to serve, and tells whether it was away before; none, if there is
    /// nothing to wake. May take for ever.
    fn wake(&self, _model: &str) -> Option<BoxFuture<'static, bool>> {
        None
    }

    /// Whether it says back what it is told, thoughts of others included.
    fn repeats(&self) -> bool {
        false
    }

    /// What it can't be asked for, of a request with these messages and members.
    fn unsupported(&self, _: &[Value], _: &Map<String, Value>) -> Option<Unsupported> {
        None
    }
}

/// A part of a request that a server has no way to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Where it is, such as `messages[1].content[0]`.
    pub field: String,
    /// What it is, in a word or two.
    pub what: &'static str,
}

/// A model that a server says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether the server tells its reasoning apart, in a field; nothing, if it does not say.
    pub told_apart: Option<bool>,
}

/// The beginning of an answer: its bytes are still to come.
pub struct Answer {
    /// How the body is laid out.
    pub framing: Framing,
    /// The body as it arrives. It ends after the first error.
    pub bytes: Body,
}
