//! What is counted of one model server.

use std::sync::Arc;

use super::Metrics;
use super::labels::{ByAnswer, ByChange, ByUpstream, Name};

/// Counts the calls to one model server, as its breakers see them.
#[derive(Debug)]
pub struct UpstreamMeter {
    metrics: Arc<Metrics>,
    upstream: Name,
}

impl UpstreamMeter {
    pub(super) fn new(metrics: Arc<Metrics>, name: &str) -> Self {
        let upstream = Arc::new(name.to_owned());
        // From 0 on, so that an alert about their growth sees the first one.
        let by = ByUpstream { upstream: Arc::clone(&upstream) };
        drop(metrics.families.retry_refusals.get_or_create(&by));
        drop(metrics.families.breaker_refusals.get_or_create(&by));
        Self { metrics, upstream }
    }

    /// A call for an answer ended with this outcome.
    pub fn answered(&self, outcome: &'static str) {
        let by = ByAnswer { upstream: Arc::clone(&self.upstream), outcome };
        self.metrics.families.upstream_answers.get_or_create(&by).inc();
    }

    /// A breaker has changed to this state.
    pub fn breaker_changed(&self, to: &'static str) {
        let by = ByChange { upstream: Arc::clone(&self.upstream), to };
        self.metrics.families.breaker_changes.get_or_create(&by).inc();
    }

    /// The budget of retries has refused one.
    pub fn retry_refused(&self) {
        let by = ByUpstream { upstream: Arc::clone(&self.upstream) };
        self.metrics.families.retry_refusals.get_or_create(&by).inc();
    }

    /// A breaker has refused a call.
    pub fn breaker_refused(&self) {
        let by = ByUpstream { upstream: Arc::clone(&self.upstream) };
        self.metrics.families.breaker_refusals.get_or_create(&by).inc();
    }
}
