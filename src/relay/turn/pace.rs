//! How an answer comes: token by token, or in bursts that are worth a moment's wait.

use std::time::Duration;

use tokio::time::Instant;

/// What comes sooner after what came before belongs to the same burst.
const BURST: Duration = Duration::from_millis(1);

/// How an answer has come so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last: Option<Instant>,
    in_bursts: bool,
}

impl Pace {
    /// Notes that something came, and says whether more is likely to follow at once.
    pub(super) fn came(&mut self, now: Instant) -> bool {
        let last = self.last.replace(now);
        self.in_bursts |= last.is_some_and(|last| now.duration_since(last) < BURST);
        self.in_bursts
    }

    /// Notes whether more came when it was waited for.
    pub(super) const fn waited(&mut self, more_came: bool) {
        self.in_bursts = more_came;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Pace;

    #[test]
    fn bursts_are_learnt_and_forgotten() {
        let (begin, mut pace) = (Instant::now(), Pace::default());
        for (step, micros, expected, more_came) in [
            ("the first text ever", 0, false, None),
            ("one token", 50_000, false, None),
            ("another, at the edge of a burst", 51_000, false, None),
            ("a burst", 51_999, true, Some(true)),
            ("the next one, long after", 90_000, true, Some(true)),
            ("a token alone, long after that", 140_000, true, Some(false)),
            ("tokens again", 190_000, false, None),
        ] {
            let got = pace.came(begin + Duration::from_micros(micros));
            assert_eq!(got, expected, "{step}");
            more_came.into_iter().for_each(|more_came| pace.waited(more_came));
        }
    }
}
