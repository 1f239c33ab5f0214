//! Begins a request's work, and sees that it ends with exactly one terminal event.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use reasoning_stream::{Done, Event, FinishReason, Stage};
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use super::access::Access;
use super::answer::{Answer, Ask};
use super::cache::PromptCache;
use super::caller::Caller;
use super::catalog::{Catalog, Model, Server};
use super::clock::Clock;
use super::failure::Failure;
use super::fingerprint::{fingerprint, may_repeat, take_wish};
use super::flights::{Awaited, Flights, Joined, follow};
use super::lease::Lease;
use super::ledger::{Ledger, Tally};
use super::outbox::{Commit, Encoder, Inbox, Outbox, Part, Unsent};
use super::pipeline::{self, Stop};
use super::plan::{Plan, Way};
use super::recording::{self, Recorder, Told};
use super::request::{ChatRequest, Visibility};
use super::speed::Stopwatch;
use super::summaries::Summaries;
use super::summary::{Summariser, SummaryConfig};
use super::task::{Started, start};
use super::turn::thoughts::Raw;
use super::turn::{MAX_OPEN_STATUS, Turn};
use crate::metrics::Metrics;
use crate::store::cache::Cache;
use crate::store::digest::Digest;
use crate::traces::names;
use crate::upstream::error::UpstreamError;
use crate::upstream::health::Health;

/// Answers chat requests.
pub struct Relay {
    plan: RwLock<Plan>,
    access: Arc<Access>,
    metrics: Arc<Metrics>,
    flights: Option<Arc<Flights>>,
    stopping: CancellationToken,
}

/// The frames of one answer, as they become ready. Dropping them stops all work for the request.
pub struct Frames {
    frames: mpsc::Receiver<Bytes>,
    repeated: Option<Arc<AtomicBool>>,
    chosen: Option<String>,
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

    /// The next frame; `None` after the last.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.frames.poll_recv(cx)
    }
}

impl Relay {
    /// A relay to the models of a catalog.
    pub fn new(catalog: Catalog, summary: SummaryConfig) -> Self {
        let metrics = Metrics::new();
        let plan = RwLock::new(Plan::new(catalog, summary, &metrics));
        let stopping = CancellationToken::new();
        Self { plan, metrics, access: Arc::default(), flights: None, stopping }
    }

    /// What is counted here, and by whoever else has something to count.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The same for those alone whom this lets in.
    #[must_use]
    pub fn guarded_by(self, access: Access) -> Self {
        Self { access: Arc::new(access.counting(&self.metrics)), ..self }
    }

    /// The same with answers that were given before.
    #[must_use]
    pub fn remembering(self, cache: Cache) -> Self {
        let flights = Flights::new(cache, self.metrics.cache_meter("answers"));
        let kept = Arc::clone(&flights);
        self.metrics.watch_kept_bytes(move || kept.bytes());
        Self { flights: Some(flights), ..self }
    }

    /// Who may ask.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Answers by another catalog from here on. Requests under way keep theirs.
    pub fn replace(&self, catalog: Catalog, summary: SummaryConfig) {
        let plan = Plan::new(catalog, summary, &self.metrics);
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// The models that can be asked for.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.plan().catalog
    }

    fn plan(&self) -> Plan {
        self.plan.read().unwrap_or_else(PoisonError::into_inner).clone()
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
        let plan = self.plan();
        let chosen = plan.choose(&mut request, caller);
        caller.restrict(&mut request);
        plan.restrict(&mut request);
        let repeat = self.repeat(&mut request, caller);
        let repeated = repeat.as_ref().map(|repeat| Arc::clone(&repeat.happened));
        let meter = self.metrics.meter(&request.model, request.stream);
        let tally = Tally::new(&request.id, meter, std::mem::take(&mut request.trace));
        // Opened before the work begins: a client may leave before its first step.
        let mut ledger = Ledger::new(&request, Arc::clone(&tally));
        let allowed = async {
            let chosen = chosen?;
            let lease = self.access.begin(caller, &request, &tally).await?;
            Ok((chosen, lease, plan.way(&request)?))
        };
        let (chosen, lease, way) = allowed.await.inspect_err(|failure| ledger.failed(failure))?;
        let deadline = request.arrived + way.deadline;
        let (outbox, inbox) = Outbox::new(encoder, &request, deadline, Arc::clone(&tally));
        let request = Arc::new(request);
        let (summary, cache) = (plan.summary, plan.cache);
        let (scope, lease) = (caller.scope(), Some(lease));
        let job = Job { request, way, summary, cache, scope, deadline, tally, lease, repeat };
        let work = start(job.run(ledger, outbox, self.stopping.clone()));
        let Inbox { commit, frames } = inbox;
        match commit.await {
            Ok(Ok(())) => Ok(Frames { frames, repeated, chosen, _work: work }),
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::internal()),
        }
    }

    /// Whether this may be an answer that was given before, and which.
    fn repeat(&self, request: &mut ChatRequest, caller: &Caller) -> Option<Repeat> {
        let wish = take_wish(&mut request.members);
        let flights = self.flights.as_ref().filter(|_| may_repeat(request, wish))?;
        let digest = fingerprint(request, caller);
        Some(Repeat { flights: Arc::clone(flights), digest, happened: Arc::default() })
    }

    /// Ends every open stream, each with a fatal event.
    pub fn stop_streams(&self) {
        self.stopping.cancel();
    }

    /// Whether each server can be reached, by its name.
    pub fn upstream_health(&self) -> BoxFuture<'static, Vec<(String, Health)>> {
        let look =
            async |server: Arc<Server>| (server.name.clone(), server.upstream.health().await);
        join_all(self.catalog().servers().into_iter().map(look)).boxed()
    }

    /// The models that can be asked for: those of the catalog, or else what the servers say.
    ///
    /// # Errors
    /// When none of the servers can be asked, or its answer not be read.
    pub fn models(&self) -> BoxFuture<'static, Result<Vec<Model>, Failure>> {
        let catalog = self.catalog();
        async move {
            if !catalog.names().is_empty() {
                return Ok(catalog.models(catalog.names()));
            }
            let servers = catalog.servers().into_iter();
            let lists = servers.map(async |server| server.upstream.models().await);
            let (heard, silent): (Vec<_>, Vec<_>) =
                join_all(lists).await.into_iter().partition(Result::is_ok);
            match silent.into_iter().next() {
                Some(Err(error)) if heard.is_empty() => {
                    Err(Failure::upstream(Stage::Gateway, &error))
                }
                _ => Ok(heard.into_iter().flatten().flatten().map(Model::of).collect()),
            }
        }
        .boxed()
    }
}

/// One request's work.
struct Job {
    request: Arc<ChatRequest>,
    way: Way,
    summary: Arc<SummaryConfig>,
    cache: Option<Arc<PromptCache>>,
    /// Whose summaries may be shared with this request.
    scope: Option<[u8; 32]>,
    deadline: Instant,
    tally: Arc<Tally>,
    lease: Option<Lease>,
    repeat: Option<Repeat>,
}

/// An answer that may have been given before.
struct Repeat {
    flights: Arc<Flights>,
    digest: Digest,
    /// It was.
    happened: Arc<AtomicBool>,
}

impl Job {
    async fn run(mut self, mut ledger: Ledger, mut outbox: Outbox, stopping: CancellationToken) {
        let known = select! {
            known = self.known(&mut outbox) => known,
            () = stopping.cancelled() => None,
        };
        if let Some(told) = known {
            return self.tell_again(told, ledger, outbox).await;
        }
        let mut turn = self.turn();
        let commit = if self.request.stream { outbox.commit_rule() } else { Commit::AtTheEnd };
        let stopped = select! {
            biased;
            caught = AssertUnwindSafe(pipeline::answer(&mut turn, &mut outbox, commit)).catch_unwind() => {
                caught.unwrap_or(Err(Stop::Panicked))
            }
            () = stopping.cancelled() => Err(Stop::ShuttingDown),
        };
        let done = turn.done();
        // The end may wait for the client; no call upstream waits with it.
        drop(turn);
        // Whoever has heard the end finds it charged.
        drop(self.lease.take());
        let sent = match self.failure(stopped) {
            Ok(None) => {
                let finish_reason = done.finish_reason.clone();
                let sent = outbox.finish(done).await;
                sent.map(|()| ledger.finished(&finish_reason))
            }
            Ok(Some(failure)) => {
                ledger.failed(&failure);
                let finish_reason = FinishReason::Error;
                outbox.fail(failure, Done { finish_reason, ..done }).await
            }
            Err(unsent) => Err(unsent),
        };
        if sent.is_err() {
            debug!(request_id = self.request.id, "nobody reads the answer any more");
        }
    }

    /// The answer, if it was given before, or is being given to somebody else.
    async fn known(&self, outbox: &mut Outbox) -> Option<Vec<Told>> {
        let repeat = self.repeat.as_ref()?;
        let kept = match repeat.flights.join(repeat.digest).await {
            Joined::Known(kept) => kept,
            Joined::Follow(result) => self.follow(result, outbox).await?,
            Joined::Lead(lead) => {
                outbox.record(Recorder::new(lead));
                return None;
            }
        };
        recording::read(&kept)
    }

    /// Waits for somebody else's answer, as long as there is time; the status does not wait as long.
    async fn follow(&self, result: Awaited, outbox: &mut Outbox) -> Option<Bytes> {
        let mut followed = pin!(timeout_at(self.deadline, follow(result)));
        if self.request.stream && outbox.commit_rule() == Commit::Early {
            let open = self.request.arrived + MAX_OPEN_STATUS;
            if let Ok(followed) = timeout_at(open, followed.as_mut()).await {
                return followed.ok()?;
            }
            outbox.commit();
        }
        followed.await.ok()?
    }

    /// Tells an answer again.
    async fn tell_again(mut self, told: Vec<Told>, mut ledger: Ledger, mut outbox: Outbox) {
        if let Some(repeat) = &self.repeat {
            repeat.happened.store(true, Ordering::Relaxed);
        }
        self.tally.trace.happened(names::REPEATED);
        drop(self.lease.take());
        let total = self.request.arrived.elapsed().as_millis();
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        outbox.commit();
        for part in told {
            let sent = match part {
                Told::Event(Event::OutputDone(done)) => {
                    ledger.finished(&done.finish_reason);
                    outbox.finish(recording::again(done, total)).await
                }
                Told::Event(event) => outbox.tell(|outbox| outbox.push(&event)).await,
                Told::ToolCalls(parts) => {
                    outbox.tell(|outbox| outbox.push_part(Part::ToolCalls(parts))).await
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }

    fn turn(&self) -> Turn {
        let (request, way) = (&self.request, &self.way);
        let ask = Ask {
            targets: way.targets.clone(),
            request: Arc::clone(request),
            tally: Arc::clone(&self.tally),
        };
        self.tally.await_token(Stopwatch::start(&way.speed));
        let answer = Answer::start(ask, Clock::new(request.arrived, way.deadline));
        let summaries = Summaries::start(Summariser {
            writers: way.writers.clone(),
            cache: self.cache.clone(),
            scope: self.scope,
            config: Arc::clone(&self.summary),
            request: Arc::clone(request),
            tally: Arc::clone(&self.tally),
            deadline: self.deadline,
            language: OnceLock::new(),
        });
        let raw = Raw::new(request.summaries.visibility == Some(Visibility::Raw));
        Turn::new(answer, summaries, request.arrived, Arc::clone(&self.tally), raw)
    }

    /// What the client is told of an early end; nothing, if there was none.
    fn failure(&self, stopped: Result<(), Stop>) -> Result<Option<Failure>, Unsent> {
        let failed = |error| Ok(Some(Failure::upstream(Stage::UpstreamStream, &error)));
        match stopped {
            Ok(()) => Ok(None),
            Err(Stop::Gone) => Err(Unsent::Gone),
            Err(Stop::Late) => failed(UpstreamError::DeadlinePassed(self.way.deadline)),
            Err(Stop::Failed(error)) => failed(error),
            Err(Stop::ShuttingDown) => Ok(Some(Failure::shutting_down())),
            Err(Stop::Panicked) => {
                error!(request_id = self.request.id, "the pipeline panicked");
                Ok(Some(Failure::internal()))
            }
        }
    }
}
