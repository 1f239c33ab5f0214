//! How soon a model's first token comes. The rule is `policy`'s; here are its clock and its place.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::policy::pace::{Pace, Standing};

/// How soon a model's first token comes.
#[derive(Debug, Default)]
pub(super) struct Speed(Mutex<Pace>);

/// A first token that is awaited.
#[derive(Debug)]
pub(super) struct Stopwatch {
    speed: Arc<Speed>,
    began: Instant,
}

impl Speed {
    /// What is known at this moment.
    pub(super) fn standing(&self) -> Standing {
        self.pace().standing(now())
    }

    /// Notes that somebody finds out.
    pub(super) fn attempt(&self) {
        self.pace().attempt(now());
    }

    /// Every change here is complete before anything can panic, so a poisoned lock is as good.
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stopwatch {
    /// Begins to measure.
    pub(super) fn start(speed: &Arc<Speed>) -> Self {
        Self { speed: Arc::clone(speed), began: now() }
    }

    /// The first token is there.
    pub(super) fn stop(self) {
        let now = now();
        self.speed.pace().measure(now.saturating_duration_since(self.began), now);
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
