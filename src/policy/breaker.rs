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

impl Outcome {
    /// The outcome in a word, for whoever counts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
        }
    }
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

    /// Whether a call would be refused; asking so takes no probe's place.
    pub fn refuses(&self, now: Instant) -> bool {
        match self.state {
            State::Allow | State::Probe { under_way: false } => false,
            State::Probe { under_way: true } => true,
            State::Refuse { until } => now < until,
        }
    }

    /// Records how an admitted call ended. `chance`, in `0.0..1.0`, spreads the refusals' ends.
    pub fn record(&mut self, admission: Admission, outcome: Outcome, now: Instant, chance: f64) {
        match (admission, outcome) {
            (Admission::Refused(_), _) | (Admission::Allowed, Outcome::Neutral) => {}
            (Admission::Probing, Outcome::Neutral) => {
                self.state = State::Probe { under_way: false }
            }
            (Admission::Probing, Outcome::Success) => *self = Self::new(now),
            (Admission::Probing, Outcome::Failure) => self.refuse(now, chance),
            (Admission::Allowed, outcome) => self.count(outcome, now, chance),
        }
    }

    /// The state in a word, for whoever counts: `allow`, `refuse` or `probe`.
    pub const fn state_name(&self) -> &'static str {
        match self.state {
            State::Allow => "allow",
            State::Refuse { .. } => "refuse",
            State::Probe { .. } => "probe",
        }
    }

    /// The state as a number: 0 allows, 1 lets one call try, 2 refuses.
    pub fn severity(&self, now: Instant) -> u8 {
        match self.state {
            State::Allow => 0,
            State::Refuse { until } if now < until => 2,
            State::Refuse { .. } | State::Probe { .. } => 1,
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::{Strategy, any, prop_assert_eq, prop_oneof, proptest};

    use super::{Admission, Breaker, Outcome};

    const MIDDLE: f64 = 0.5;

    fn start() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Makes calls until one is refused, or the outcomes are used up; says how many were made.
    fn calls(breaker: &mut Breaker, outcomes: &[Outcome], now: Instant, step: Duration) -> usize {
        for (at, &outcome) in outcomes.iter().enumerate() {
            let now = now + step * u32::try_from(at).unwrap();
            match breaker.admit(now) {
                Admission::Refused(_) => return at,
                admission @ (Admission::Allowed | Admission::Probing) => {
                    breaker.record(admission, outcome, now, MIDDLE)
                }
            }
        }
        outcomes.len()
    }

    #[test]
    fn refuses_after_too_many_failures() {
        use Outcome::{Failure as F, Neutral as N, Success as S};
        let alternating = [F, S].repeat(30);
        let second = [F, S, S].repeat(30);
        for (case, outcomes, step_ms, made) in [
            ("five in a row", vec![F; 9], 0, 5),
            ("a success between", vec![F, F, F, F, S, F, F, F, F, S], 0, 10),
            ("neutral ones do not count", vec![F, F, N, N, F, F, N, F, F], 0, 8),
            ("neutral ones alone", vec![N; 50], 0, 50),
            ("half of twenty", alternating.clone(), 100, 21),
            ("half, but slowly", alternating, 2_000, 60),
            ("a third", second, 100, 90),
        ] {
            let now = start();
            let got = calls(&mut Breaker::new(now), &outcomes, now, Duration::from_millis(step_ms));
            assert_eq!(got, made, "{case}");
        }
    }

    #[test]
    fn refusals_double_until_a_probe_succeeds() {
        let mut now = start();
        let mut breaker = Breaker::new(now);
        assert_eq!(breaker.severity(now), 0);
        calls(&mut breaker, &[Outcome::Failure; 5], now, Duration::ZERO);
        for expected in [5, 10, 20, 40, 60, 60] {
            assert_eq!(breaker.admit(now), Admission::Refused(secs(expected)));
            assert_eq!(breaker.severity(now), 2);
            now += secs(expected);
            assert_eq!(breaker.severity(now), 1, "its time is over, and nobody has tried");
            let probe = breaker.admit(now);
            assert_eq!((probe, breaker.severity(now)), (Admission::Probing, 1));
            assert_eq!(breaker.admit(now), Admission::Refused(secs(1)), "one probe at a time");
            breaker.record(probe, Outcome::Failure, now, MIDDLE);
        }
        now += secs(60);
        let probe = breaker.admit(now);
        breaker.record(probe, Outcome::Neutral, now, MIDDLE);
        let again = breaker.admit(now);
        assert_eq!(again, Admission::Probing, "a neutral probe gives its place away");
        breaker.record(again, Outcome::Success, now, MIDDLE);
        assert_eq!(breaker.admit(now), Admission::Allowed);
        assert!(breaker.is_idle(now));
        assert_eq!(breaker.severity(now), 0);
        calls(&mut breaker, &[Outcome::Failure; 5], now, Duration::ZERO);
        assert_eq!(
            breaker.admit(now),
            Admission::Refused(secs(5)),
            "and the first refusal is short again"
        );
    }

    /// The same rules, written without thought for cost.
    struct Model {
        now: u64,
        recorded: Vec<(u64, bool)>,
        refused_until: Option<u64>,
        refusals: u32,
    }

    impl Model {
        fn admit(&self) -> Option<bool> {
            match self.refused_until {
                Some(until) if self.now < until => None,
                probing => Some(probing.is_some()),
            }
        }

        fn record(&mut self, probing: bool, failed: bool) {
            self.recorded.push((self.now, failed));
            let recent = self.recorded.iter().filter(|(at, _)| self.now - at < 30);
            let (all, failures) = recent.fold((0, 0), |(all, failures), (_, failed)| {
                (all + 1, failures + u32::from(*failed))
            });
            let row = self.recorded.iter().rev().take_while(|(_, failed)| *failed).count();
            let trips = failed && (probing || row >= 5 || (all >= 20 && failures * 2 >= all));
            if trips {
                let length = (5 * 2_u64.pow(self.refusals.min(4))).min(60);
                self.refusals += 1;
                self.refused_until = Some(self.now + length);
                self.recorded.clear();
            } else if probing {
                (self.refused_until, self.refusals) = (None, 0);
                self.recorded.clear();
            }
        }
    }

    fn step() -> impl Strategy<Value = (u64, bool)> {
        (prop_oneof![4 => 0_u64..2, 1 => 0_u64..40], any::<bool>())
    }

    proptest! {
        #[test]
        fn agrees_with_a_simple_model(steps in proptest::collection::vec(step(), 0..300), bias in 0_u8..3) {
            let start = start();
            let mut breaker = Breaker::new(start);
            let mut model = Model { now: 0, recorded: Vec::new(), refused_until: None, refusals: 0 };
            for (at, (wait, coin)) in steps.into_iter().enumerate() {
                model.now += wait;
                let now = start + secs(model.now);
                let failed = coin || at % 3 < usize::from(bias);
                let admission = breaker.admit(now);
                let expected = model.admit();
                prop_assert_eq!(!matches!(admission, Admission::Refused(_)), expected.is_some(), "step {}", at);
                let Some(probing) = expected else { continue };
                prop_assert_eq!(admission == Admission::Probing, probing);
                let outcome = if failed { Outcome::Failure } else { Outcome::Success };
                breaker.record(admission, outcome, now, MIDDLE);
                model.record(probing, failed);
            }
        }
    }
}
