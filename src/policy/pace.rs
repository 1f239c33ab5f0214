//! How soon a model's first token comes: the mean of what was measured, where newer counts more.
//!
//! ```text
//!  Unknown ──tried──▶ Awaited ──measured──▶ Known
//!     ▲                  └─────── 10 s ───────┐ │
//!     └───────────────────────────────────────┴─┘ 60 s without a measurement
//! ```
//!
//! Whoever is slow once is not slow for ever: what was not measured for a while is unknown, and one
//! request finds out, while the others go where it is known.

use std::time::{Duration, Instant};

/// The share of the newest measurement in the mean.
const SHARE: f64 = 0.3;
/// How long a mean holds that nothing is added to.
const FRESH: Duration = Duration::from_secs(60);
/// How long the outcome of a try is awaited before there is another one.
const TRIAL: Duration = Duration::from_secs(10);

/// What is remembered of one model.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    mean: Option<(Duration, Instant)>,
    tried: Option<Instant>,
}

/// What is known of one model at one moment. The least is the one to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing is known: it should be tried.
    Unknown,
    /// Its first token comes after this time, about.
    Known(Duration),
    /// It is being tried.
    Awaited,
}

impl Pace {
    /// Notes that a first token took so long.
    pub fn measure(&mut self, took: Duration, now: Instant) {
        let mean = self.mean(now).map_or(took, |mean| mix(mean, took));
        (self.mean, self.tried) = (Some((mean, now)), None);
    }

    /// Notes that somebody finds out.
    pub fn attempt(&mut self, now: Instant) {
        if self.mean(now).is_none() {
            self.tried = Some(now);
        }
    }

    /// What is known at this moment.
    pub fn standing(&self, now: Instant) -> Standing {
        match (self.mean(now), self.tried) {
            (Some(mean), _) => Standing::Known(mean),
            (None, Some(at)) if now.saturating_duration_since(at) < TRIAL => Standing::Awaited,
            (None, _) => Standing::Unknown,
        }
    }

    fn mean(&self, now: Instant) -> Option<Duration> {
        let (mean, at) = self.mean?;
        (now.saturating_duration_since(at) < FRESH).then_some(mean)
    }
}

fn mix(mean: Duration, newest: Duration) -> Duration {
    mean.mul_f64(1.0 - SHARE) + newest.mul_f64(SHARE)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::{prop, prop_assert, proptest};

    use super::{FRESH, Pace, Standing, TRIAL};

    fn start() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn newer_measurements_count_more() {
        let now = start();
        let mut pace = Pace::default();
        for (took, mean) in [(1_000, 1_000), (0, 700), (0, 490), (1_490, 790)] {
            pace.measure(ms(took), now);
            assert_eq!(pace.standing(now), Standing::Known(ms(mean)), "after {took}");
        }
    }

    #[test]
    fn what_is_not_known_is_tried_once_at_a_time() {
        let mut now = start();
        let mut pace = Pace::default();
        assert_eq!(pace.standing(now), Standing::Unknown);
        pace.attempt(now);
        assert_eq!(pace.standing(now + TRIAL - ms(1)), Standing::Awaited);
        assert_eq!(pace.standing(now + TRIAL), Standing::Unknown, "that try came to nothing");
        now += TRIAL;
        pace.attempt(now);
        pace.measure(ms(5), now);
        assert_eq!(pace.standing(now + FRESH - ms(1)), Standing::Known(ms(5)));
        now += FRESH;
        assert_eq!(pace.standing(now), Standing::Unknown, "that is long ago");
        pace.measure(ms(9), now);
        assert_eq!(pace.standing(now), Standing::Known(ms(9)), "and does not count any more");
    }

    #[test]
    fn the_unknown_goes_first_then_the_quickest_then_what_is_being_tried() {
        let mut order = [
            Standing::Awaited,
            Standing::Known(ms(20)),
            Standing::Unknown,
            Standing::Known(ms(10)),
        ];
        order.sort_unstable();
        let expected = [
            Standing::Unknown,
            Standing::Known(ms(10)),
            Standing::Known(ms(20)),
            Standing::Awaited,
        ];
        assert_eq!(order, expected);
    }

    proptest! {
        #[test]
        fn a_mean_lies_within_what_was_measured(took in prop::collection::vec(0_u64..100_000, 1..50)) {
            let now = start();
            let mut pace = Pace::default();
            took.iter().for_each(|&took| pace.measure(ms(took), now));
            let Standing::Known(mean) = pace.standing(now) else { panic!("it was measured") };
            let (least, most) = (took.iter().min().unwrap(), took.iter().max().unwrap());
            prop_assert!(mean + ms(1) >= ms(*least) && mean <= ms(*most) + ms(1), "{mean:?}");
        }
    }
}
