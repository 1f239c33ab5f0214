//! When waiting for an upstream ends.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::seldom::Seldom;
use crate::upstream::error::{Quiet, UpstreamError};

/// The next moment at which waiting ends: one timer, set anew only when it must ring earlier, or
/// has rung too early.
pub(super) struct Clock {
    timer: Seldom<Pin<Box<Sleep>>>,
    quiet: Quiet,
    window: Duration,
    /// When the interval that is timed began.
    since: Instant,
    last_read: Instant,
    deadline: Instant,
    limit: Duration,
}

impl Clock {
    pub(super) fn new(arrived: Instant, limit: Duration) -> Self {
        Self {
            timer: Seldom::new(Box::pin(tokio::time::sleep_until(arrived + limit))),
            quiet: Quiet::Headers,
            window: limit,
            since: arrived,
            last_read: arrived,
            deadline: arrived + limit,
            limit,
        }
    }

    /// Begins an interval of at most `window`.
    pub(super) fn allow(&mut self, quiet: Quiet, window: Duration, now: Instant) {
        (self.quiet, self.window, self.since) = (quiet, window, now);
        if self.due() < self.timer.get().deadline() {
            self.ring_at(self.due());
        }
    }

    pub(super) fn heard_at(&mut self, now: Instant) {
        self.last_read = now;
    }

    pub(super) const fn last_read(&self) -> Instant {
        self.last_read
    }

    /// The last read had content: the next must follow within `window`.
    pub(super) fn content(&mut self, window: Duration) {
        self.allow(Quiet::Content, window, self.last_read);
    }

    fn ring_at(&mut self, due: Instant) {
        self.timer.change().as_mut().reset(due);
    }

    fn due(&self) -> Instant {
        self.deadline.min(self.since + self.window)
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Ready when the interval, or the time of the whole request, is over.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<UpstreamError> {
        loop {
            ready!(self.timer.poll(cx, |timer| timer.is_elapsed()));
            let (now, due) = (Instant::now(), self.due());
            if now < due {
                self.ring_at(due);
                continue;
            }
            return Poll::Ready(if now >= self.deadline {
                UpstreamError::DeadlinePassed(self.limit)
            } else {
                UpstreamError::Silent { quiet: self.quiet, after: self.window }
            });
        }
    }
}
