//! One request's work: an answer that was given before, or the calls, and exactly one terminal event.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::FutureExt;
use reasoning_stream::{Done, Event, FinishReason, Stage};
use tokio::select;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use super::answer::Answer;
use super::answer::ask::Ask;
use super::cache::PromptCache;
use super::clock::Clock;
use super::failure::Failure;
use super::flights::{Awaited, Flights, Joined, follow};
use super::lease::Lease;
use super::ledger::{Ledger, Tally};
use super::outbox::{Commit, Outbox, Part, Unsent};
use super::pipeline::{self, Stop};
use super::plan::Way;
use super::recording::{self, Recorder, Told};
use super::request::{ChatRequest, Visibility};
use super::seldom::Seldom;
use super::speed::Stopwatch;
use super::summaries::Summaries;
use super::summary::{Summariser, SummaryConfig};
use super::turn::thoughts::Raw;
use super::turn::{MAX_OPEN_STATUS, Turn};
use crate::store::digest::Digest;
use crate::traces::names;
use crate::upstream::error::UpstreamError;

/// One request's work.
pub(super) struct Job {
    pub(super) request: Arc<ChatRequest>,
    pub(super) way: Way,
    pub(super) summary: Arc<SummaryConfig>,
    pub(super) cache: Option<Arc<PromptCache>>,
    /// Whose summaries may be shared with this request.
    pub(super) scope: Option<[u8; 32]>,
    pub(super) tally: Arc<Tally>,
    pub(super) lease: Option<Box<Lease>>,
    pub(super) repeat: Option<Repeat>,
}

/// An answer that may have been given before.
pub(super) struct Repeat {
    pub(super) flights: Arc<Flights>,
    pub(super) digest: Digest,
    /// It was.
    pub(super) happened: Arc<AtomicBool>,
}

impl Job {
    /// When it must be over.
    fn deadline(&self) -> Instant {
        self.request.arrived + self.way.deadline
    }

    /// Does it all. A request's memory is that of its longest step, the answer's: what few requests do, and
    /// what comes before and after the answer, stands in boxes.
    #[expect(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice")]
    pub(super) fn run(
        mut self,
        ledger: Ledger,
        mut outbox: Outbox,
        stopping: CancellationToken,
    ) -> impl Future<Output = ()> + Send {
        async move {
            if self.repeat.is_some() {
                let known = select! {
                    known = self.known(&mut outbox).boxed() => known,
                    () = stopping.cancelled() => None,
                };
                if let Some(told) = known {
                    return self.tell_again(told, ledger, outbox).boxed().await;
                }
            }
            let (stopped, done) = self.answer(&mut outbox, &stopping).await;
            // Whoever has heard the end finds it charged.
            drop(self.lease.take());
            self.end(stopped, done, ledger, outbox).boxed().await;
        }
    }

    /// Makes the calls, and tells what they bring. None goes on after that: the end may wait for
    /// the client.
    async fn answer(
        &self,
        outbox: &mut Outbox,
        stopping: &CancellationToken,
    ) -> (Result<(), Stop>, Done) {
        let mut turn = self.turn();
        let commit = if self.request.stream { outbox.commit_rule() } else { Commit::AtTheEnd };
        let mut word = Seldom::new(stopping.cancelled().boxed());
        let stopped = select! {
            biased;
            caught = AssertUnwindSafe(pipeline::answer(&mut turn, outbox, commit)).catch_unwind() => {
                caught.unwrap_or(Err(Stop::Panicked))
            }
            () = poll_fn(|cx| word.poll(cx, |_| stopping.is_cancelled())) => {
                Err(Stop::ShuttingDown)
            }
        };
        (stopped, turn.done())
    }

    /// Tells how it ended.
    async fn end(
        &self,
        stopped: Result<(), Stop>,
        done: Done,
        mut ledger: Ledger,
        mut outbox: Outbox,
    ) {
        let sent = match self.failure(stopped) {
            Ok(None) => {
                let finish_reason = done.finish_reason.clone();
                let sent = outbox.finish(done).await;
                sent.map(|()| ledger.finished(&finish_reason))
            }
            Ok(Some(failure)) => {
                ledger.failed(&failure);
                let finish_reason = FinishReason::Error;
                outbox.fail(failure, Done { finish_reason, ..done }).boxed().await
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
        let mut followed = pin!(timeout_at(self.deadline(), follow(result)));
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
            deadline: self.deadline(),
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
                error!("the pipeline panicked");
                Ok(Some(Failure::internal()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Job;

    fn size<A, B, C, D, F>(_: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    /// Each open stream holds one of these for as long as it lasts, and each token has it fetched. With
    /// what the runtime and `Prefetched` add, so many bytes still fill an allocation of 2.5 KiB.
    #[test]
    fn a_requests_work_is_small() {
        let bytes = size(Job::run);
        assert!(bytes <= 2_440, "{bytes} bytes");
    }
}
