//! What stands between the relay and an upstream that struggles: a breaker by model, and one budget
//! of retries. The rules are `policy`'s; here are their clock, their chance, and their place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::metrics::upstream_meter::UpstreamMeter;
use crate::policy::breaker::{Admission, Breaker, Outcome};
use crate::policy::budget::RetryBudget;

/// Models that are remembered: clients can make names up.
const MAX_MODELS: usize = 1_000;

/// Guards the calls to one upstream.
#[derive(Debug)]
pub(super) struct Guard {
    breakers: Mutex<HashMap<String, Breaker>>,
    budget: Mutex<RetryBudget>,
    meter: OnceLock<UpstreamMeter>,
}

/// The right to make one call. Dropped before its outcome is known, it counts as none.
#[derive(Debug)]
pub(super) struct Permit {
    guard: Arc<Guard>,
    model: String,
    admission: Admission,
}

impl Guard {
    pub(super) fn new() -> Arc<Self> {
        let budget = Mutex::new(RetryBudget::new(now()));
        Arc::new(Self { breakers: Mutex::default(), budget, meter: OnceLock::new() })
    }

    /// Counts here from now on, unless that is done already.
    pub(super) fn report_to(&self, meter: impl FnOnce() -> UpstreamMeter) {
        self.meter.get_or_init(meter);
    }

    fn report(&self, what: impl FnOnce(&UpstreamMeter)) {
        if let Some(meter) = self.meter.get() {
            what(meter);
        }
    }

    /// Notes a first call, which earns a part of a retry.
    pub(super) fn earn_retry(&self) {
        lock(&self.budget).earn();
    }

    /// Takes a retry out of the budget.
    pub(super) fn spend_retry(&self) -> bool {
        let spent = lock(&self.budget).spend(now());
        if !spent {
            self.report(UpstreamMeter::retry_refused);
        }
        spent
    }

    /// Asks for one call; an error is the time after which asking again makes sense.
    pub(super) fn admit(self: &Arc<Self>, model: &str) -> Result<Permit, Duration> {
        let now = now();
        let mut breakers = lock(&self.breakers);
        if breakers.len() >= MAX_MODELS && !breakers.contains_key(model) {
            breakers.retain(|_, breaker| !breaker.is_idle(now));
        }
        let known = breakers.len() < MAX_MODELS || breakers.contains_key(model);
        let admission = if known {
            breakers.entry(model.to_owned()).or_insert_with(|| Breaker::new(now)).admit(now)
        } else {
            Admission::Allowed
        };
        drop(breakers);
        match admission {
            Admission::Refused(wait) => {
                self.report(UpstreamMeter::breaker_refused);
                return Err(wait);
            }
            Admission::Probing => self.report(|meter| meter.breaker_changed("probe")),
            Admission::Allowed => {}
        }
        Ok(Permit { guard: Arc::clone(self), model: model.to_owned(), admission })
    }

    /// Whether a call would be refused at this moment.
    pub(super) fn refuses(&self, model: &str) -> bool {
        lock(&self.breakers).get(model).is_some_and(|breaker| breaker.refuses(now()))
    }

    /// The state of the worst of the breakers, as a number: 0 allows, 1 lets one call try, 2 refuses.
    pub(super) fn severity(&self) -> u8 {
        let now = now();
        let breakers = lock(&self.breakers);
        breakers.values().map(|breaker| breaker.severity(now)).max().unwrap_or_default()
    }

    fn record(&self, model: &str, admission: Admission, outcome: Outcome) {
        if let Some(breaker) = lock(&self.breakers).get_mut(model) {
            let before = breaker.state_name();
            breaker.record(admission, outcome, now(), fastrand::f64());
            let after = breaker.state_name();
            if before != after {
                self.report(|meter| meter.breaker_changed(after));
            }
        }
    }
}

impl Permit {
    /// The call ended so.
    pub(super) fn record(mut self, outcome: Outcome) {
        self.guard.record(&self.model, self.admission, outcome);
        self.guard.report(|meter| meter.answered(outcome.name()));
        // What is recorded is not recorded again as neutral.
        self.admission = Admission::Allowed;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.guard.record(&self.model, self.admission, Outcome::Neutral);
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Every change here is complete before anything can panic, so a poisoned lock is as good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::advance;

    use super::{Guard, MAX_MODELS};
    use crate::policy::breaker::{Admission, Outcome};
    use crate::relay::task::start;

    /// A guard that refuses model `m`.
    fn refusing() -> Arc<Guard> {
        let guard = Guard::new();
        for _ in 0..5 {
            guard.admit("m").unwrap().record(Outcome::Failure);
        }
        assert!(guard.admit("m").is_err());
        guard
    }

    #[tokio::test(start_paused = true)]
    async fn is_as_bad_as_its_worst_model() {
        let guard = Guard::new();
        assert_eq!(guard.severity(), 0);
        let guard = refusing();
        guard.admit("another").unwrap().record(Outcome::Success);
        assert_eq!(guard.severity(), 2);
        advance(Duration::from_secs(8)).await;
        assert_eq!(guard.severity(), 1);
        guard.admit("m").unwrap().record(Outcome::Success);
        assert_eq!(guard.severity(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn lets_one_of_a_hundred_probe() {
        let guard = refusing();
        advance(Duration::from_secs(8)).await;
        let racers = (0..100).map(|_| {
            let guard = Arc::clone(&guard);
            start(async move { guard.admit("m") })
        });
        let permits: Vec<_> = futures::future::join_all(racers).await;
        let admitted: Vec<_> = permits.into_iter().flatten().flatten().collect();
        assert_eq!(admitted.len(), 1);
        assert_eq!(admitted[0].admission, Admission::Probing);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_probe_gives_its_place_away() {
        let guard = refusing();
        advance(Duration::from_secs(8)).await;
        drop(guard.admit("m").unwrap());
        guard.admit("m").unwrap().record(Outcome::Success);
        assert!(guard.admit("m").is_ok(), "and one success is enough");
    }

    #[tokio::test(start_paused = true)]
    async fn remembers_a_limited_number_of_models() {
        let guard = refusing();
        for at in 0..2 * MAX_MODELS {
            guard.admit(&format!("model {at}")).unwrap().record(Outcome::Failure);
        }
        assert!(super::lock(&guard.breakers).len() <= MAX_MODELS);
        assert!(guard.admit("m").is_err(), "what struggles is not forgotten");
        assert!(guard.admit("one more").is_ok());
    }
}
