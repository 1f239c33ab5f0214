//! Call B: one answer as a row of pieces, whatever happens to the calls behind it.
//!
//! ```text
//!            ┌──── retry, restart, next target, Waking ───┐
//!            ▼                                            │
//!  Waiting ─────▶ Calling ─────▶ Reading ─────▶ failed?      Reading ─────▶ Over
//! ```
//!
//! A failed call is made again as the policy allows: before the first token that is a retry, after
//! it a restart. The next target gets as many tries. Once the barrier is passed there is none of it.
//! Time is bounded to the head, to the first token, between content, and to the request's deadline.

pub mod ask;
pub(super) mod stage;
mod waking;

use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::StreamExt;
use reasoning_stream::{Piece, Reader, ReaderOptions, Warning};
use tokio::time::Instant;

use self::ask::{AnswerConfig, Ask};
use self::stage::{Ending, Heard, Progress, Stage};
use super::catalog::Target;
use super::clock::Clock;
use super::failure;
use super::guard::Permit;
use super::prefetch::Place;
use super::request::as_sent;
use crate::policy::breaker::Outcome;
use crate::policy::retry::{Failed, Verdict};
use crate::traces::call::{CallSpan, Purpose};
use crate::traces::names;
use crate::upstream;
use crate::upstream::error::{Quiet, UpstreamError};

/// How long the rest of a stream (usage, `[DONE]`) is awaited once the model has finished.
const TAIL: Duration = Duration::from_secs(2);

/// One answer. Memory holds the parts in this order: what each token needs stands together.
#[repr(C)]
pub(super) struct Answer {
    stage: Stage,
    heard: Heard,
    barrier_passed: bool,
    span: CallSpan,
    /// Time between content. The target that is asked tells, too, but no token has to fetch it.
    idle_timeout: Duration,
    ask: Ask,
    clock: Clock,
    reader: Reader,
    /// Which target is asked.
    at: usize,
    /// What it is asked.
    body: Bytes,
    /// How its stream is read.
    options: ReaderOptions,
    /// The right to the call under way.
    permit: Option<Permit>,
    /// Calls to this target.
    calls: u32,
    /// Calls to this target after its tokens had begun to flow.
    restarts: u32,
    /// Whether this target was to be woken.
    woken: bool,
}

impl Answer {
    /// Begins the first call.
    pub(super) fn start(ask: Ask, clock: Clock) -> Self {
        let mut answer = Self {
            at: 0,
            body: Bytes::new(),
            options: ask.targets[0].answer.reader,
            permit: None,
            span: CallSpan::default(),
            stage: Stage::Over,
            heard: Heard::Nothing,
            reader: Reader::new(ask.targets[0].answer.reader),
            clock,
            calls: 0,
            restarts: 0,
            woken: false,
            barrier_passed: false,
            idle_timeout: ask.targets[0].answer.idle_timeout,
            ask,
        };
        answer.turn_to(0);
        answer
    }

    /// Begins the first call to a target.
    fn turn_to(&mut self, at: usize) {
        (self.at, self.calls, self.restarts, self.woken) = (at, 0, 0, false);
        let (target, request) = (self.target(), &self.ask.request);
        target.server.guard.earn_retry();
        let capability = target.capability(&request.model);
        let options = ReaderOptions { capability, ..target.answer.reader };
        let idle_timeout = target.answer.idle_timeout;
        (self.options, self.body) = (options, as_sent(&request.answer_body(target)));
        self.idle_timeout = idle_timeout;
        self.call();
    }

    fn target(&self) -> &Target {
        &self.ask.targets[self.at]
    }

    fn config(&self) -> &AnswerConfig {
        &self.target().answer
    }

    /// Whether a call to a target would be refused at this moment.
    fn is_refused(&self, target: &Target) -> bool {
        target.server.guard.refuses(target.model(&self.ask.request.model))
    }

    /// From here on a failure is final, because the client has seen something.
    pub(super) fn pass_barrier(&mut self) {
        if !std::mem::replace(&mut self.barrier_passed, true) {
            self.ask.tally.trace.happened(names::BARRIER);
        }
        // No call will say it again.
        self.body = Bytes::new();
    }

    /// Says that nobody listened for a while, which was not the upstream's silence.
    pub(super) fn listen_again(&mut self) {
        let window = match self.heard {
            Heard::Nothing | Heard::Bytes => return,
            Heard::Tokens => self.idle_timeout,
            Heard::Finish => TAIL,
        };
        // What was read before the pause, and not yet taken, counts from here, too.
        if matches!(self.stage, Stage::Reading(_)) {
            self.clock.heard_at(Instant::now());
            self.clock.content(window);
        }
    }

    /// When bytes last came, or were last listened for.
    pub(super) const fn last_read(&self) -> Instant {
        self.clock.last_read()
    }

    /// Begins a turn of the task: what the next chunk will need beside it is fetched.
    pub(super) fn begin_turn(&mut self) {
        self.ask.tally.fetch();
        Place::of_bytes(self.reader.expected().as_bytes()).fetch();
        self.clock.begin_turn();
    }

    /// Ends the call now.
    pub(super) fn stop(&mut self) {
        (self.stage, self.permit, self.span) = (Stage::Over, None, CallSpan::default());
    }

    /// The next thing that happens. After `Finished`, or an error, nothing does.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Progress, UpstreamError>> {
        loop {
            if let Some(piece) = self.reader.pop() {
                return Poll::Ready(self.sift(piece));
            }
            if let Some(happened) = ready!(self.poll_stage(cx)) {
                return Poll::Ready(happened.or_else(|error| self.failed(error)));
            }
        }
    }

    /// One step of the machine; `None` when there is nothing to tell.
    fn poll_stage(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Progress, UpstreamError>>> {
        Poll::Ready(match &mut self.stage {
            Stage::Over => return Poll::Pending,
            Stage::Waiting => {
                ready!(self.clock.poll(cx));
                self.call();
                None
            }
            Stage::Calling(call) => match call.as_mut().poll(cx) {
                Poll::Ready(opened) => Some(opened.map(|answer| self.opened(answer))),
                Poll::Pending => Some(Err(ready!(self.clock.poll(cx)))),
            },
            Stage::Waking(waking, failed) => match waking.as_mut().poll(cx) {
                Poll::Ready(true) => {
                    self.record(Outcome::Neutral);
                    self.call();
                    None
                }
                Poll::Ready(false) => Some(Err(failed.clone())),
                Poll::Pending => {
                    ready!(self.clock.poll(cx));
                    Some(Err(UpstreamError::Asleep))
                }
            },
            Stage::Reading(bytes) => match bytes.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(bytes))) => self.read(&bytes),
                Poll::Ready(Some(Err(error))) => self.broke_off(error),
                Poll::Ready(None) => self.closed(),
                Poll::Pending => {
                    let silent = ready!(self.clock.poll(cx));
                    self.broke_off(silent)
                }
            },
            Stage::Ending(_) => self.ended(),
        })
    }

    fn call(&mut self) {
        self.heard = Heard::Nothing;
        match self.admit() {
            Ok(permit) => self.permit = Some(permit),
            Err(refused) => {
                self.stage = Stage::Ending(Ending::Broken(refused));
                return;
            }
        }
        self.calls += 1;
        self.clock.allow(Quiet::Headers, self.config().headers_timeout, Instant::now());
        let (tally, server) = (&self.ask.tally, &self.target().server);
        let attempt = tally.answer.fetch_add(1, Ordering::Relaxed) + 1;
        let (call, span) = server.call(tally, Purpose::Answer, attempt, &self.body);
        self.stage = Stage::Calling(server.upstream.stream(call));
        self.span = span;
    }

    /// The right to call, or why nobody is called.
    fn admit(&self) -> Result<Permit, UpstreamError> {
        let (server, request) = (&self.target().server, &self.ask.request);
        let unsupported = server.upstream.unsupported(&request.messages, &request.members);
        if let Some(unsupported) = unsupported {
            return Err(unsupported.into());
        }
        let admitted = server.guard.admit(self.target().model(&request.model));
        admitted.map_err(|retry_after| UpstreamError::CircuitOpen { retry_after })
    }

    fn opened(&mut self, answer: upstream::Answer) -> Progress {
        self.reader = Reader::new(ReaderOptions { framing: answer.framing, ..self.options });
        self.clock.allow(Quiet::FirstToken, self.config().first_token_timeout, Instant::now());
        self.stage = Stage::Reading(answer.bytes);
        Progress::Opened
    }

    fn read(&mut self, bytes: &[u8]) -> Option<Result<Progress, UpstreamError>> {
        self.reader.push(bytes);
        self.span.receive(bytes);
        self.ask.tally.meter.received(bytes.len());
        // The event that this becomes will name it.
        Place::of_bytes(self.ask.tally.request_id.as_bytes()).fetch();
        self.clock.heard_at(Instant::now());
        if self.heard > Heard::Nothing || bytes.is_empty() {
            return None;
        }
        self.heard = Heard::Bytes;
        // Told only if the first bytes hold nothing: a fault among them comes before the commit.
        Some(self.reader.pop().map_or(Ok(Progress::Flowing), |piece| self.sift(piece)))
    }

    /// Notes what a piece means for the call, and hands it on.
    fn sift(&mut self, piece: Piece) -> Result<Progress, UpstreamError> {
        self.ask.tally.hear(&piece);
        self.span.hear(&piece);
        match &piece {
            Piece::Reasoning(_) | Piece::Answer(_) | Piece::ToolCalls(_) => {
                self.heard = self.heard.max(Heard::Tokens);
                self.clock.content(self.idle_timeout);
            }
            Piece::Finish(_) => {
                self.heard = Heard::Finish;
                self.clock.content(TAIL);
            }
            Piece::Done => self.stage = Stage::Ending(Ending::Marked),
            Piece::Fault(fault) => return self.failed(fault.clone().into()),
            Piece::Retract(_) | Piece::ReasoningEnd | Piece::Usage(_) | Piece::Warning(_) => {}
        }
        Ok(Progress::Piece(piece))
    }

    fn closed(&mut self) -> Option<Result<Progress, UpstreamError>> {
        self.reader.finish();
        self.stage = Stage::Ending(Ending::Closed);
        None
    }

    /// What the reader still holds is worth having only if nothing can replace it.
    fn broke_off(&mut self, error: UpstreamError) -> Option<Result<Progress, UpstreamError>> {
        if !self.barrier_passed && self.heard < Heard::Finish {
            return Some(Err(error));
        }
        self.reader.finish();
        self.stage = Stage::Ending(Ending::Broken(error));
        None
    }

    fn ended(&mut self) -> Option<Result<Progress, UpstreamError>> {
        let Stage::Ending(ending) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return None;
        };
        Some(match (self.heard, ending) {
            (Heard::Finish, Ending::Marked) => {
                self.span.end(None);
                self.record(Outcome::Success);
                Ok(Progress::Finished)
            }
            (Heard::Finish, Ending::Closed | Ending::Broken(_)) => {
                // Told once, and then the end again, which is marked by then.
                self.stage = Stage::Ending(Ending::Marked);
                Ok(Progress::Piece(Piece::Warning(Warning::MissingDone)))
            }
            (_, Ending::Broken(error)) => Err(error),
            (Heard::Tokens, _) => Err(UpstreamError::Truncated),
            (Heard::Nothing | Heard::Bytes, _) => Err(UpstreamError::Empty),
        })
    }

    /// Arranges another call, or returns the error because there is none.
    fn failed(&mut self, error: UpstreamError) -> Result<Progress, UpstreamError> {
        self.stage = Stage::Over;
        self.reader = Reader::new(self.options);
        self.span.end(Some(failure::code(&error)));
        if let Some(waits) = self.wake(&error) {
            return Ok(waits);
        }
        self.record(if error.is_upstreams_fault() { Outcome::Failure } else { Outcome::Neutral });
        let flowed = self.heard >= Heard::Tokens;
        if self.barrier_passed || (flowed && self.config().max_restarts == 0) {
            return Err(error);
        }
        if let Some(wait) = self.wait_for_retry(&error, flowed) {
            self.restarts += u32::from(flowed);
            self.stage = Stage::Waiting;
            self.clock.allow(Quiet::Headers, wait, Instant::now());
            self.ask.tally.note_retry(flowed);
        } else if let Some(next) = self.next_target(&error) {
            self.ask.tally.note_failover();
            self.turn_to(next);
        } else {
            return Err(error);
        }
        Ok(if flowed { Progress::Restarting } else { Progress::Retrying })
    }

    /// How long to wait before the same target is asked again; none if it is not.
    fn wait_for_retry(&self, error: &UpstreamError, flowed: bool) -> Option<Duration> {
        let config = self.config();
        if !error.is_retryable() || (flowed && self.restarts >= config.max_restarts) {
            return None;
        }
        let failed = Failed {
            calls: self.calls,
            retry_after: error.retry_after(),
            left: self.clock.left(),
            chance: fastrand::f64(),
        };
        let Verdict::Retry(wait) = config.retry.decide(failed) else { return None };
        let refused = self.is_refused(self.target());
        (!refused && self.target().server.guard.spend_retry()).then_some(wait)
    }

    /// The next target that may be called, if that one could do better and there is time.
    fn next_target(&self, error: &UpstreamError) -> Option<usize> {
        if !error.may_differ_elsewhere() || self.clock.left().is_zero() {
            return None;
        }
        let rest = self.at + 1..self.ask.targets.len();
        rest.into_iter().find(|&at| !self.is_refused(&self.ask.targets[at]))
    }

    fn record(&mut self, outcome: Outcome) {
        if let Some(permit) = self.permit.take() {
            permit.record(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::{Answer, Reader};

    #[test]
    fn what_each_token_needs_stands_together() {
        assert!(offset_of!(Answer, reader) <= 5 * 64, "{}", offset_of!(Answer, reader));
        assert!(size_of::<Reader>() <= 9 * 64, "{}", size_of::<Reader>());
    }
}
