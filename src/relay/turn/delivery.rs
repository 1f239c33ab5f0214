//! The delivery of the answer: what came of it waits here until the pipeline sends it.

use std::future::poll_fn;
use std::task::Poll;

use reasoning_stream::ToolCall;
use tokio::time::Instant;

use super::Turn;
use crate::relay::outbox::{Part, size_of_calls};
use crate::upstream::error::UpstreamError;

/// Answer text that may wait for the summaries; then reading stops, and TCP does the waiting.
const MAX_READY: usize = 256 * 1024;
/// Answer text that makes a frame full once the answer is shown. A client that reads slowly has
/// several frames before it, so that this must be less.
const MAX_FRAME: usize = 16 * 1024;
/// Texts that leave in one write are joined up to this length.
const MAX_JOINED: usize = 4 * 1024;

impl Turn {
    /// Says that this task has waited for something else since it last listened to the answer.
    pub(in crate::relay) fn listen_again(&mut self) {
        self.is_listening = false;
        self.answer.listen_again();
    }

    /// Waits for more of the answer. `false` means that there is no more.
    pub(in crate::relay) async fn more(&mut self) -> Result<bool, UpstreamError> {
        let (mut first, mut seen) = (0, 0);
        // This task has just asked, and is woken for what comes.
        let mut has_asked = self.is_listening;
        poll_fn(|cx| {
            if std::mem::take(&mut has_asked) {
                return Poll::Pending;
            }
            if let Poll::Ready(error) = self.poll_drive(cx) {
                self.over = true;
                self.failure = Some(error);
            }
            match (self.ready_bytes, self.over) {
                (0, true) => Poll::Ready(self.failure.take().map_or(Ok(false), Err)),
                (0, false) => Poll::Pending,
                // One read may bring many chunks, and the connection's task hands them over one by
                // one: it gets its turns first, so that all of them leave in one write.
                (bytes, false) if bytes > seen && self.may_follow(seen == 0) => {
                    first = if seen == 0 { bytes } else { first };
                    seen = bytes;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                (bytes, _) => {
                    self.pace.waited(bytes > first && seen > 0);
                    Poll::Ready(Ok(true))
                }
            }
        })
        .await
    }

    /// Whether more is likely to follow at once. Once something did, it is.
    fn may_follow(&mut self, is_first: bool) -> bool {
        !is_first || self.pace.came(self.answer.last_read())
    }

    /// Takes what is ready to be sent.
    pub(in crate::relay) fn take_ready(&mut self) -> impl Iterator<Item = Part> {
        self.ready_bytes = 0;
        std::mem::take(&mut self.ready).into_iter()
    }

    /// Notes that the client has its first text of the answer.
    pub(in crate::relay) fn answer_sent(&mut self) {
        if !self.has_text || std::mem::replace(&mut self.has_sent, true) {
            return;
        }
        let sent = self.since_arrival(Instant::now());
        self.timings.first_answer_sent = Some(sent);
        self.tally.first_text_sent(sent);
        let came = self.timings.first_answer_upstream;
        self.timings.stall = came.map(|came| sent.saturating_sub(came));
    }

    /// Whether more of the answer may wait.
    pub(super) const fn has_room(&self) -> bool {
        self.ready_bytes < if self.barrier_passed { MAX_FRAME } else { MAX_READY }
    }

    pub(super) fn hear_answer(&mut self, text: String) {
        if !std::mem::replace(&mut self.has_text, true) {
            self.said.answered = true;
            self.timings.first_answer_upstream = Some(self.since_arrival(Instant::now()));
            self.start_summary();
            self.summaries.answer_waits();
        }
        self.said.answer_bytes += text.len();
        self.ready_bytes += text.len();
        match self.ready.last_mut() {
            Some(Part::Text(last)) if last.len() < MAX_JOINED => {
                last.push_str(&text);
            }
            _ => {
                self.ready_bytes += size_of::<Part>();
                self.ready.push(Part::Text(text));
            }
        }
    }

    pub(super) fn hear_tool_calls(&mut self, parts: Vec<ToolCall>) {
        let parts = self.said.merge_tool_calls(parts);
        self.start_summary();
        self.summaries.answer_waits();
        if !parts.is_empty() {
            self.ready_bytes += size_of::<Part>() + size_of_calls(&parts);
            self.ready.push(Part::ToolCalls(parts));
        }
    }
}
