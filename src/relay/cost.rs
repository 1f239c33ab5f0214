//! A house full of keys, for whoever measures what a request costs before anything is called.
//!
//! Made for tests alone.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::access::{Access, AccessConfig};
use super::catalog::{Catalog, Route};
use super::choice::Choice;
use super::ledger::Tally;
use super::plan::Plan;
use super::request::ChatRequest;
use super::request::tests::{request, target};
use super::serve::Setup;
use super::summary::{ReasoningFallback, SummaryConfig};
use crate::metrics::Metrics;
use crate::policy::account::{Quota, Standings};
use crate::policy::bucket::Rate;
use crate::policy::size::Bounds;
use crate::store::key::Key;
use crate::store::keyring::Keyring;
use crate::store::limits::Limits;
use crate::traces::trace::Trace;

/// Public models, each with three targets.
const MODELS: usize = 50;

/// Keys, limits, models, and a name that stands for three of these.
pub(crate) struct House {
    access: Arc<Access>,
    plan: Plan,
    tally: Arc<Tally>,
    secrets: Vec<String>,
    asked: ChatRequest,
}

impl House {
    /// A house with so many keys.
    pub(crate) fn new(keys: usize) -> Self {
        let made = (0..keys).map(|at| Key::new(&format!("key-{at}")).unwrap());
        let (keys, secrets): (Vec<_>, Vec<_>) = made.unzip();
        let rate = Some(Rate::per_minute(1_000_000_000));
        let quota = Quota {
            requests: rate,
            tokens: rate,
            tokens_per_day: Some(1_000_000_000_000),
            concurrent: Some(1_000),
        };
        let keyrings = vec![Arc::new(Keyring::new(keys))];
        let access = AccessConfig { keyrings, quota, ..AccessConfig::default() };
        let setup = Setup { access, ..Setup::new(catalog(), summary()) };
        let metrics = Metrics::new();
        let tally = Tally::new("r", metrics.meter("auto", true), Trace::default());
        let message = json!({"role": "user", "content": "Why is the sky blue? ".repeat(15)});
        Self {
            access: Arc::new(Access::new(Limits::default())),
            plan: Plan::new(setup, None, &metrics),
            tally,
            secrets,
            asked: request(json!([message, message, message]), json!({"max_tokens": 100})),
        }
    }

    /// One request of one of the bearers: let in, given a model and targets, counted, and over.
    pub(crate) async fn request(&mut self, at: usize) -> Standings {
        let secret = self.secrets[at % self.secrets.len()].as_bytes();
        let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (standings, caller) = self.access.admit(&self.plan.access, Some(secret), from).await;
        let caller = caller.unwrap();
        "auto".clone_into(&mut self.asked.model);
        let chosen = self.plan.choose(&mut self.asked, &caller).unwrap();
        assert_eq!(chosen.as_deref(), Some("model-1"));
        let is_chosen = chosen.is_some();
        self.access.permit(&caller, &self.plan.catalog, &self.asked, is_chosen).unwrap();
        let longest = self.plan.max_prompt_tokens(&self.asked.model);
        let lease = self.access.begin(&caller, &self.asked, longest, &self.tally).await.unwrap();
        let way = self.plan.way(&self.asked, &caller).unwrap();
        assert_eq!((way.targets.len(), way.writers.len()), (3, 1));
        drop(lease);
        standings
    }
}

fn catalog() -> Catalog {
    let models = ["model-0", "model-1", "model-2"].map(str::to_owned);
    let choice = Choice::Size { bounds: Bounds::default(), models };
    (0..MODELS).fold(Catalog::default().with_choice("auto", choice), |catalog, at| {
        let other = || target(json!({}));
        let mut route = Route::new(target(json!({})), vec![other(), other()]);
        route.max_prompt_tokens = Some(100_000);
        catalog.with(&format!("model-{at}"), route)
    })
}

fn summary() -> SummaryConfig {
    SummaryConfig {
        model: None,
        second_model: None,
        timeout: Duration::from_secs(10),
        max_stall: None,
        max_prompt_chars: 8_000,
        max_reasoning_chars: 8_000,
        reasoning_fallback: ReasoningFallback::Excerpt,
        cached_prompts: 0,
        live: false,
        stream: false,
        section_chars: 1_500,
        section_time: Duration::from_secs(4),
    }
}
