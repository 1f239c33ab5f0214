//! What the edge asks for: answers, the models that can be asked, and whether servers are there.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use reasoning_stream::Stage;
use tokio_util::sync::CancellationToken;

use super::access::{Access, AccessConfig};
use super::caller::Caller;
use super::catalog::{Catalog, Model, Server};
use super::failure::Failure;
use super::fingerprint::{fingerprint, may_repeat, take_wish};
use super::job::{Job, Repeat};
use super::lane;
use super::ledger::{Ledger, Tally};
use super::origin::origin;
use super::outbox::{Encoder, Inbox, Outbox};
use super::plan::{Current, Plan};
use super::prefetch::Prefetched;
use super::request::{ChatRequest, Visibility};
use super::summary::SummaryConfig;
use super::task::{Started, start};
use crate::metrics::Metrics;
use crate::policy::account::Standings;
use crate::store::cache::Cache;
use crate::store::limits::Limits;
use crate::upstream::health::Health;

/// What a relay answers by.
pub struct Setup {
    /// The models.
    pub catalog: Catalog,
    /// How summaries are written.
    pub summary: SummaryConfig,
    /// Who may ask, and how much.
    pub access: AccessConfig,
    /// Where answers are kept, if they are.
    pub cache: Option<Cache>,
}

impl Setup {
    /// Whoever asks is served, and nothing is kept.
    pub fn new(catalog: Catalog, summary: SummaryConfig) -> Self {
        Self { catalog, summary, access: AccessConfig::default(), cache: None }
    }
}

/// Answers chat requests.
pub struct Relay {
    current: Arc<Current>,
    access: Arc<Access>,
    metrics: Arc<Metrics>,
    stopping: CancellationToken,
}

/// The frames of one answer, as they become ready. Dropping them stops all work for the request.
#[repr(C)]
pub struct Frames {
    frames: lane::Receiver,
    repeated: Option<Arc<AtomicBool>>,
    chosen: Option<String>,
    visibility: Visibility,
    _work: Started<()>,
}

impl Frames {
    /// Whether the answer was given before; nothing if that was not asked.
    pub fn is_repeated(&self) -> Option<bool> {
        self.repeated.as_ref().map(|repeated| repeated.load(Ordering::Relaxed))
    }

    /// The model that was chosen, if the request named one that stands for several.
    pub fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    /// How much of the reasoning the answer shows.
    pub fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// The next frame; `None` after the last.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.frames.poll_next(cx)
    }
}

impl Relay {
    /// A relay to the models of a catalog, for whoever asks.
    pub fn new(catalog: Catalog, summary: SummaryConfig) -> Self {
        Self::with(Setup::new(catalog, summary), Limits::default())
    }

    /// A relay that answers by this, and counts here what callers use.
    pub fn with(setup: Setup, limits: Limits) -> Self {
        let metrics = Metrics::new();
        let current = Arc::new(Current::new(Plan::new(setup, None, &metrics)));
        // Measured for as long as the relay lives, and no longer.
        let weighed = Arc::downgrade(&current);
        let bytes = move || Some(weighed.upgrade()?.get().flights.as_ref()?.bytes());
        metrics.watch_kept_bytes(move || bytes().unwrap_or_default());
        let access = Arc::new(Access::new(limits).counting(&metrics));
        Self { current, access, metrics, stopping: CancellationToken::new() }
    }

    /// What is counted here, and by whoever else has something to count.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Whether nobody is served without a key.
    pub fn wants_key(&self) -> bool {
        self.current.get().access.wants_key()
    }

    /// Lets a request in, as [`Access::admit`] does. All that holds for it is decided here: its caller
    /// is answered by what he was let in by, however long his body takes.
    pub async fn admit(
        &self,
        secret: Option<&[u8]>,
        from: IpAddr,
    ) -> (Standings, Result<Caller, Failure>) {
        let plan = self.current.get();
        let (standings, admitted) = self.access.admit(&plan.access, secret, from).await;
        (standings, admitted.map(|caller| caller.under(plan)))
    }

    /// Answers by this from here on, in one step. Requests that were let in keep what they were let in
    /// by, what was used stays used, and answers that are kept in the same way are not forgotten.
    pub fn replace(&self, setup: Setup) {
        let plan = Plan::new(setup, Some(&self.current.get()), &self.metrics);
        self.current.replace(plan);
    }

    /// The models that a caller's request is about.
    pub fn catalog(&self, caller: &Caller) -> Arc<Catalog> {
        Arc::clone(&self.plan(caller).catalog)
    }

    fn plan(&self, caller: &Caller) -> Arc<Plan> {
        caller.plan().map_or_else(|| self.current.get(), Arc::clone)
    }

    /// Begins to answer. Ready when the HTTP status is certain: frames will come, or this failure
    /// is the whole answer.
    ///
    /// # Errors
    /// What made the request fail before anything could be shown.
    pub async fn serve(
        &self,
        mut request: ChatRequest,
        caller: &Caller,
        encoder: Box<dyn Encoder>,
    ) -> Result<Frames, Failure> {
        let plan = self.plan(caller);
        let chosen = plan.choose(&mut request, caller);
        caller.restrict(&mut request);
        plan.restrict(&mut request);
        let visibility = request.summaries.visibility.unwrap_or(Visibility::Summary);
        let repeat = Self::repeat(&plan, &mut request, caller);
        let repeated = repeat.as_ref().map(|repeat| Arc::clone(&repeat.happened));
        let meter = self.metrics.meter(&request.model, request.stream);
        let tally = Tally::new(&request.id, meter, std::mem::take(&mut request.trace));
        // Opened before the work begins: a client may leave before its first step.
        let mut ledger = Ledger::new(&request, Arc::clone(&tally));
        let allowed = async {
            let chosen = chosen.map_err(|it| self.access.refused(it.code, it))?;
            self.access.permit(caller, &plan.catalog, &request, chosen.is_some())?;
            let longest = plan.max_prompt_tokens(&request.model);
            let lease = self.access.begin(caller, &request, longest, &tally).await?;
            Ok((chosen, lease, plan.way(&request, caller)?))
        };
        let (chosen, lease, way) = allowed.await.inspect_err(|failure| ledger.failed(failure))?;
        let deadline = request.arrived + way.deadline;
        let (outbox, inbox) = Outbox::new(encoder, request.arrived, deadline, Arc::clone(&tally));
        let request = Arc::new(request);
        let (summary, cache) = (Arc::clone(&plan.summary), plan.cache.clone());
        let (scope, lease) = (caller.scope(), Some(Box::new(lease)));
        let job = Job { request, way, summary, cache, scope, tally, lease, repeat };
        let work = job.run(ledger, outbox, self.stopping.clone());
        let work = start(Prefetched::new(work, inbox.frames.place()));
        let Inbox { commit, frames } = inbox;
        match commit.await {
            Ok(Ok(())) => Ok(Frames { frames, repeated, chosen, visibility, _work: work }),
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::internal()),
        }
    }

    /// Whether this may be an answer that was given before, and which.
    fn repeat(plan: &Plan, request: &mut ChatRequest, caller: &Caller) -> Option<Repeat> {
        let wish = take_wish(&mut request.members);
        let flights = plan.flights.clone().filter(|_| may_repeat(request, wish))?;
        let digest = fingerprint(request, caller, &origin(plan, request)?);
        Some(Repeat { flights, digest, happened: Arc::default() })
    }

    /// Ends every open stream, each with a fatal event.
    pub fn stop_streams(&self) {
        self.stopping.cancel();
    }

    /// Whether each server can be reached, by its name.
    pub fn upstream_health(&self) -> BoxFuture<'static, Vec<(String, Health)>> {
        let look = |server: Arc<Server>| async move {
            (server.name.clone(), server.upstream.health().await)
        };
        join_all(self.current.get().catalog.servers().into_iter().map(look)).boxed()
    }

    /// The models that a caller can ask for: those of the catalog, or else what the servers say.
    ///
    /// # Errors
    /// When none of the servers can be asked, or its answer not be read.
    pub fn models(&self, caller: &Caller) -> BoxFuture<'static, Result<Vec<Model>, Failure>> {
        let (catalog, caller) = (self.catalog(caller), caller.clone());
        async move {
            if !catalog.names().is_empty() {
                return Ok(catalog.models(&catalog.names_for(&caller)));
            }
            let servers = catalog.servers().into_iter();
            let lists = servers.map(|server| async move { server.upstream.models().await });
            let (heard, silent): (Vec<_>, Vec<_>) =
                join_all(lists).await.into_iter().partition(Result::is_ok);
            match silent.into_iter().next() {
                Some(Err(error)) if heard.is_empty() => {
                    Err(Failure::upstream(Stage::Gateway, &error))
                }
                _ => {
                    let models = heard.into_iter().flatten().flatten().map(Model::of);
                    Ok(models.filter(|it| caller.may_ask(&catalog, &it.name)).collect())
                }
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::Frames;

    /// The sender of a frame has fetched what follows the receiver.
    #[test]
    fn frames_begin_with_their_receiver() {
        assert_eq!(offset_of!(Frames, frames), 0);
    }
}
