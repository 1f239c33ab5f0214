//! Tests of the mock over real sockets, from a client that sees every byte.

#![expect(clippy::unwrap_used, reason = "what tests share fails as tests do")]

mod command;
mod completions;
mod dedicated;
mod docs;
mod faults;
mod limits;
mod pace;
mod scripts;
mod streams;
mod summaries;
mod wire;
