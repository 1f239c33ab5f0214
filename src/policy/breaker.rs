//! Whether a server that keeps failing is called at all.
//!
//! ```text
//!          5 failures in a row, or half of 20 in 30 s
//!  Allow ──────────────────────────────────────────────▶ Refuse ──time──▶ Probe
//!    ▲                                                     ▲                │
//!    └────────────────────── success ──────────────────────┼────────────────┤
//!                                                          └─── failure ────┘
//! ```
//!
//! States are named for what they do. `Probe` lets one call through at a time. What is neither
//! success nor failure (a refused request, a client that left) is not recorded.

use std::time::{Duration, Instant};

/// Failures in a row after which calls are refused.
const MAX_IN_A_ROW: u32 = 5;
/// Outcomes that a share is worth looking at.
const MIN_OUTCOMES: u32 = 20;
/// Seconds that outcomes count.
const WINDOW: usize = 30;
/// The first refusal's length; it doubles with each that follows without a success between.
const FIRST_REFUSAL: Duration = Duration::from_secs(5);
/// The longest refusal.
const MAX_REFUSAL: Duration = Duration::from_secs(60);

/// What is remembered of one server and model.
#[derive(Debug, Clone)]
pub struct Breaker {
    state: State,
    in_a_row: u32,
    refusals: u32,
    outcomes: Outcomes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Allow,
    Refuse { until: Instant },
    Probe { under_way: bool },
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Allowed,
    /// It may, and its outcome decides about all others.
    Probing,
    /// It may not, before this time has passed.
    Refused(Duration),
}

/// How a call ended, as far as that says something about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It answered.
    Success,
    /// It broke, was silent, or could not be reached.
    Failure,
    /// Nothing is known: it was our limit, or the client's request, or the client left.
    Neutral,
}

impl Breaker {
    /// A breaker that allows.
    pub fn new(now: Instant) -> Self {
        Self { state: State::Allow, in_a_row: 0, refusals: 0, outcomes: Outcomes::new(now) }
    }

    /// Asks for one call. What is allowed must be recorded when it has ended.
    pub fn admit(&mut self, now: Instant) -> Admission {
        match self.state {
            State::Allow => Admission::Allowed,
            State::Refuse { until } if now < until => Admission::Refused(until - now),
            State::Probe { under_way: true } => Admission::Refused(Duration::from_secs(1)),
            State::Refuse { .. } | State::Probe { under_way: false } => {
                self.state = State::Probe { under_way: true };
                Admission::Probing
            }
        }
    }

    /// Records how an admitted call ended. `chance`, in `0.0..1.0`, spreads the refusals' ends.
    pub fn record(&mut self, admission: Admission, outcome: Outcome, now: Instant, chance: f64) {
        match (admission, outcome) {
            (Admission::Refused(_), _) | (Admission::Allowed, Outcome::Neutral) => {}
            (Admission::Probing, Outcome::Neutral) => self.state = State::Probe { under_way: false },
            (Admission::Probing, Outcome::Success) => *self = Self::new(now),
            (Admission::Probing, Outcome::Failure) => self.refuse(now, chance),
            (Admission::Allowed, outcome) => self.count(outcome, now, chance),
        }
    }

    /// Whether nothing is remembered, so that this breaker may be forgotten.
    pub fn is_idle(&self, now: Instant) -> bool {
        self.state == State::Allow && self.in_a_row == 0 && self.outcomes.count(now) == (0, 0)
    }

    /// Calls that began before a refusal, and end in it, change nothing.
    fn count(&mut self, outcome: Outcome, now: Instant, chance: f64) {
        if self.state != State::Allow {
            return;
        }
        let failed = outcome == Outcome::Failure;
        self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
        self.outcomes.add(failed, now);
        let (all, failures) = self.outcomes.count(now);
        if self.in_a_row >= MAX_IN_A_ROW || (all >= MIN_OUTCOMES && failures * 2 >= all && failed) {
            self.refuse(now, chance);
        }
    }

    fn refuse(&mut self, now: Instant, chance: f64) {
        let doubled = FIRST_REFUSAL.saturating_mul(2_u32.saturating_pow(self.refusals));
        let length = doubled.min(MAX_REFUSAL).mul_f64(0.5 + chance);
        self.refusals = self.refusals.saturating_add(1);
        (self.in_a_row, self.outcomes) = (0, Outcomes::new(now));
        self.state = State::Refuse { until: now + length };
    }
}

/// Outcomes of the last seconds, one place a second.
#[derive(Debug, Clone)]
struct Outcomes {
    /// All and failed, by second modulo the window.
    seconds: [(u32, u32); WINDOW],
    began: Instant,
    /// The last second that was counted.
    last: u64,
}

impl Outcomes {
    const fn new(now: Instant) -> Self {
        Self { seconds: [(0, 0); WINDOW], began: now, last: 0 }
    }

    fn add(&mut self, failed: bool, now: Instant) {
        let at = self.advance(now);
        self.seconds[at].0 += 1;
        self.seconds[at].1 += u32::from(failed);
    }

    fn count(&self, now: Instant) -> (u32, u32) {
        let mut current = self.clone();
        current.advance(now);
        current.seconds.iter().fold((0, 0), |sum, second| (sum.0 + second.0, sum.1 + second.1))
    }

    /// Forgets the seconds that have left the window; returns the place of this one.
    fn advance(&mut self, now: Instant) -> usize {
        let second = now.saturating_duration_since(self.began).as_secs().max(self.last);
        let passed = usize::try_from(second - self.last).unwrap_or(WINDOW).min(WINDOW);
        for ahead in 1..=passed as u64 {
            self.seconds[place(self.last + ahead)] = (0, 0);
        }
        self.last = second;
        place(second)
    }
}

const fn place(second: u64) -> usize {
    (second % WINDOW as u64) as usize
}
