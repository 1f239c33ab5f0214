//! Whether a dedicated endpoint serves, and what to do until it does. Pure: nobody is called here.
//!
//! ```text
//!  look ──▶ Sleeps ──▶ Wake ──▶ look ──▶ Starts ──▶ Wait ──▶ look ──▶ Serves
//! ```
//!
//! Source: Friendli's OpenAPI document, `DedicatedEndpointStatus`.

use std::time::Duration;

/// The pause before the second look; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// No pause is longer.
const MAX_PAUSE: Duration = Duration::from_secs(4);
/// Looks in a row that may fail.
const MAX_FAILED: u32 = 3;

/// What an endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It answers requests.
    Serves,
    /// It starts, or nobody knows.
    Starts,
    /// It must be woken.
    Sleeps,
    /// It never will answer.
    Ended,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it serves. Whether it did not before.
    Serve {
        /// Whether it slept, or was still starting.
        was_away: bool,
    },
    /// Ask it to wake up, and take its answer for a look.
    Wake,
    /// Look again after so long.
    Wait(Duration),
    /// Nothing helps, or nobody tells.
    GiveUp,
}

/// An endpoint that may have to be woken, and what was seen of it.
#[derive(Debug, Default)]
pub struct Waking {
    looks: u32,
    failed: u32,
    was_asleep: bool,
    was_away: bool,
}

impl Readiness {
    /// What a status means. A word that is not known may serve soon.
    pub fn of(status: &str) -> Self {
        match status {
            "RUNNING" | "READY" | "UPDATING" => Self::Serves,
            "SLEEPING" => Self::Sleeps,
            "FAILED" | "STOPPING" | "TERMINATING" | "TERMINATED" => Self::Ended,
            _ => Self::Starts,
        }
    }
}

impl Waking {
    /// What follows from a look; `None` is one that failed. One that sleeps is woken once, and again
    /// when it fell asleep again.
    pub fn next(&mut self, seen: Option<Readiness>) -> Step {
        let was_asleep = std::mem::replace(&mut self.was_asleep, seen == Some(Readiness::Sleeps));
        self.failed = if seen.is_none() { self.failed + 1 } else { 0 };
        match seen {
            Some(Readiness::Serves) => return Step::Serve { was_away: self.was_away },
            Some(Readiness::Ended) => return Step::GiveUp,
            None if self.failed > MAX_FAILED => return Step::GiveUp,
            None => self.was_asleep = was_asleep,
            Some(Readiness::Starts | Readiness::Sleeps) => self.was_away = true,
        }
        if seen == Some(Readiness::Sleeps) && !was_asleep { Step::Wake } else { self.wait() }
    }

    fn wait(&mut self) -> Step {
        let factor = 2_u32.checked_pow(self.looks).unwrap_or(u32::MAX);
        self.looks += 1;
        Step::Wait(FIRST_PAUSE.saturating_mul(factor).min(MAX_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Readiness::{Ended, Serves, Sleeps, Starts};
    use super::{Readiness, Step, Waking};

    #[test]
    fn knows_what_each_status_means() {
        for (statuses, expected) in [
            ("RUNNING READY UPDATING", Serves),
            ("INITIALIZING AWAKING UNKNOWN DREAMING running", Starts),
            ("SLEEPING", Sleeps),
            ("FAILED STOPPING TERMINATING TERMINATED", Ended),
        ] {
            for status in statuses.split(' ') {
                assert_eq!(Readiness::of(status), expected, "{status}");
            }
        }
    }

    #[test]
    fn wakes_once_and_looks_ever_less_often() {
        let wait = |ms| Step::Wait(Duration::from_millis(ms));
        let (awake, woken) = (Step::Serve { was_away: false }, Step::Serve { was_away: true });
        for (case, seen, steps) in [
            ("serves", vec![Some(Serves)], vec![awake]),
            ("starts", vec![Some(Starts), Some(Serves)], vec![wait(250), woken]),
            (
                "is woken once",
                vec![Some(Sleeps), Some(Sleeps), Some(Starts), Some(Serves)],
                vec![Step::Wake, wait(250), wait(500), woken],
            ),
            (
                "fell asleep again",
                vec![Some(Sleeps), Some(Starts), Some(Sleeps)],
                vec![Step::Wake, wait(250), Step::Wake],
            ),
            (
                "a look fails after it was woken",
                vec![Some(Sleeps), None, Some(Sleeps)],
                vec![Step::Wake, wait(250), wait(500)],
            ),
            ("has ended", vec![Some(Starts), Some(Ended)], vec![wait(250), Step::GiveUp]),
            (
                "nobody tells",
                vec![None, None, Some(Starts), None, None, None, None],
                vec![
                    wait(250),
                    wait(500),
                    wait(1000),
                    wait(2000),
                    wait(4000),
                    wait(4000),
                    Step::GiveUp,
                ],
            ),
        ] {
            let mut waking = Waking::default();
            let taken: Vec<Step> = seen.into_iter().map(|seen| waking.next(seen)).collect();
            assert_eq!(taken, steps, "{case}");
        }
        let mut waking = Waking::default();
        for _ in 0..100 {
            waking.next(Some(Starts));
        }
        assert_eq!(waking.next(Some(Starts)), wait(4000), "for however long");
    }
}
