//! The families about keys, limits and caches, and what counts in them.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::Metrics;
use super::labels::{ByCache, ByKind, ByLookup, ByOperation};
use super::shelf::Shelf;

/// Families that alerts wait for, and so are there from the start.
const LIMITS: [&str; 5] = ["requests", "tokens", "concurrency", "budget", "guesses"];

/// The families about keys, limits and caches.
#[derive(Debug)]
pub(super) struct Stores {
    pub(super) refusals: Family<ByKind, Counter>,
    pub(super) failures: Family<ByOperation, Counter>,
    pub(super) cache_lookups: Family<ByLookup, Counter>,
    pub(super) cache_stores: Family<ByCache, Counter>,
    pub(super) cache_bytes: Gauge,
}

impl Stores {
    pub(super) fn registered(shelf: &mut Shelf) -> Self {
        let refusals: Family<ByKind, Counter> =
            shelf.put("refusals", "Requests that a limit, or what their key may, did not let in");
        for kind in LIMITS {
            let _ = refusals.get_or_create(&ByKind { kind });
        }
        Self {
            refusals,
            failures: shelf.put(
                "store_failures",
                "Operations that Redis did not do, so that each instance did without",
            ),
            cache_lookups: shelf.put("cache_lookups", "Looks into a cache, by what was found"),
            cache_stores: shelf.put("cache_stores", "Texts that were put into a cache"),
            cache_bytes: shelf.put("cache_bytes", "Bytes of answers that are kept in memory"),
        }
    }
}

/// Counts what is looked for in one cache.
#[derive(Debug, Clone)]
pub struct CacheMeter {
    metrics: Arc<Metrics>,
    cache: &'static str,
}

/// What was found in a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// What was looked for.
    Hit,
    /// That it is on its way, for somebody else.
    Shared,
    /// Nothing.
    Miss,
}

impl CacheMeter {
    pub(super) const fn new(metrics: Arc<Metrics>, cache: &'static str) -> Self {
        Self { metrics, cache }
    }

    /// Somebody looked.
    pub fn looked_up(&self, found: Lookup) {
        let result = match found {
            Lookup::Hit => "hit",
            Lookup::Shared => "shared",
            Lookup::Miss => "miss",
        };
        let by = ByLookup { cache: self.cache, result };
        self.metrics.families.stores.cache_lookups.get_or_create(&by).inc();
    }

    /// Something was put there.
    pub fn stored(&self) {
        let by = ByCache { cache: self.cache };
        self.metrics.families.stores.cache_stores.get_or_create(&by).inc();
    }
}

/// Counts what the shared store does not do.
#[derive(Debug, Clone)]
pub struct StoreMeter(Arc<Metrics>);

impl StoreMeter {
    pub(super) const fn new(metrics: Arc<Metrics>) -> Self {
        Self(metrics)
    }

    /// An operation of this name failed, took too long, or was not tried after such a failure.
    pub fn failed(&self, operation: &'static str) {
        self.0.families.stores.failures.get_or_create(&ByOperation { operation }).inc();
    }
}
