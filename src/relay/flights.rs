//! Answers that are on their way, so that whoever asks the same meanwhile waits for the one.
//!
//! ```text
//!  join ──▶ Lead ── publish ──▶ all who follow have it
//!     └───▶ Follow ── the lead was dropped ──▶ each asks for himself
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use crate::metrics::stores::{CacheMeter, Lookup};
use crate::store::cache::Cache;
use crate::store::digest::Digest;

/// An answer that somebody else asks for.
pub(super) type Awaited = watch::Receiver<Option<Bytes>>;

/// Answers that are on their way, and those that are kept.
#[derive(Debug)]
pub(super) struct Flights {
    cache: Cache,
    awaited: Mutex<HashMap<Digest, Awaited>>,
    meter: CacheMeter,
}

/// What to do about a request.
pub(super) enum Joined {
    /// It was answered before.
    Known(Bytes),
    /// Nobody asks the same: this is the one that asks.
    Lead(Lead),
    /// Somebody asks the same.
    Follow(Awaited),
}

/// The right to ask for all. Dropped, it frees those who follow.
pub(super) struct Lead {
    flights: Arc<Flights>,
    digest: Digest,
    result: watch::Sender<Option<Bytes>>,
}

impl Flights {
    pub(super) fn new(cache: Cache, meter: CacheMeter) -> Arc<Self> {
        Arc::new(Self { cache, awaited: Mutex::default(), meter })
    }

    /// Those of a cache; where it keeps answers as the one before did, nothing is forgotten.
    pub(super) fn after(before: Option<&Arc<Self>>, cache: Cache, meter: CacheMeter) -> Arc<Self> {
        let same = before.filter(|flights| flights.cache.is_like(&cache));
        same.map_or_else(|| Self::new(cache, meter), Arc::clone)
    }

    /// The bytes that are kept here.
    pub(super) fn bytes(&self) -> u64 {
        self.cache.bytes()
    }

    /// Looks for an answer, else for somebody who asks for it.
    pub(super) async fn join(self: &Arc<Self>, digest: Digest) -> Joined {
        if let Some(kept) = self.cache.get(digest).await {
            self.meter.looked_up(Lookup::Hit);
            return Joined::Known(kept);
        }
        let mut awaited = self.awaited();
        if let Some(result) = awaited.get(&digest) {
            self.meter.looked_up(Lookup::Shared);
            return Joined::Follow(result.clone());
        }
        self.meter.looked_up(Lookup::Miss);
        let (result, follow) = watch::channel(None);
        awaited.insert(digest, follow);
        Joined::Lead(Lead { flights: Arc::clone(self), digest, result })
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<Digest, Awaited>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// Gives the answer to all who wait, and keeps it.
    pub(super) fn publish(self, kept: Bytes) {
        self.flights.meter.stored();
        self.flights.cache.put(self.digest, kept.clone());
        self.result.send_replace(Some(kept));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flights.awaited().remove(&self.digest);
    }
}

/// Waits for the one who asks; nothing if he failed.
pub(super) async fn follow(mut result: Awaited) -> Option<Bytes> {
    result.wait_for(Option::is_some).await.ok()?.clone()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;

    use super::{Flights, Joined, Lead, follow};
    use crate::metrics::Metrics;
    use crate::store::cache::Cache;
    use crate::store::digest::Digest;

    fn flights() -> Arc<Flights> {
        let cache = Cache::new(Duration::from_secs(60), 1_000_000, None);
        Flights::new(cache, Metrics::new().cache_meter("answers"))
    }

    async fn lead(flights: &Arc<Flights>, digest: Digest) -> Lead {
        match flights.join(digest).await {
            Joined::Lead(lead) => lead,
            Joined::Known(_) | Joined::Follow(_) => panic!("somebody was first"),
        }
    }

    #[tokio::test]
    async fn one_asks_and_all_have_it() {
        let (flights, digest) = (flights(), Digest::of(b"a"));
        let first = lead(&flights, digest).await;
        let mut others = Vec::new();
        for _ in 0..10 {
            let Joined::Follow(other) = flights.join(digest).await else { panic!("a second lead") };
            others.push(follow(other));
        }
        let elsewhere = lead(&flights, Digest::of(b"b")).await;
        first.publish(Bytes::from_static(b"it"));
        for other in others {
            assert_eq!(other.await.as_deref(), Some(&b"it"[..]));
        }
        let Joined::Known(kept) = flights.join(digest).await else { panic!("it was not kept") };
        assert_eq!(kept, "it");
        drop(elsewhere);
        assert!(flights.awaited().is_empty());
    }

    #[tokio::test]
    async fn who_fails_frees_those_who_wait() {
        let (flights, digest) = (flights(), Digest::of(b"a"));
        let first = lead(&flights, digest).await;
        let Joined::Follow(other) = flights.join(digest).await else { panic!("a second lead") };
        drop(first);
        assert_eq!(follow(other).await, None);
        lead(&flights, digest).await;
    }
}
