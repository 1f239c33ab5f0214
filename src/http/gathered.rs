//! A whole reply from a dialect whose streams end in one: its events are gathered, and not sent.

use reasoning_stream::{Event, ToolCall};
use serde_json::Value;

use super::sse;
use crate::relay::outbox::Encoder;

/// A dialect that knows, at the end of a stream, what it has told.
pub(super) trait Told: Encoder {
    /// All of it, as the dialect's whole reply.
    fn told(&self) -> Value;
}

/// Writes the whole reply once the stream would end.
pub(super) struct Gathered<E> {
    encoder: E,
    /// What a stream would send.
    unsent: Vec<u8>,
}

impl<E: Told> Gathered<E> {
    pub(super) const fn new(encoder: E) -> Self {
        Self { encoder, unsent: Vec::new() }
    }
}

impl<E: Told> Encoder for Gathered<E> {
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>) {
        self.encoder.encode(event, request_id, &mut self.unsent);
        self.unsent.clear();
        if let Event::OutputDone(_) = event {
            sse::json(&self.encoder.told(), out);
        }
    }

    fn encode_tool_calls(&mut self, parts: &[ToolCall], request_id: &str, _out: &mut Vec<u8>) {
        self.encoder.encode_tool_calls(parts, request_id, &mut self.unsent);
        self.unsent.clear();
    }
}
