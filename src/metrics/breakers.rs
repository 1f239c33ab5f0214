//! The state of each upstream's breakers at the moment of a scrape: time alone changes it, and no call
//! need come to tell.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::labels::{ByUpstream, Name};

/// Tells the state of one upstream's breakers; nothing, once the upstream is gone.
type Look = Box<dyn Fn() -> Option<u8> + Send + Sync>;

/// The breakers that are watched, one look for each upstream.
#[derive(Default)]
pub(super) struct Breakers {
    watched: Mutex<Vec<(Name, Look)>>,
}

impl Breakers {
    /// Looks there from here on for the upstream of this name, and nowhere else.
    pub(super) fn watch(&self, upstream: &str, look: Look) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|(name, _)| name.as_str() != upstream);
        watched.push((Arc::new(upstream.to_owned()), look));
    }

    /// Writes what all of them are. An upstream that is gone has no state.
    pub(super) fn write(&self, states: &Family<ByUpstream, Gauge>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|(name, look)| {
            let by = ByUpstream { upstream: Arc::clone(name) };
            let Some(state) = look() else {
                states.remove(&by);
                return false;
            };
            states.get_or_create(&by).set(state.into());
            true
        });
    }
}

impl fmt::Debug for Breakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breakers").finish_non_exhaustive()
    }
}
