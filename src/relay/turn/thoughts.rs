//! What is shown while the model thinks: lines of a live summary, or the raw reasoning.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use reasoning_stream::SummaryDelta;
use tokio::time::Instant;

use super::Turn;
use crate::upstream::error::UpstreamError;

/// Raw reasoning on its way to a client that may see it. It grows no further than the reasoning may.
pub(in crate::relay) struct Raw {
    is_shown: bool,
    text: String,
}

impl Raw {
    pub(in crate::relay) const fn new(is_shown: bool) -> Self {
        Self { is_shown, text: String::new() }
    }

    pub(super) fn hear(&mut self, text: &str) {
        if self.is_shown {
            self.text.push_str(text);
        }
    }

    /// What is shown already stays.
    pub(super) fn retract(&mut self, bytes: usize) {
        let kept = self.text.len().saturating_sub(bytes);
        self.text.truncate(self.text.floor_char_boundary(kept));
    }

    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

impl Turn {
    /// More of the raw reasoning; nothing when it has ended, or is not shown.
    pub(in crate::relay) async fn raw_reasoning(&mut self) -> Result<String, UpstreamError> {
        if !self.raw.is_shown {
            return Ok(String::new());
        }
        self.answer.listen_again();
        poll_fn(|cx| {
            if let Poll::Ready(error) = self.poll_drive(cx) {
                return Poll::Ready(Err(error));
            }
            let ended = self.said.reasoning_ended || self.said.answered || self.over;
            if self.raw.text.is_empty() && !ended {
                return Poll::Pending;
            }
            Poll::Ready(Ok(self.raw.take()))
        })
        .await
    }

    /// Raw reasoning that came while its summary was awaited.
    pub(in crate::relay) fn more_raw_reasoning(&mut self) -> String {
        self.raw.take()
    }

    /// From here on the client has seen something of this answer: it is not asked for again.
    pub(in crate::relay) fn pass_first_barrier(&mut self) {
        self.answer.pass_barrier();
    }

    /// More lines of a live summary of the reasoning; none when there are no more, or it is not live.
    pub(in crate::relay) async fn live_lines(
        &mut self,
    ) -> Result<Vec<SummaryDelta>, UpstreamError> {
        if !self.summaries.is_live() {
            return Ok(Vec::new());
        }
        self.answer.listen_again();
        poll_fn(|cx| {
            if let Poll::Ready(error) = self.poll_drive(cx) {
                return Poll::Ready(Err(error));
            }
            self.summaries.poll_lines(cx).map(Ok)
        })
        .await
    }

    /// Notes that the client has its first line.
    pub(in crate::relay) fn line_sent(&mut self) {
        if self.timings.first_live.is_none() {
            let now = self.since_arrival(Instant::now());
            self.timings.first_live = Some(now);
            self.tally.meter.first_live_line(Duration::from_millis(now));
        }
    }
}
