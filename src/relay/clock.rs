//! When waiting for an upstream ends.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::seldom::Seldom;
use crate::upstream::error::{Quiet, UpstreamError};

/// The next moment at which waiting ends: one timer, set anew only when it must ring earlier, or
/// has rung too early.
#[repr(C)]
pub(super) struct Clock {
    last_read: Instant,
    /// When the interval that is timed began.
    since: Instant,
    window: Duration,
    deadline: Instant,
    /// When the timer rings: the timer itself is memory of its own, which no token has to fetch.
    rings: Instant,
    timer: Seldom<Pin<Box<Sleep>>>,
    quiet: Quiet,
    /// Whether `last_read` is of this turn of the task.
    has_read: bool,
    limit: Duration,
}

impl Clock {
    pub(super) fn new(arrived: Instant, limit: Duration) -> Self {
        Self {
            last_read: arrived,
            since: arrived,
            window: limit,
            deadline: arrived + limit,
            rings: arrived + limit,
            timer: Seldom::new(Box::pin(sleep_until(arrived + limit))),
            quiet: Quiet::Headers,
            has_read: false,
            limit,
        }
    }

    /// Begins an interval of at most `window`.
    pub(super) fn allow(&mut self, quiet: Quiet, window: Duration, now: Instant) {
        (self.quiet, self.window, self.since) = (quiet, window, now);
        if self.due() < self.rings {
            self.ring_at(self.due());
        }
    }

    /// Begins a turn of the task: what was read before was read long ago.
    pub(super) const fn begin_turn(&mut self) {
        self.has_read = false;
    }

    pub(super) const fn heard_at(&mut self, now: Instant) {
        (self.last_read, self.has_read) = (now, true);
    }

    pub(super) const fn last_read(&self) -> Instant {
        self.last_read
    }

    /// The last read had content: the next must follow within `window`.
    pub(super) fn content(&mut self, window: Duration) {
        self.allow(Quiet::Content, window, self.last_read);
    }

    fn ring_at(&mut self, due: Instant) {
        self.rings = due;
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
            let is_due = self.last_read >= self.rings;
            let has_read = self.has_read;
            ready!(self.timer.poll(cx, |timer| is_due || (!has_read && timer.is_elapsed())));
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use tokio::time::{Instant, sleep, timeout};

    use super::Clock;
    use crate::upstream::error::{Quiet, UpstreamError};

    const SECOND: Duration = Duration::from_secs(1);

    fn silent(after: Duration) -> UpstreamError {
        UpstreamError::Silent { quiet: Quiet::Content, after }
    }

    /// Bytes without content come all the time, and the timer rings between two of them.
    #[tokio::test(start_paused = true)]
    async fn reads_hide_no_silence() {
        for between in [SECOND, SECOND * 3 / 2, SECOND / 3] {
            let began = Instant::now();
            let mut clock = Clock::new(began, 60 * SECOND);
            clock.heard_at(began);
            clock.content(5 * SECOND);
            let reads = async {
                loop {
                    clock.begin_turn();
                    clock.heard_at(Instant::now());
                    let rung = timeout(between, poll_fn(|cx| clock.poll(cx))).await;
                    if let Ok(error) = rung {
                        return error;
                    }
                }
            };
            assert_eq!(reads.await, silent(5 * SECOND), "{between:?}");
            let late = began.elapsed().saturating_sub(5 * SECOND);
            assert!(late <= between, "{between:?}: {late:?} late");
        }
    }

    /// What was read in an earlier turn of the task says nothing of the time.
    #[tokio::test(start_paused = true)]
    async fn a_timer_that_rang_while_the_task_was_elsewhere_is_heard() {
        let mut clock = Clock::new(Instant::now(), 5 * SECOND);
        clock.heard_at(Instant::now());
        assert!(futures::poll!(poll_fn(|cx| clock.poll(cx))).is_pending());
        sleep(6 * SECOND).await;
        clock.begin_turn();
        let rung = futures::poll!(poll_fn(|cx| clock.poll(cx)));
        assert_eq!(rung, std::task::Poll::Ready(UpstreamError::DeadlinePassed(5 * SECOND)));
    }
}
