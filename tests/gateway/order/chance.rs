//! What is drawn, from one seed.

use std::time::Duration;

/// A row of numbers that a seed decides.
pub(super) struct Chance(fastrand::Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Whether something happens that does so in so many of 100 cases.
    pub(super) fn percent(&mut self, percent: u32) -> bool {
        self.0.u32(0..100) < percent
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0.usize(0..limit)
    }

    /// A number from `low` up to `high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..=high)
    }

    /// One of these.
    pub(super) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// Milliseconds: mostly few, sometimes many, often none.
    pub(super) fn ms(&mut self) -> u64 {
        let most = self.one_of(&[0, 1, 20, 300, 300, 3_000, 30_000]);
        self.between(0, most)
    }

    pub(super) fn seconds(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.between(low * 1_000, high * 1_000))
    }
}
