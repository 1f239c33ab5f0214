//! When to wake an endpoint, when to look again, and when to give up. Pure: time is an argument.

use std::time::Duration;

use super::status::Readiness;

/// How patient to be, and what was tried so far.
#[derive(Debug, Clone)]
pub struct Policy {
    interval: Duration,
    limit: Duration,
    was_asleep: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it serves.
    Serve,
    /// Ask it to wake up.
    Wake,
    /// Look again after so long.
    Wait(Duration),
    /// Nothing helps.
    Refuse,
    /// The patience is at its end.
    GiveUp,
}

impl Policy {
    /// Looks every `interval`, for `limit` at most.
    pub fn new(interval: Duration, limit: Duration) -> Self {
        Self { interval, limit, was_asleep: false }
    }

    /// What follows from what was seen, `waited` after the first look.
    ///
    /// An endpoint that still sleeps after it was asked to wake is given time; one that fell asleep
    /// again is woken again.
    pub fn next(&mut self, seen: Readiness, waited: Duration) -> Step {
        let asked = std::mem::replace(&mut self.was_asleep, seen == Readiness::Sleeps);
        match seen {
            Readiness::Serves => Step::Serve,
            Readiness::Ended => Step::Refuse,
            Readiness::Sleeps | Readiness::Starts if waited >= self.limit => Step::GiveUp,
            Readiness::Sleeps if !asked => Step::Wake,
            Readiness::Sleeps | Readiness::Starts => {
                Step::Wait(self.interval.min(self.limit - waited))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Readiness::{Ended, Serves, Sleeps, Starts};
    use super::{Policy, Step};

    #[test]
    fn wakes_waits_and_gives_up() {
        let wait = |seconds| Step::Wait(Duration::from_secs(seconds));
        for (case, seen, steps) in [
            ("serves", vec![(Serves, 0)], vec![Step::Serve]),
            (
                "serves at the last moment",
                vec![(Starts, 0), (Serves, 12)],
                vec![wait(5), Step::Serve],
            ),
            (
                "wakes once",
                vec![(Sleeps, 0), (Sleeps, 1), (Starts, 6)],
                vec![Step::Wake, wait(5), wait(4)],
            ),
            (
                "wakes again",
                vec![(Sleeps, 0), (Starts, 1), (Sleeps, 2)],
                vec![Step::Wake, wait(5), Step::Wake],
            ),
            ("has ended", vec![(Ended, 0)], vec![Step::Refuse]),
            ("ends on the way", vec![(Starts, 0), (Ended, 5)], vec![wait(5), Step::Refuse]),
            ("waits no longer than allowed", vec![(Starts, 8)], vec![wait(2)]),
            ("gives up", vec![(Starts, 10)], vec![Step::GiveUp]),
            ("gives up on a sleeper", vec![(Sleeps, 11)], vec![Step::GiveUp]),
        ] {
            let mut policy = Policy::new(Duration::from_secs(5), Duration::from_secs(10));
            let taken: Vec<Step> =
                seen.iter().map(|&(it, at)| policy.next(it, Duration::from_secs(at))).collect();
            assert_eq!(taken, steps, "{case}");
        }
    }
}
