//! Whether, and after how long, a failed call is made again.
//!
//! The delay is "full jitter": anywhere between nothing and `backoff · 2ⁿ`, so that callers who
//! failed together don't return together (AWS Architecture Blog, "Exponential Backoff And Jitter").

use std::time::Duration;

/// The rules of one kind of call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Calls after the first.
    pub max_retries: u32,
    /// The longest delay before the first retry; it doubles with each further one.
    pub backoff: Duration,
    /// No delay is drawn above this.
    pub max_backoff: Duration,
    /// A server that asks for a longer wait is not asked again.
    pub max_retry_after: Duration,
}

/// What is known when a call has failed.
#[derive(Debug, Clone, Copy)]
pub struct Failed {
    /// Calls made so far, the failed one included.
    pub calls: u32,
    /// The wait that the server asked for.
    pub retry_after: Option<Duration>,
    /// Time until the request's deadline.
    pub left: Duration,
    /// A number in `0.0..1.0`.
    pub chance: f64,
}

/// What to do after a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Call again after this wait.
    Retry(Duration),
    /// The error at hand is the answer.
    GiveUp,
}

impl RetryPolicy {
    /// Decides about one failure that is worth a retry by its kind.
    pub fn decide(&self, failed: Failed) -> Verdict {
        let asked = failed.retry_after.unwrap_or_default();
        if failed.calls > self.max_retries || asked > self.max_retry_after {
            return Verdict::GiveUp;
        }
        let delay = self.jitter(failed.calls - 1, failed.chance).max(asked);
        if delay >= failed.left { Verdict::GiveUp } else { Verdict::Retry(delay) }
    }

    fn jitter(&self, doublings: u32, chance: f64) -> Duration {
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        self.backoff.saturating_mul(factor).min(self.max_backoff).mul_f64(chance)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, prop_assert, proptest};

    use super::{Failed, RetryPolicy, Verdict};

    const POLICY: RetryPolicy = RetryPolicy {
        max_retries: 3,
        backoff: Duration::from_secs(1),
        max_backoff: Duration::from_secs(8),
        max_retry_after: Duration::from_secs(30),
    };
    const LONG: Duration = Duration::from_secs(600);

    fn secs(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn decides() {
        let retry = |seconds| Verdict::Retry(secs(seconds));
        for (case, calls, retry_after, left, chance, expected) in [
            ("first retry, half way", 1, None, LONG, 0.5, retry(0.5)),
            ("doubles", 3, None, LONG, 0.5, retry(2.0)),
            ("no chance, no wait", 2, None, LONG, 0.0, retry(0.0)),
            ("spent", 4, None, LONG, 0.5, Verdict::GiveUp),
            ("waits as asked", 1, Some(30.0), LONG, 0.5, retry(30.0)),
            ("jitter above what was asked", 3, Some(1.0), LONG, 0.75, retry(3.0)),
            ("asked for too long", 1, Some(30.1), LONG, 0.5, Verdict::GiveUp),
            ("deadline first", 1, Some(5.0), secs(5.0), 0.5, Verdict::GiveUp),
            ("deadline has passed", 1, None, Duration::ZERO, 0.0, Verdict::GiveUp),
        ] {
            let failed = Failed { calls, retry_after: retry_after.map(secs), left, chance };
            assert_eq!(POLICY.decide(failed), expected, "{case}");
        }
    }

    proptest! {
        #[test]
        fn never_waits_longer_than_cap_or_deadline(
            calls in 1_u32..100, max_retries in 0_u32..100, chance in 0.0_f64..1.0,
            backoff_ms in 0_u64..100_000, left_ms in any::<u32>(),
        ) {
            let backoff = Duration::from_millis(backoff_ms);
            let left = Duration::from_millis(left_ms.into());
            let policy = RetryPolicy { max_retries, backoff, ..POLICY };
            match policy.decide(Failed { calls, retry_after: None, left, chance }) {
                Verdict::Retry(delay) => {
                    prop_assert!(calls <= max_retries);
                    prop_assert!(delay <= policy.max_backoff && delay < left);
                }
                Verdict::GiveUp => prop_assert!(calls > max_retries || left <= policy.max_backoff),
            }
        }
    }
}
