//! Which models there are, and where each of them is served.
//!
//! ```text
//!  name ──▶ Catalog ──▶ Route ──▶ Target, Target, …      each on a Server, which several may share
//! ```
//!
//! All of it is fixed once built: a changed configuration is another catalog, and a request keeps
//! the route that it began with.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use reasoning_stream::Capability;

use super::answer::ask::AnswerConfig;
use super::caller::Caller;
use super::choice::Choice;
use super::guard::Guard;
use super::ledger::Tally;
use super::need::Offer;
use super::request::Visibility;
use super::speed::Speed;
use crate::policy::shares::{self, Share};
use crate::store::digest::Digest;
use crate::traces::call::{Asked, CallSpan, Place, Purpose};
use crate::upstream::error::UpstreamError;
use crate::upstream::quirks::Quirks;
use crate::upstream::{Call, Listed, Upstream};

/// One model server, with what guards the calls to it.
pub struct Server {
    /// Its name, for whoever reads about it.
    pub name: String,
    /// Where it is, as traces tell it.
    place: Place,
    /// Tells it from every other server that may answer in another way.
    pub(super) identity: Digest,
    pub(super) upstream: Arc<dyn Upstream>,
    pub(super) guard: Arc<Guard>,
}

impl Server {
    /// A server that has not been called yet.
    pub fn new(name: &str, upstream: Arc<dyn Upstream>) -> Arc<Self> {
        Self::at(Place::default(), Digest::of(name.as_bytes()), name, upstream)
    }

    /// The same at a known place. What it answered is told again for as long as `identity` is the same.
    pub fn at(
        place: Place,
        identity: Digest,
        name: &str,
        upstream: Arc<dyn Upstream>,
    ) -> Arc<Self> {
        Arc::new(Self { name: name.to_owned(), place, identity, upstream, guard: Guard::new() })
    }

    /// A call to it that is about to be made, and its span.
    pub(super) fn call(
        &self,
        tally: &Tally,
        purpose: Purpose,
        attempt: u32,
        body: &Bytes,
    ) -> (Call, CallSpan) {
        let (upstream, place) = (self.name.as_str(), &self.place);
        let span = tally.trace.call(&Asked { purpose, attempt, upstream, place, body });
        let (trace_parent, request_id) = (span.trace_parent(), Arc::clone(&tally.request_id));
        (Call { body: body.clone(), trace_parent, request_id, material: None }, span)
    }

    /// Gets a model to serve, if this failure may mean that it sleeps: ends with whether it did.
    pub(super) fn wake(
        &self,
        model: &str,
        failed: &UpstreamError,
    ) -> Option<BoxFuture<'static, bool>> {
        if failed.may_be_sleep() { self.upstream.wake(model) } else { None }
    }
}

/// One place where a model is served.
#[derive(Clone)]
pub struct Target {
    /// The server.
    pub server: Arc<Server>,
    /// What the server calls the model; without it, as the request does.
    pub model: Option<String>,
    /// Lower ranks are asked first.
    pub rank: u32,
    /// The share of the calls within a rank.
    pub weight: u32,
    /// How answers are asked for.
    pub answer: Arc<AnswerConfig>,
    /// How the server differs from others.
    pub quirks: Quirks,
    /// How the model marks its reasoning, if that is certain.
    pub capability: Option<Capability>,
    /// Whether it can stream; one that can't is asked for the whole answer.
    pub streams: bool,
}

impl Target {
    /// The only place for a model, or the first of several.
    pub fn new(server: Arc<Server>, answer: AnswerConfig) -> Self {
        Self {
            server,
            model: None,
            rank: 0,
            weight: 1,
            answer: Arc::new(answer),
            quirks: Quirks::NONE,
            capability: None,
            streams: true,
        }
    }

    /// How the model that a request names marks its reasoning: as configured, or as is known of its
    /// name, here or there.
    pub(super) fn capability(&self, requested: &str) -> Capability {
        let named = || self.model.as_deref().and_then(Capability::for_model);
        let known = self.capability.or_else(named).or_else(|| Capability::for_model(requested));
        known.unwrap_or_default()
    }

    /// What the server calls the model that a request names.
    pub(super) fn model<'a>(&'a self, requested: &'a str) -> &'a str {
        self.model.as_deref().unwrap_or(requested)
    }
}

/// One public model.
#[derive(Clone)]
pub struct Route {
    /// The model that writes its summaries, if that is its own matter.
    pub summary_model: Option<String>,
    /// How much of its reasoning is shown at most, if that is its own matter.
    pub visibility: Option<Visibility>,
    /// The most tokens that a prompt may have.
    pub max_prompt_tokens: Option<u64>,
    /// What it has to offer to who may choose.
    pub offer: Offer,
    /// How soon its first token comes.
    pub(super) speed: Arc<Speed>,
    /// Where it is served, never nowhere.
    targets: Vec<Arc<Target>>,
}

impl Route {
    /// A model that is served here, and where that fails, there.
    pub fn new(first: Target, others: Vec<Target>) -> Self {
        let targets = std::iter::once(first).chain(others).map(Arc::new).collect();
        Self {
            summary_model: None,
            visibility: None,
            max_prompt_tokens: None,
            offer: Offer::default(),
            speed: Arc::default(),
            targets,
        }
    }

    /// How the model that a request names marks its reasoning.
    pub fn capability(&self, requested: &str) -> Capability {
        self.targets[0].capability(requested)
    }

    /// Every target, in the order of the configuration.
    pub(super) fn targets(&self) -> &[Arc<Target>] {
        &self.targets
    }

    /// Time for a whole request.
    pub(super) fn deadline(&self) -> Duration {
        self.targets[0].answer.deadline
    }

    /// Whether all that it is told is said back.
    pub(super) fn repeats(&self) -> bool {
        self.targets.iter().all(|it| it.server.upstream.repeats())
    }

    /// Whether no target may be called for the model that a request names at this moment.
    pub(super) fn is_refused(&self, requested: &str) -> bool {
        let refused = |it: &Arc<Target>| it.server.guard.refuses(it.model(requested));
        self.targets.iter().all(refused)
    }

    /// The targets in the order in which one request tries them: by rank, and within a rank by
    /// chance, in proportion to their weights.
    pub(super) fn draw(&self, chance: impl FnMut() -> f64) -> Vec<Arc<Target>> {
        if let [only] = &self.targets[..] {
            return vec![Arc::clone(only)];
        }
        let share = |target: &Arc<Target>| Share { rank: target.rank, weight: target.weight };
        let shares: Vec<Share> = self.targets.iter().map(share).collect();
        let order = shares::order(&shares, chance).into_iter();
        order.map(|at| Arc::clone(&self.targets[at])).collect()
    }
}

/// A model, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// What clients ask for.
    pub name: String,
    /// How it marks its reasoning.
    pub capability: Capability,
    /// Whether its server tells the reasoning apart; nothing, if that did not say.
    pub told_apart: Option<bool>,
}

impl Model {
    /// A model that a server says it has.
    pub(super) fn of(listed: Listed) -> Self {
        let known = Capability::for_model(&listed.name).unwrap_or_default();
        let capability = if listed.told_apart == Some(true) { Capability::Fields } else { known };
        Self { name: listed.name, capability, told_apart: listed.told_apart }
    }
}

/// Every model that can be asked for.
#[derive(Default)]
pub struct Catalog {
    names: Vec<String>,
    routes: HashMap<String, Arc<Route>>,
    /// Other names, each with the model's own.
    aliases: HashMap<String, String>,
    choices: HashMap<String, Choice>,
    otherwise: Option<Arc<Route>>,
}

impl Catalog {
    /// Whatever name is asked for, it is served by this route.
    pub fn any(route: Route) -> Self {
        Self { otherwise: Some(Arc::new(route)), ..Self::default() }
    }

    /// Adds a model that is listed.
    #[must_use]
    pub fn with(mut self, name: &str, route: Route) -> Self {
        if self.routes.insert(name.to_owned(), Arc::new(route)).is_none() {
            self.names.push(name.to_owned());
        }
        self
    }

    /// Adds another name of a model that was added. It is listed, too.
    #[must_use]
    pub fn with_alias(mut self, alias: &str, name: &str) -> Self {
        if let Some(route) = self.routes.get(name).cloned()
            && !self.routes.contains_key(alias)
        {
            self.routes.insert(alias.to_owned(), route);
            self.aliases.insert(alias.to_owned(), name.to_owned());
            self.names.push(alias.to_owned());
        }
        self
    }

    /// Adds a name that stands for several models. It is listed.
    #[must_use]
    pub fn with_choice(mut self, name: &str, choice: Choice) -> Self {
        if self.choices.insert(name.to_owned(), choice).is_none() {
            self.names.push(name.to_owned());
        }
        self
    }

    /// Every other name is served by this route.
    #[must_use]
    pub fn otherwise(mut self, route: Route) -> Self {
        self.otherwise = Some(Arc::new(route));
        self
    }

    /// The route of a model; none if nobody serves it.
    pub fn resolve(&self, model: &str) -> Option<Arc<Route>> {
        self.routes.get(model).or(self.otherwise.as_ref()).cloned()
    }

    /// The model that a name is another one for; nothing if it is its own.
    pub(super) fn alias_of(&self, name: &str) -> Option<&str> {
        self.aliases.get(name).map(String::as_str)
    }

    /// What chooses the model of a name that stands for several.
    pub(super) fn choice(&self, name: &str) -> Option<&Choice> {
        self.choices.get(name).filter(|_| !self.routes.contains_key(name))
    }

    /// The names that are listed, in the order in which they were added; none where the servers
    /// say what there is.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The models of these names, as they are listed; names that nobody serves are left out.
    pub fn models(&self, names: &[String]) -> Vec<Model> {
        let model = |name: &String| {
            let capability = match self.choice(name) {
                Some(_) => Capability::default(),
                None => self.resolve(name)?.capability(name),
            };
            Some(Model { name: name.clone(), capability, told_apart: None })
        };
        names.iter().filter_map(model).collect()
    }

    /// The listed names that a caller may ask by.
    pub(super) fn names_for(&self, caller: &Caller) -> Vec<String> {
        self.names.iter().filter(|name| caller.may_ask(self, name)).cloned().collect()
    }

    /// Every name and alias that is known beforehand.
    pub(super) fn known(&self) -> impl Iterator<Item = &String> {
        self.routes.keys().chain(self.choices.keys())
    }

    /// Every server, once.
    pub fn servers(&self) -> Vec<Arc<Server>> {
        let listed = self.names.iter().filter_map(|name| self.routes.get(name));
        let mut servers: Vec<Arc<Server>> = Vec::new();
        for target in listed.chain(&self.otherwise).flat_map(|route| &route.targets) {
            if !servers.iter().any(|known| Arc::ptr_eq(known, &target.server)) {
                servers.push(Arc::clone(&target.server));
            }
        }
        servers
    }
}
