//! Asks the gateway and hands out what it says: typed events, in a checked order, or a typed error.
//!
//! ```text
//!  Request ──▶ Client::ask ──▶ Conversation ──▶ Event, Event, …  (a Stream)
//!                   └────────────────┴────────▶ Error            (named for what to do next)
//! ```
//!
//! ```no_run
//! use futures::StreamExt;
//! use gateway_client::{Client, Error, Event, Request};
//!
//! # async fn example() -> Result<(), Error> {
//! let client = Client::new("http://localhost:8000/v1/chat/completions")?;
//! let mut conversation = client.ask(&Request::new("Why is the sky blue?").model("demo")).await?;
//! while let Some(event) = conversation.next().await {
//!     match event? {
//!         Event::PromptSummary(summary) => println!("asked: {}", summary.text),
//!         Event::RawReasoning(text) => print!("{text}"),
//!         Event::ReasoningDelta(delta) => print!("{}", delta.text),
//!         Event::ReasoningSummary(summary) => println!("thought: {}", summary.text),
//!         Event::OutputDelta(text) => print!("{text}"),
//!         Event::Error(error) => eprintln!("{}", error.message),
//!         Event::OutputDone(done) => println!("\n({})", done.finish_reason.as_str()),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Dropping a [`Conversation`] closes its connection, and the gateway then stops its own calls.
//! Nothing here retries: that is the gateway's work. [`friendli`] wakes a sleeping endpoint.

mod client;
mod conversation;
mod error;
pub mod friendli;
mod health;
mod http;
mod models;
mod problem;
mod request;
mod whole;

pub use client::{Client, DEFAULT_URL};
pub use conversation::Conversation;
pub use error::Error;
pub use health::{Health, Upstream};
pub use models::Model;
pub use problem::{FieldError, Problem};
pub use reasoning_stream::{
    Attempts, Disorder, Done, ErrorEvent, Event, FinishReason, Source, Stage, Summary,
    SummaryDelta, Timings, ToolCall, Usage,
};
pub use request::{Message, Request, Role};
