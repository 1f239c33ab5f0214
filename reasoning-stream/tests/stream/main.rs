//! What the crate promises, as tables and properties. One binary: it links once.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod event;
mod order;
mod parser_vectors;
mod reader;
mod splitter;
mod splitter_properties;
mod sse;
mod sse_properties;
mod told;
mod vectors;
