//! Where families are registered, each under the name that it has here.

use std::fmt::Debug;
use std::hash::Hash;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

/// Histograms that differ by a label.
pub(super) type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Seconds: those that OpenTelemetry advises for calls to models, and on to ten minutes.
const SECONDS: [f64; 17] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84,
    327.68, 655.36,
];

/// Where families are registered.
pub(super) struct Shelf(Registry);

impl Shelf {
    /// With what says which version runs.
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("gateway");
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", version);
        Self(registry)
    }

    pub(super) fn put<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        self.add(name, help, M::default())
    }

    pub(super) fn time<L>(&mut self, name: &str, help: &str) -> Histograms<L>
    where
        L: Clone + Hash + Eq + EncodeLabelSet + Debug + Send + Sync + 'static,
    {
        self.add(name, help, Family::new_with_constructor(|| Histogram::new(SECONDS)))
    }

    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    /// All that was registered.
    pub(super) fn filled(self) -> Registry {
        self.0
    }
}
