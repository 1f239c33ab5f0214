//! How many retries an upstream gets altogether, so that retries don't finish off what struggles.
//!
//! Each first call earns a fifth of a retry, and each second one whole; ten seconds' worth are kept.

use std::time::Instant;

/// Retries that a first call earns.
const PER_CALL: f64 = 0.2;
/// Retries that a second earns.
const PER_SECOND: f64 = 1.0;
/// Retries that are kept from time alone.
const RESERVE: f64 = 10.0;
/// Retries that are kept at most.
const MAX: f64 = 100.0;

/// Retries that one upstream may still get.
#[derive(Debug, Clone)]
pub struct RetryBudget {
    left: f64,
    at: Instant,
}

impl RetryBudget {
    /// A full reserve.
    pub const fn new(now: Instant) -> Self {
        Self { left: RESERVE, at: now }
    }

    /// Notes a first call.
    pub fn earn(&mut self) {
        self.left = (self.left + PER_CALL).min(MAX);
    }

    /// Takes one retry, if there is one.
    pub fn spend(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        if self.left < RESERVE {
            self.left = (self.left + passed * PER_SECOND).min(RESERVE);
        }
        let spent = self.left >= 1.0;
        if spent {
            self.left -= 1.0;
        }
        spent
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, prop_assert, proptest};
    use tokio::time::Instant;

    use super::RetryBudget;

    #[test]
    fn pays_for_a_fifth_of_the_calls() {
        let now = Instant::now().into_std();
        let mut budget = RetryBudget::new(now);
        let spent = (0..1_000).filter(|_| {
            budget.earn();
            budget.spend(now)
        });
        assert_eq!(
            spent.count(),
            209,
            "the reserve of 10, and a fifth of 1,000, less what is left"
        );
    }

    #[test]
    fn pays_for_one_a_second_without_calls() {
        let mut now = Instant::now().into_std();
        let mut budget = RetryBudget::new(now);
        assert_eq!((0..100).filter(|_| budget.spend(now)).count(), 10);
        for _ in 0..100 {
            now += Duration::from_secs(1);
            assert!(budget.spend(now));
            assert!(!budget.spend(now));
        }
    }

    proptest! {
        #[test]
        fn never_exceeds_what_was_earned(steps in proptest::collection::vec((any::<bool>(), 0_u64..3_000), 0..200)) {
            let start = Instant::now().into_std();
            let (mut now, mut calls, mut spent) = (start, 0_u32, 0_u32);
            let mut budget = RetryBudget::new(start);
            for (is_call, wait_ms) in steps {
                now += Duration::from_millis(wait_ms);
                if is_call {
                    budget.earn();
                    calls += 1;
                }
                spent += u32::from(budget.spend(now));
            }
            let earned = 10.0 + 0.2 * f64::from(calls) + now.duration_since(start).as_secs_f64();
            prop_assert!(f64::from(spent) <= earned + 1e-6, "{spent} of {earned}");
        }
    }
}
