//! What requests are answered by, and the way that one of them takes.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reasoning_stream::Source;

use super::access::AccessConfig;
use super::cache::PromptCache;
use super::caller::Caller;
use super::catalog::{Catalog, Route, Target};
use super::failure::{Failure, listed};
use super::flights::Flights;
use super::need::Need;
use super::request::ChatRequest;
use super::serve::Setup;
use super::speed::Speed;
use super::summary::SummaryConfig;
use crate::metrics::Metrics;

/// What requests are answered by: one configuration, all of it. A request keeps the one that its head
/// came under.
pub(super) struct Plan {
    pub(super) catalog: Arc<Catalog>,
    pub(super) summary: Arc<SummaryConfig>,
    /// What prompts were summarised by it.
    pub(super) cache: Option<Arc<PromptCache>>,
    pub(super) access: AccessConfig,
    /// The answers that are kept, if any are.
    pub(super) flights: Option<Arc<Flights>>,
}

/// The plan of this moment. It is replaced as a whole.
pub(super) struct Current(RwLock<Arc<Plan>>);

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").finish_non_exhaustive()
    }
}

impl Current {
    pub(super) fn new(plan: Plan) -> Self {
        Self(RwLock::new(Arc::new(plan)))
    }

    pub(super) fn get(&self) -> Arc<Plan> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, plan: Plan) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(plan);
    }
}

/// Whom one request asks.
pub(super) struct Way {
    /// For the answer: the first one, and when that fails for good, the next.
    pub(super) targets: Vec<Arc<Target>>,
    /// For both summaries, one after the other.
    pub(super) writers: Vec<Writer>,
    /// Time for the whole request.
    pub(super) deadline: Duration,
    /// Where it is noted how soon the first token comes.
    pub(super) speed: Arc<Speed>,
}

/// One who may write summaries.
#[derive(Clone)]
pub(super) struct Writer {
    /// What clients are told of who wrote one.
    pub(super) source: Source,
    /// Where the model is.
    pub(super) target: Arc<Target>,
    /// The model, as a client would name it.
    pub(super) model: String,
}

impl Plan {
    /// A plan whose models and servers are measured under their names, and which keeps what the one
    /// before it kept in the same way.
    pub(super) fn new(setup: Setup, before: Option<&Self>, metrics: &Arc<Metrics>) -> Self {
        let Setup { catalog, summary, access, cache: answers } = setup;
        metrics.know_models(catalog.known().chain(&summary.model));
        for server in catalog.servers() {
            server.guard.report_to(|| metrics.upstream_meter(&server.name));
            let guard = Arc::downgrade(&server.guard);
            metrics.watch_breakers(&server.name, move || Some(guard.upgrade()?.severity()));
        }
        let cache = PromptCache::new(summary.cached_prompts, metrics.cache_meter("prompts"));
        let flights = answers.map(|answers| {
            let before = before.and_then(|plan| plan.flights.as_ref());
            Flights::after(before, answers, metrics.cache_meter("answers"))
        });
        Self { catalog: Arc::new(catalog), summary: Arc::new(summary), cache, access, flights }
    }

    /// Puts a model in the place of a name that stands for several; says which, if so.
    ///
    /// # Errors
    /// When there is none for this caller and this request.
    pub(super) fn choose(
        &self,
        request: &mut ChatRequest,
        caller: &Caller,
    ) -> Result<Option<String>, Failure> {
        let Some(choice) = self.catalog.choice(&request.model) else { return Ok(None) };
        let chosen = choice.choose(&request.model, &self.catalog, &Need::of(request), caller)?;
        request.model.clone_from(&chosen);
        Ok(Some(chosen))
    }

    /// Takes out of a request what its model does not show.
    pub(super) fn restrict(&self, request: &mut ChatRequest) {
        let route = self.catalog.resolve(&request.model);
        if let Some(most) = route.and_then(|route| route.visibility) {
            request.summaries.limit(most);
        }
    }

    /// The most tokens that a prompt for this model may have.
    pub(super) fn max_prompt_tokens(&self, model: &str) -> Option<u64> {
        self.catalog.resolve(model)?.max_prompt_tokens
    }

    /// The way of a request.
    ///
    /// # Errors
    /// When nobody serves the model that it names, or nobody may write its summaries as it names them.
    pub(super) fn way(&self, request: &ChatRequest, caller: &Caller) -> Result<Way, Failure> {
        let route = self.route(&request.model, caller)?;
        let (first, second) = self.writing_models(request, &route);
        let Some(writer) = self.writer(Source::Model, first, &route) else {
            return Err(self.no_writer(first, &route, caller));
        };
        // A second model that can't write is none: the first one may be fine.
        let second = second.and_then(|model| self.writer(Source::SecondModel, model, &route));
        Ok(Way {
            targets: route.draw(fastrand::f64),
            writers: std::iter::once(writer).chain(second).collect(),
            deadline: route.deadline(),
            speed: Arc::clone(&route.speed),
        })
    }

    /// The model for a request's summaries, and the one that is asked after it.
    pub(super) fn writing_models<'a>(
        &'a self,
        request: &'a ChatRequest,
        route: &'a Route,
    ) -> (&'a str, Option<&'a str>) {
        let first = request.summary_model.as_ref().or(route.summary_model.as_ref());
        let first = first.or(self.summary.model.as_ref()).unwrap_or(&request.model);
        let second = self.summary.second_model.as_ref().filter(|&second| second != first);
        (first, second.map(String::as_str))
    }

    /// Who writes by this name for a route, if somebody may: what thinks is not said back by an echo.
    fn writer(&self, source: Source, model: &str, route: &Route) -> Option<Writer> {
        if self.catalog.choice(model).is_some() {
            return None;
        }
        let mut targets = self.catalog.resolve(model)?.draw(fastrand::f64);
        targets.retain(|target| route.repeats() || !target.server.upstream.repeats());
        Some(Writer { source, target: sound(&targets, model)?, model: model.to_owned() })
    }

    /// Why nobody writes by this name, and who may.
    fn no_writer(&self, model: &str, route: &Route, caller: &Caller) -> Failure {
        let why = if self.catalog.choice(model).is_some() {
            "a route can't write summaries"
        } else if self.catalog.resolve(model).is_some() {
            "an echo can't write summaries of what another model thinks"
        } else {
            return Failure::unknown_model(&self.catalog.names_for(caller));
        };
        let mut names = self.catalog.names_for(caller);
        names.retain(|name| self.writer(Source::Model, name, route).is_some());
        let message = format!("{why}; the models that can are {}", listed(&names));
        let failure = Failure::gateway(422, "invalid_request", &message, false);
        Failure { field: Some("summary_model".to_owned()), ..failure }
    }

    fn route(&self, model: &str, caller: &Caller) -> Result<Arc<Route>, Failure> {
        let route = self.catalog.resolve(model);
        route.ok_or_else(|| Failure::unknown_model(&self.catalog.names_for(caller)))
    }
}

/// The first target that may be called, else the first: a summary has no time for a second one.
fn sound(targets: &[Arc<Target>], model: &str) -> Option<Arc<Target>> {
    let calls = |target: &&Arc<Target>| !target.server.guard.refuses(target.model(model));
    targets.iter().find(calls).or(targets.first()).cloned()
}
