//! What the gateway counts and times, as Prometheus reads it.
//!
//! ```text
//!  relay ──▶ Meter (one request) ─┐
//!  guard ──▶ UpstreamMeter ───────┼──▶ Families ──▶ Metrics::encode ──▶ GET /metrics
//!  caches ──▶ CacheMeter ─────────┤
//!  Redis ──▶ StoreMeter ──────────┤
//!  access, edge, main ────────────┘
//! ```
//!
//! A chunk costs two additions to atomic numbers; all else is counted a few times per request.
//! Labels are words of the code, and names out of the configuration: a name that a client makes up
//! is `other`. There is no clock here, and nothing of a request's content.

mod breakers;
mod families;
mod labels;
pub mod meter;
mod models;
mod shelf;
pub mod stores;
#[cfg(test)]
mod tests;
mod text;
pub mod upstream_meter;

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use self::breakers::Breakers;
use self::families::Families;
use self::labels::{ByKind, ByStatus};
use self::meter::Meter;
use self::models::Models;
use self::stores::{CacheMeter, StoreMeter};
use self::upstream_meter::UpstreamMeter;

/// The media type of [`Metrics::encode`].
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that one gateway counts.
pub struct Metrics {
    registry: Registry,
    families: Families,
    models: Models,
    breakers: Breakers,
    dropped_lines: OnceLock<Watched>,
    kept_bytes: OnceLock<Watched>,
}

/// Where a number stands that somebody else keeps.
type Watched = Box<dyn Fn() -> u64 + Send + Sync>;

impl Metrics {
    /// All at zero.
    pub fn new() -> Arc<Self> {
        let (families, registry) = Families::registered();
        let (models, breakers, dropped_lines, kept_bytes) = Default::default();
        Arc::new(Self { registry, families, models, breakers, dropped_lines, kept_bytes })
    }

    /// Gives these models labels of their own, from here on. There is a limit to how many have one.
    pub fn know_models<'a>(&self, names: impl IntoIterator<Item = &'a String>) {
        self.models.know(names);
    }

    /// Begins to measure a chat request.
    pub fn meter(self: &Arc<Self>, model: &str, is_streamed: bool) -> Meter {
        Meter::new(Arc::clone(self), self.models.label(model), is_streamed)
    }

    /// Begins to measure the calls to a model server of this configured name.
    pub fn upstream_meter(self: &Arc<Self>, name: &str) -> UpstreamMeter {
        UpstreamMeter::new(Arc::clone(self), name)
    }

    /// Says who tells the state of the breakers of this upstream: 0 where all of them allow, 1 where one
    /// lets a single call try, 2 where one refuses; nothing, once the upstream is gone. The last word counts.
    pub fn watch_breakers(
        &self,
        upstream: &str,
        state: impl Fn() -> Option<u8> + Send + Sync + 'static,
    ) {
        self.breakers.watch(upstream, Box::new(state));
    }

    /// Begins to measure a cache of this name.
    pub fn cache_meter(self: &Arc<Self>, cache: &'static str) -> CacheMeter {
        CacheMeter::new(Arc::clone(self), cache)
    }

    /// Begins to measure what instances share.
    pub fn store_meter(self: &Arc<Self>) -> StoreMeter {
        StoreMeter::new(Arc::clone(self))
    }

    /// Counts a request that was not let in: the limit, or the code of the error.
    pub fn refused(&self, kind: &'static str) {
        self.families.stores.refusals.get_or_create(&ByKind { kind }).inc();
    }

    /// Counts one HTTP response, of any path.
    pub fn responded(&self, status: u16) {
        self.families.http_responses.get_or_create(&ByStatus { status }).inc();
    }

    /// Counts a panic, wherever it was.
    pub fn panicked(&self) {
        self.families.panics.inc();
    }

    /// Counts spans that could not be sent.
    pub fn spans_lost(&self, count: u64) {
        self.families.spans_lost.inc_by(count);
    }

    /// Says where the number of lines stands that the log has lost. Only the first word counts.
    pub fn watch_dropped_lines(&self, count: impl Fn() -> u64 + Send + Sync + 'static) {
        let _ = self.dropped_lines.set(Box::new(count));
    }

    /// Says where the number of bytes stands that kept answers take. Only the first word counts.
    pub fn watch_kept_bytes(&self, bytes: impl Fn() -> u64 + Send + Sync + 'static) {
        let _ = self.kept_bytes.set(Box::new(bytes));
    }

    /// Chat requests whose work is not over.
    pub fn open_streams(&self) -> i64 {
        self.families.open_streams.get()
    }

    /// Everything, in Prometheus' text format.
    pub fn encode(&self) -> String {
        if let Some(count) = self.dropped_lines.get() {
            self.families.log_lines_dropped.inner().store(count(), Ordering::Relaxed);
        }
        if let Some(bytes) = self.kept_bytes.get() {
            let bytes = i64::try_from(bytes()).unwrap_or(i64::MAX);
            self.families.stores.cache_bytes.set(bytes);
        }
        self.breakers.write(&self.families.breaker_states);
        let mut text = String::new();
        // Writing to a String can't fail.
        let _ = encode(&mut text, &self.registry);
        text::prometheus(&text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
