//! One request while it runs: the answer being read, the summaries being written.
//!
//! ```text
//!  Answer ──pieces──┬─▶ thoughts ──▶ call C
//!                   └─▶ answer text ──▶ ready, until the pipeline sends it
//! ```
//!
//! Nothing here sends, and nothing decides about order: that is `pipeline`.

mod delivery;
mod pace;
pub(super) mod thoughts;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use reasoning_stream::{Done, FinishReason, Piece, Timings};
use tokio::time::{Instant, sleep_until};

use self::pace::Pace;
use self::thoughts::Raw;
use super::answer::Answer;
use super::answer::stage::Progress;
use super::ledger::Tally;
use super::outbox::{Commit, Part};
use super::said::Said;
use super::summaries::Summaries;
use super::summary::writing::Outcome;
use super::usage::with_calls;
use crate::upstream::error::UpstreamError;

/// The longest that the HTTP status stays open.
pub(super) const MAX_OPEN_STATUS: Duration = Duration::from_secs(15);
/// Once the head is there, the first bytes get this long to be no fault.
const FIRST_BYTES: Duration = Duration::from_millis(50);
/// The longest reasoning.
const MAX_REASONING: usize = 1024 * 1024;
/// The longest time of reasoning.
const MAX_REASONING_TIME: Duration = Duration::from_secs(300);
/// The longest answer.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// Reasoning may end and go on. So many times call C begins at its end, then only at the answer.
const MAX_EARLY_SUMMARIES: u32 = 3;

/// One request while it runs. Memory holds the parts in this order: what each token needs stands
/// together, from the end of `said` to the beginning of `answer`.
#[repr(C)]
pub(super) struct Turn {
    summaries: Summaries,
    timings: Timings,
    arrived: Instant,
    raw: Raw,
    /// A failure that is told once all that is ready was sent.
    failure: Option<UpstreamError>,
    tally: Arc<Tally>,
    said: Said,
    ready: Vec<Part>,
    ready_bytes: usize,
    pace: Pace,
    flow: Flow,
    over: bool,
    /// Whether all that came was heard: the task that runs this is woken for more.
    is_listening: bool,
    barrier_passed: bool,
    /// Whether text of the answer has come. The timings tell, too, but no token has to fetch them.
    has_text: bool,
    /// Whether any was sent, likewise.
    has_sent: bool,
    answer: Answer,
}

/// How far the call that counts has come, as the HTTP status sees it.
#[derive(Clone, Copy)]
enum Flow {
    Awaited,
    Opened(Instant),
    Flowing,
}

impl Turn {
    pub(super) fn new(
        answer: Answer,
        summaries: Summaries,
        arrived: Instant,
        tally: Arc<Tally>,
        raw: Raw,
    ) -> Self {
        Self {
            answer,
            said: Said::nothing(summaries.max_reasoning_chars()),
            ready: Vec::new(),
            ready_bytes: 0,
            over: false,
            is_listening: false,
            failure: None,
            barrier_passed: false,
            flow: Flow::Awaited,
            summaries,
            arrived,
            timings: Timings::default(),
            tally,
            raw,
            pace: Pace::default(),
            has_text: false,
            has_sent: false,
        }
    }

    /// Until the HTTP status need not stay open: the answer flows, or the prompt summary is there
    /// and may be shown, or it took too long. A failure before that is a real HTTP error.
    pub(super) async fn committed(&mut self, commit: Commit) -> Result<(), UpstreamError> {
        let mut timer = pin!(sleep_until(self.arrived + MAX_OPEN_STATUS));
        poll_fn(|cx| {
            if let Poll::Ready(error) = self.poll_drive(cx) {
                return Poll::Ready(Err(error));
            }
            let prompt_ready = self.summaries.poll_prompt(cx).is_ready()
                && commit == Commit::Early
                && self.summaries.is_prompt_written();
            let due = match self.flow {
                Flow::Awaited => self.arrived + MAX_OPEN_STATUS,
                Flow::Opened(at) => (at + FIRST_BYTES).min(self.arrived + MAX_OPEN_STATUS),
                Flow::Flowing => return Poll::Ready(Ok(())),
            };
            if prompt_ready {
                return Poll::Ready(Ok(()));
            }
            if timer.deadline() != due {
                timer.as_mut().reset(due);
            }
            timer.as_mut().poll(cx).map(Ok)
        })
        .await
    }

    /// The prompt summary; nothing if it is not wanted.
    pub(super) async fn prompt_summary(&mut self) -> Result<Option<Outcome>, UpstreamError> {
        poll_fn(|cx| {
            if let Poll::Ready(error) = self.poll_drive(cx) {
                return Poll::Ready(Err(error));
            }
            ready!(self.summaries.poll_prompt(cx));
            let done = self.summaries.take_prompt();
            self.timings.prompt_summary = done.as_ref().map(|done| self.since_arrival(done.at));
            Poll::Ready(Ok(done))
        })
        .await
    }

    /// The reasoning summary; nothing if it is not wanted, and then this waits for the answer itself.
    pub(super) async fn reasoning_summary(&mut self) -> Result<Option<Outcome>, UpstreamError> {
        poll_fn(|cx| {
            // Driven first: reasoning that goes on takes back the summary that was begun.
            if let Poll::Ready(error) = self.poll_drive(cx) {
                return Poll::Ready(Err(error));
            }
            if !self.summaries.wants_reasoning() {
                let answered = self.over || !self.ready.is_empty();
                return if answered { Poll::Ready(Ok(None)) } else { Poll::Pending };
            }
            if !self.said.reasoning_ended {
                return Poll::Pending;
            }
            let thought = || self.said.thought(&self.timings);
            let done = ready!(self.summaries.poll_reasoning(cx, thought));
            if !self.said.thoughts.is_blank() {
                self.timings.reasoning_summary = Some(self.since_arrival(done.at));
            }
            Poll::Ready(Ok(Some(done)))
        })
        .await
    }

    /// From here on the client sees the answer, and what fails has failed.
    pub(super) fn pass_barrier(&mut self) {
        self.barrier_passed = true;
        self.answer.pass_barrier();
    }

    /// What is known at the end.
    pub(super) fn done(&mut self) -> Done {
        self.timings.total = Some(self.since_arrival(Instant::now()));
        let mut usage = self.said.usage.take().map(|usage| *usage);
        if self.summaries.is_live() {
            usage = Some(with_calls(usage, &self.tally, self.said.thoughts.total()));
        }
        Done {
            finish_reason: self.said.finish.clone().unwrap_or(FinishReason::Error),
            usage,
            timings: self.timings,
            warnings: self.said.warnings(),
            attempts: self.tally.attempts(),
            tool_calls: std::mem::take(&mut self.said.tool_calls),
        }
    }

    /// Goes on with all that can go on. Ready only with a failure of the answer.
    fn poll_drive(&mut self, cx: &mut Context<'_>) -> Poll<UpstreamError> {
        let driven = self.poll_answer(cx);
        if !self.barrier_passed {
            self.summaries.poll_live(cx);
        }
        driven
    }

    /// Reads on, as far as there is something to read and room for it.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<UpstreamError> {
        self.is_listening = false;
        self.answer.begin_turn();
        while !self.over && self.has_room() {
            let Poll::Ready(heard) = self.answer.poll_next(cx) else {
                self.is_listening = true;
                break;
            };
            if let Err(error) = heard.and_then(|progress| self.note(progress)) {
                return Poll::Ready(error);
            }
        }
        Poll::Pending
    }

    fn note(&mut self, progress: Progress) -> Result<(), UpstreamError> {
        match progress {
            Progress::Opened => self.flow = Flow::Opened(Instant::now()),
            Progress::Flowing => self.flow = Flow::Flowing,
            Progress::Retrying => {
                self.flow = Flow::Awaited;
                self.begin_anew();
            }
            Progress::Restarting => self.begin_anew(),
            Progress::Piece(piece) => {
                self.flow = Flow::Flowing;
                return self.hear(piece);
            }
            Progress::Finished => {
                self.over = true;
                self.end_reasoning();
                self.start_summary();
                self.summaries.answer_waits();
            }
        }
        Ok(())
    }

    fn begin_anew(&mut self) {
        self.said = Said::nothing(self.summaries.max_reasoning_chars());
        self.summaries.begin_anew();
        self.raw.take();
        self.ready.clear();
        self.ready_bytes = 0;
        (self.has_text, self.has_sent) = (false, false);
        let Timings { prompt_summary, first_live, .. } = self.timings;
        self.timings = Timings { prompt_summary, first_live, ..Timings::default() };
    }

    fn hear(&mut self, piece: Piece) -> Result<(), UpstreamError> {
        match piece {
            Piece::Reasoning(text) => self.hear_reasoning(&text),
            Piece::Retract(bytes) => {
                self.said.thoughts.retract(bytes);
                self.summaries.retract(bytes);
                self.raw.retract(bytes);
            }
            Piece::ReasoningEnd => self.end_reasoning(),
            Piece::Answer(text) => self.hear_answer(text),
            Piece::ToolCalls(parts) => self.hear_tool_calls(parts),
            Piece::Finish(reason) => self.said.finish(reason),
            Piece::Usage(usage) => self.said.usage = Some(usage),
            Piece::Warning(warning) => self.said.warn(warning.as_str()),
            // `Answer` turns these into progress or a failure.
            Piece::Done | Piece::Fault(_) => {}
        }
        if self.said.answer_bytes > MAX_ANSWER {
            return Err(UpstreamError::OutputLimit { limit: MAX_ANSWER });
        }
        Ok(())
    }

    fn hear_reasoning(&mut self, text: &str) {
        if self.barrier_passed || self.said.answered {
            return self.said.warn("late_reasoning");
        }
        self.summaries.hear(text, std::mem::take(&mut self.said.reasoning_ended));
        let now = self.since_arrival(Instant::now());
        let began = *self.timings.first_reasoning.get_or_insert(now);
        self.said.thoughts.push(text);
        self.raw.hear(text);
        let limit = if self.said.thoughts.total() > MAX_REASONING {
            "1 MiB"
        } else if Duration::from_millis(now - began) > MAX_REASONING_TIME {
            "300 seconds"
        } else {
            return;
        };
        self.answer.stop();
        self.over = true;
        self.failure = Some(UpstreamError::ReasoningLimit(limit));
        self.end_reasoning();
    }

    fn end_reasoning(&mut self) {
        if self.said.reasoning_ended {
            return;
        }
        self.said.reasoning_ended = true;
        self.timings.reasoning_end = Some(self.since_arrival(Instant::now()));
        if self.summaries.begun() < MAX_EARLY_SUMMARIES || self.over {
            self.start_summary();
        }
    }

    fn start_summary(&mut self) {
        self.summaries.start_reasoning(|| self.said.thought(&self.timings));
    }

    fn since_arrival(&self, at: Instant) -> u64 {
        u64::try_from((at - self.arrived).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::Turn;

    /// 64 bytes are fetched at once, and with thousands of streams none of them is in the cache.
    #[test]
    fn what_each_token_needs_stands_together() {
        let before_the_answer = offset_of!(Turn, answer) - offset_of!(Turn, ready);
        assert!(before_the_answer <= 2 * 64, "{before_the_answer}");
    }
}
