//! A model server that needs no credentials, and behaves or misbehaves by script.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use mock_upstream::{Kind, Options, Server};
//! use serde_json::json;
//!
//! let server = Server::start(Options::instant()).await?;
//! server.set_script(json!([
//!     {"when": {"kind": "answer", "attempt": [1, 2]}, "do": {"status": 503}},
//!     {"when": {"kind": "answer"}, "do": {"answer": "42", "cut": {"token": 1}}},
//! ]))?;
//! // … call server.base_url() …
//! let calls = server.until(|calls| calls.iter().filter(|call| call.kind == Kind::Answer).count() == 3).await;
//! # drop(calls);
//! # Ok(())
//! # }
//! ```
//!
//! ```text
//!  server ─▶ connection ─▶ inbox ─▶ exchange ─▶ turn ─▶ outbox ─▶ socket
//!                                      │          └─▶ speech ─▶ text
//!                                      └─▶ rules ─▶ script
//! ```
//!
//! HTTP is spoken by hand, because a mock must be able to break it at any byte.

mod access_log;
mod call;
mod call_log;
mod chat_request;
mod chunks;
mod completion;
mod connection;
mod endpoints;
mod exchange;
mod fault;
mod inbox;
mod options;
mod outbox;
mod pace;
mod reply;
mod route;
mod rules;
mod script;
mod server;
mod shared;
mod speech;
mod style;
mod text;
mod turn;

pub use call::{Call, Ending, Kind};
pub use call_log::Counts;
pub use fault::{At, Base64, Empty, ErrorAt, Insert, Noise, Raw, Section, Stall, ToolCallScript};
pub use options::{ColdStart, Options};
pub use rules::{Attempt, Rule, Rules, When};
pub use script::{Script, ScriptError, Text};
pub use server::Server;
pub use style::Style;
