//! The edge: routes, middleware, and what a client sends and gets.
//!
//! ```text
//!  listener ──▶ serve ──▶ edge ──▶ cors ──▶ routes ──▶ chat ──▶ dialect ──▶ relay
//!                                                └──▶ health, models
//! ```
//!
//! The only room that knows the web framework. Errors become bodies in `problem` alone.

mod access;
pub mod admin;
mod anthropic;
mod asset;
mod body;
mod chat;
mod client_address;
mod conversation;
mod cors;
mod dialect;
mod docs;
mod edge;
mod event_body;
mod fields;
mod gathered;
mod health;
mod messages;
mod numbers;
mod openai;
mod page;
mod problem;
mod reference;
mod request_id;
mod responses;
pub mod router;
pub mod serve;
mod sse;
mod summary;
mod tool_calls;
pub mod validate;
mod whole;

use std::time::Duration;

use ipnet::IpNet;

use crate::relay::request::Visibility;
use crate::traces::Tracer;

/// How the edge behaves.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Models that may be asked for; empty allows all.
    pub allow_models: Vec<String>,
    /// The summary model of the configuration, which is always allowed.
    pub summary_model: Option<String>,
    /// How much of a model's reasoning clients may see.
    pub visibility: Visibility,
    /// Origins whose pages may call; `*` is any.
    pub cors_origins: Vec<String>,
    /// Whether the playground is served.
    pub playground: bool,
    /// Bytes that a body may have.
    pub max_body_bytes: usize,
    /// Answers that may be open at once.
    pub max_concurrent_streams: usize,
    /// Connections that may be open at once.
    pub max_connections: usize,
    /// Proxies whose word on a client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether metrics have an address of their own, and none here.
    pub metrics_apart: bool,
    /// What begins the traces of requests.
    pub tracer: Tracer,
    /// Time that open answers get when the gateway stops.
    pub shutdown_grace: Duration,
}
