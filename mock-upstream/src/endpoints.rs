//! Friendli's dedicated endpoints: asleep, waking up, or running.
//!
//! ```text
//!  SLEEPING ──wake, or a request──▶ AWAKING (three phases) ──wake time──▶ RUNNING ──sleep──▶ SLEEPING
//! ```
//!
//! Time is an argument. Any well-formed id names an endpoint.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::Instant;

/// Endpoints that are remembered; others stay as they started.
const MAX_ENDPOINTS: usize = 1_000;
const PHASES: [&str; 3] =
    ["REQUESTING_VIRTUAL_MACHINE", "DOWNLOADING_MODEL", "ENGINE_INITIALIZING"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Sleeping,
    Waking { since: Instant },
}

#[derive(Debug, Clone, Copy)]
struct Endpoint {
    state: State,
    created: SystemTime,
    updated: SystemTime,
}

/// What is to be done with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Only to be looked at.
    Look,
    /// Put to sleep.
    Sleep,
    /// Woken up.
    Wake,
}

/// All endpoints.
#[derive(Debug)]
pub(crate) struct Endpoints {
    known: HashMap<String, Endpoint>,
    first: State,
    wake_time: Duration,
}

impl Endpoints {
    pub(crate) fn new(sleeping: bool, wake_time: Duration) -> Self {
        let first = if sleeping { State::Sleeping } else { State::Running };
        Self { known: HashMap::new(), first, wake_time }
    }

    /// Carries out an order, and returns the endpoint's `DedicatedEndpointStatus`.
    pub(crate) fn order(&mut self, id: &str, order: Order, now: Instant) -> Value {
        let endpoint = self.changed(id, order, now);
        self.status(endpoint, now)
    }

    /// How long a request to an endpoint has to wait. A sleeping endpoint begins to wake up.
    pub(crate) fn request(&mut self, id: &str, now: Instant) -> Duration {
        match self.changed(id, Order::Wake, now).state {
            State::Running => Duration::ZERO,
            State::Waking { since } => {
                self.wake_time.saturating_sub(now.saturating_duration_since(since))
            }
            State::Sleeping => self.wake_time,
        }
    }

    fn changed(&mut self, id: &str, order: Order, now: Instant) -> Endpoint {
        let clock = SystemTime::now();
        let first = Endpoint { state: self.first, created: clock, updated: clock };
        let mut endpoint = self.known.get(id).copied().unwrap_or(first);
        let state = settled(endpoint.state, now, self.wake_time);
        let state = match (order, state) {
            (Order::Look, state) => state,
            (Order::Sleep, _) => State::Sleeping,
            (Order::Wake, State::Sleeping) => {
                settled(State::Waking { since: now }, now, self.wake_time)
            }
            (Order::Wake, state) => state,
        };
        if state != endpoint.state {
            endpoint = Endpoint { state, updated: clock, ..endpoint };
        }
        if self.known.len() < MAX_ENDPOINTS || self.known.contains_key(id) {
            self.known.insert(id.to_owned(), endpoint);
        }
        endpoint
    }

    fn status(&self, endpoint: Endpoint, now: Instant) -> Value {
        let (status, phase) = match endpoint.state {
            State::Running => ("RUNNING", None),
            State::Sleeping => ("SLEEPING", None),
            State::Waking { since } => {
                let done = now.saturating_duration_since(since).as_secs_f64();
                let part = done / self.wake_time.as_secs_f64() * PHASES.len() as f64;
                ("AWAKING", Some(PHASES[(part as usize).min(PHASES.len() - 1)]))
            }
        };
        json!({"status": status, "phase": phase, "errorCode": null,
            "createdAt": rfc3339(endpoint.created), "updatedAt": rfc3339(endpoint.updated)})
    }
}

/// The state that a state has become by itself.
fn settled(state: State, now: Instant, wake_time: Duration) -> State {
    match state {
        State::Waking { since } if now.saturating_duration_since(since) >= wake_time => {
            State::Running
        }
        State::Waking { .. } | State::Running | State::Sleeping => state,
    }
}

/// Whether a text can be an endpoint's id.
pub(crate) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// A time as RFC 3339 has it, in UTC, to the second.
fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a day counted from 1970-01-01. Source: Howard Hinnant's `civil_from_days`,
/// whose years begin in March so that the leap day is the last.
const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use tokio::time::Instant;

    use super::{Endpoints, Order, rfc3339};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waking_up_takes_exactly_its_time() {
        let mut endpoints = Endpoints::new(true, 9 * SECOND);
        let start = Instant::now();
        for (order, at_ms, status, phase) in [
            (Order::Look, 0, "SLEEPING", ""),
            (Order::Wake, 0, "AWAKING", "REQUESTING_VIRTUAL_MACHINE"),
            (Order::Look, 2_999, "AWAKING", "REQUESTING_VIRTUAL_MACHINE"),
            (Order::Wake, 3_000, "AWAKING", "DOWNLOADING_MODEL"),
            (Order::Look, 6_000, "AWAKING", "ENGINE_INITIALIZING"),
            (Order::Look, 8_999, "AWAKING", "ENGINE_INITIALIZING"),
            (Order::Look, 9_000, "RUNNING", ""),
            (Order::Sleep, 9_000, "SLEEPING", ""),
            (Order::Look, 99_000, "SLEEPING", ""),
            (Order::Wake, 99_000, "AWAKING", "REQUESTING_VIRTUAL_MACHINE"),
            (Order::Sleep, 100_000, "SLEEPING", ""),
        ] {
            let got = endpoints.order("ep", order, start + Duration::from_millis(at_ms));
            assert_eq!(got["status"], status, "{order:?} at {at_ms} ms");
            assert_eq!(got["phase"].as_str().unwrap_or_default(), phase, "{order:?} at {at_ms} ms");
        }
    }

    #[test]
    fn a_request_waits_for_what_is_left() {
        let mut endpoints = Endpoints::new(true, 9 * SECOND);
        let start = Instant::now();
        for (after, wait) in [(0, 9), (4, 5), (9, 0), (10, 0)] {
            assert_eq!(endpoints.request("ep", start + after * SECOND), wait * SECOND);
        }
        assert_eq!(endpoints.request("other", start + 10 * SECOND), 9 * SECOND);
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut endpoints = Endpoints::new(true, SECOND);
        let now = Instant::now();
        for id in 0..2_000 {
            endpoints.order(&id.to_string(), Order::Wake, now);
        }
        assert_eq!(endpoints.known.len(), super::MAX_ENDPOINTS);
    }

    #[test]
    fn times_are_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + seconds * SECOND), text);
        }
    }
}
