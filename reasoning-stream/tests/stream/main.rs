//! What the crate promises, as tables and properties. One binary: it links once.

mod event;
mod order;
mod splitter;
mod sse;
mod sse_properties;
mod told;
mod vectors;
