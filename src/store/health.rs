//! Whether a shared store may be asked, and whether it knows all that it should.
//!
//! ```text
//!  well ──a failure──▶ resting, 1 s ──▶ somebody asks ──▶ behind, while ends are untold ──▶ well
//!                         ▲──────────── a failure ─────┘
//! ```
//!
//! Answers that ended while it gave no answer still count there: whoever asked at once would be
//! refused places that are free. So places are taken elsewhere until it was told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, timeout};

/// How long nobody asks after a failure.
pub const REST: Duration = Duration::from_secs(1);

/// The health of a store.
#[derive(Debug, Default)]
pub struct Health {
    state: Mutex<State>,
    untold: AtomicUsize,
    /// Rings when it answers again.
    back: Notify,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Well,
    /// Nobody asks until then.
    Resting(Instant),
    /// It answers, and has not heard of all that ended.
    Behind,
}

/// Leave to ask once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leave {
    /// Whether this is the one who asks after a failure.
    rested: bool,
}

impl Health {
    /// Leave to ask, if somebody may at this moment.
    pub fn may_ask(&self) -> Option<Leave> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State::Resting(until) = *state else { return Some(Leave { rested: false }) };
        let now = Instant::now();
        if now < until {
            return None;
        }
        *state = State::Resting(now + REST);
        Some(Leave { rested: true })
    }

    /// Whether places may be taken there.
    pub fn may_begin(&self) -> bool {
        let has_untold = self.untold.load(Ordering::Acquire) > 0;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Well => true,
            State::Resting(until) => !has_untold && Instant::now() >= until,
            State::Behind if has_untold => false,
            State::Behind => {
                *state = State::Well;
                true
            }
        }
    }

    /// It has answered; ends with whether it gave none before.
    pub fn answered(&self, leave: Leave) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_back = leave.rested && matches!(*state, State::Resting(_));
        if is_back {
            *state = State::Behind;
            self.back.notify_waiters();
        }
        is_back
    }

    /// It has not answered, or with an error; ends with whether it did before.
    pub fn failed(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let was = std::mem::replace(&mut *state, State::Resting(Instant::now() + REST));
        !matches!(was, State::Resting(_))
    }

    /// It is to be told that something has ended.
    pub fn owe(&self) {
        self.untold.fetch_add(1, Ordering::AcqRel);
    }

    /// It was told, or never will be.
    pub fn settle(&self) {
        self.untold.fetch_sub(1, Ordering::AcqRel);
    }

    /// What rings when it answers again, from this moment on.
    pub fn back(&self) -> Notified<'_> {
        self.back.notified()
    }

    /// Waits until it answers again, or until somebody should try.
    pub async fn until(back: Notified<'_>) {
        // Whether it rang or not, the next thing to do is to ask.
        let _ = timeout(REST, back).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::{Health, REST};

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_nobody_asks_for_a_while_and_then_one_does() {
        let health = Health::default();
        assert!(health.may_ask().is_some() && health.may_begin());
        assert!(health.failed(), "the first of an outage");
        assert!(!health.failed());
        assert!(health.may_ask().is_none() && !health.may_begin());
        advance(REST).await;
        assert!(health.may_begin());
        let leave = health.may_ask().unwrap();
        assert!(health.may_ask().is_none(), "one is enough");
        assert!(health.answered(leave));
        assert!(!health.answered(leave), "once is enough");
        assert!(health.may_ask().is_some() && health.may_begin());
    }

    #[tokio::test(start_paused = true)]
    async fn places_are_taken_again_once_all_is_told() {
        let health = Health::default();
        health.owe();
        assert!(health.may_begin(), "ends are always a little late");
        health.failed();
        health.owe();
        advance(REST).await;
        assert!(!health.may_begin());
        let leave = health.may_ask().unwrap();
        assert!(health.answered(leave));
        for _ in 0..2 {
            assert!(!health.may_begin() && health.may_ask().is_some());
            health.settle();
        }
        assert!(health.may_begin());
        health.owe();
        assert!(health.may_begin(), "it is well");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_it_hears_of_its_return_or_tries() {
        let health = Health::default();
        health.failed();
        let began = tokio::time::Instant::now();
        Health::until(health.back()).await;
        assert_eq!(began.elapsed(), REST);
        let leave = health.may_ask().unwrap();
        let waiting = [health.back(), health.back()];
        health.answered(leave);
        for back in waiting {
            Health::until(back).await;
        }
        assert_eq!(began.elapsed(), REST);
    }
}
