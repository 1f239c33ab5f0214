//! When the next token is due.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::options::Options;
use crate::script::Script;

/// How late a token may be and the ones after it still keep their times.
const MAX_CATCH_UP: Duration = Duration::from_millis(20);

/// A steady rate.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) interval: Duration,
    due: Instant,
}

impl Pace {
    pub(crate) fn new(options: &Options, script: &Script) -> Self {
        let tps = script.tps.unwrap_or(options.tps);
        let by_rate = if tps > 0.0 { 1.0 / tps } else { 0.0 };
        let by_rate = Duration::try_from_secs_f64(by_rate).unwrap_or(Duration::MAX);
        let interval = script.token_delay_ms.map_or(by_rate, Duration::from_millis);
        Self { interval, due: Instant::now() }
    }

    pub(crate) fn restart(&mut self) {
        self.due = Instant::now();
    }

    /// Waits for the next token's time. A pause is not made up for, but a late wake-up is.
    pub(crate) async fn tick(&mut self) {
        if self.interval.is_zero() {
            return;
        }
        sleep_until(self.due).await;
        let now = Instant::now();
        let late = now.saturating_duration_since(self.due);
        let from = if late < MAX_CATCH_UP { self.due } else { now };
        self.due = from.checked_add(self.interval).unwrap_or(now);
    }
}
