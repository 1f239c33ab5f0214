//! The `summary` dialect: the events as they are.

use reasoning_stream::Event;

use crate::relay::outbox::Encoder;

/// Writes events as server-sent events, by their own names.
pub(super) struct SummaryDialect;

impl Encoder for SummaryDialect {
    fn encode(&mut self, event: &Event, request_id: &str, out: &mut Vec<u8>) {
        event.write(request_id, out);
    }
}
