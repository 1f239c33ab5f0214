//! One request's life: three calls, one order, one end.
//!
//! ```text
//!  ChatRequest ──▶ Relay::serve ──┬─▶ Summaries (A, C) ─┐
//!                                 └─▶ Answer (B) ───────┴─▶ Turn ──▶ pipeline ──▶ Outbox ──▶ Frames
//! ```
//!
//! The order of events is the order of the lines in `pipeline`. Nothing here knows HTTP.

pub mod access;
mod access_line;
pub mod answer;
mod cache;
pub mod caller;
pub mod catalog;
pub mod choice;
mod clock;
#[cfg(test)]
pub(crate) mod cost;
mod digest;
mod estimate;
pub mod failure;
mod fingerprint;
mod flights;
mod guard;
mod job;
mod lane;
mod language;
mod leak;
mod lease;
mod ledger;
mod live;
pub mod need;
mod origin;
pub mod outbox;
mod pipeline;
mod plan;
pub(crate) mod precedence;
pub(crate) mod prefetch;
pub mod prompts;
mod recording;
pub mod request;
mod said;
mod sections;
pub mod seldom;
pub mod serve;
mod shown;
mod speed;
mod summaries;
pub mod summary;
pub mod task;
mod text;
mod turn;
mod usage;
