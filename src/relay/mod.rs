//! One request's life: three calls, one order, one end.
//!
//! ```text
//!  ChatRequest ──▶ Relay::serve ──┬─▶ Summaries (A, C) ─┐
//!                                 └─▶ Answer (B) ───────┴─▶ Turn ──▶ pipeline ──▶ Outbox ──▶ Frames
//! ```
//!
//! The order of events is the order of the lines in `pipeline`. Nothing here knows HTTP.

mod answer;
mod failure;
mod ledger;
mod outbox;
mod pipeline;
mod prompts;
mod request;
mod said;
mod serve;
mod summary;
mod task;
mod text;
mod turn;

pub use answer::AnswerConfig;
pub use failure::Failure;
pub use outbox::Encoder;
pub use prompts::TAG_INSTRUCTION;
pub use request::{ChatRequest, Style, SummaryOptions};
pub use serve::{Frames, Relay};
pub use summary::SummaryConfig;
pub use task::{Started, start};
