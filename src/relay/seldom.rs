//! What is waited for beside something that happens all the time: a timer, the word to stop.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::task::coop::has_budget_remaining;

/// A future that is polled only if it may be ready, or if another task asks than the one that it
/// will wake: each event of a stream would else pay for all that may happen once.
#[derive(Debug)]
pub struct Seldom<F> {
    future: F,
    /// Whom it will wake.
    known: Option<Waker>,
}

impl<F: Future + Unpin> Seldom<F> {
    /// Nobody has asked yet.
    pub const fn new(future: F) -> Self {
        Self { future, known: None }
    }

    /// As a future's own `poll`. `is_due` tells, at less cost, whether it may be ready.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        is_due: impl FnOnce(&F) -> bool,
    ) -> Poll<F::Output> {
        let is_known = self.known.as_ref().is_some_and(|known| known.will_wake(cx.waker()));
        if is_known && !is_due(&self.future) {
            return Poll::Pending;
        }
        // A task that has done its share is told to wait by whatever it asks, and woken for that alone.
        let is_heard = has_budget_remaining();
        let polled = Pin::new(&mut self.future).poll(cx);
        self.known = (is_heard && polled.is_pending()).then(|| cx.waker().clone());
        polled
    }

    /// The future, to be changed. Whoever has changed it must ask it again.
    pub fn change(&mut self) -> &mut F {
        self.known = None;
        &mut self.future
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Context, Poll, Wake, Waker};
    use std::time::Duration;

    use futures::FutureExt;
    use futures::future::poll_fn;
    use tokio::task::coop::consume_budget;
    use tokio::time::{Instant, Sleep, sleep, timeout};

    use super::Seldom;

    struct Task;

    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn is_polled_when_due_or_asked_by_another_task() {
        let polls = AtomicU32::new(0);
        let never = poll_fn(|_| {
            polls.fetch_add(1, Ordering::Relaxed);
            Poll::<()>::Pending
        });
        let (one, other) = (Waker::from(Arc::new(Task)), Waker::from(Arc::new(Task)));
        let mut seldom = Seldom::new(never);
        for (step, waker, is_due, expected) in [
            ("nobody has asked before", &one, false, 1),
            ("it will wake who asks", &one, false, 1),
            ("it may be ready", &one, true, 2),
            ("it will wake somebody else", &other, false, 3),
            ("whom it will wake now", &other, false, 3),
            ("and no longer the first", &one, false, 4),
        ] {
            assert!(seldom.poll(&mut Context::from_waker(waker), |_| is_due).is_pending());
            assert_eq!(polls.load(Ordering::Relaxed), expected, "{step}");
        }
        seldom.change();
        assert!(seldom.poll(&mut Context::from_waker(&one), |_| false).is_pending());
        assert_eq!(polls.load(Ordering::Relaxed), 5, "after a change");
    }

    /// A task that has done its share is told to wait by whatever it asks: its timer is not set then.
    #[tokio::test(start_paused = true)]
    async fn a_timer_that_was_asked_by_a_task_without_budget_rings() {
        let mut seldom = Seldom::new(Box::pin(sleep(Duration::from_secs(5))));
        let mut polls = 0;
        let ring = poll_fn(|cx| {
            polls += 1;
            while polls == 1 && pin!(consume_budget()).poll(cx).is_ready() {}
            seldom.poll(cx, |timer| timer.is_elapsed())
        });
        let rung = timeout(Duration::from_secs(6), ring).await;
        assert!(rung.is_ok(), "the timer never rang");
        assert!(polls > 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_rings_in_time_and_again_when_it_was_set_anew() {
        let mut seldom = Seldom::new(Box::pin(sleep(Duration::from_secs(5))));
        let mut noise = Box::pin(sleep(Duration::from_secs(1)));
        let began = Instant::now();
        let mut ring = async || {
            poll_fn(|cx| {
                while noise.poll_unpin(cx).is_ready() {
                    noise.as_mut().reset(Instant::now() + Duration::from_secs(1));
                }
                seldom.poll(cx, |timer| Sleep::is_elapsed(timer))
            })
            .await;
            seldom.change().as_mut().reset(Instant::now() + Duration::from_secs(7));
            began.elapsed()
        };
        assert_eq!(ring().await, Duration::from_secs(5));
        assert_eq!(ring().await, Duration::from_secs(12));
    }
}
