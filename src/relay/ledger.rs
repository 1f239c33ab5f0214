//! What is counted while a request runs, and the one log line that is written when its work ends.

use std::mem::offset_of;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reasoning_stream::{Attempts, FinishReason, Piece, Usage};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::access_line::{AccessLine, Tokens};
use super::digest::digest;
use super::estimate::tokens_of_bytes;
use super::failure::Failure;
use super::prefetch::Place;
use super::request::ChatRequest;
use super::speed::Stopwatch;
use crate::metrics::meter::{Again, Calls, Ending, Meter};
use crate::traces::names;
use crate::traces::trace::{End, Trace};

/// Counts of one request, shared by the parts that count. In the order in which memory holds them:
/// what each token needs stands together.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Tally {
    /// The request's id.
    pub(super) request_id: Arc<str>,
    /// Bytes that the model has said.
    said: AtomicU64,
    /// Where all of it is measured.
    pub(super) meter: Meter,
    /// Bytes that the model has thought.
    thought: AtomicU64,
    /// Where it is told step by step.
    pub(super) trace: Trace,
    /// The prompt summary.
    pub(super) prompt: Counts,
    /// Calls for the answer.
    pub(super) answer: AtomicU32,
    /// The reasoning summary, all parts of it.
    pub(super) reasoning: Counts,
    /// Summaries that quoted the reasoning, and were stopped.
    pub(super) leaks: AtomicU32,
    /// Milliseconds to the first text of the answer that was sent, plus one; nothing yet is 0.
    first_text: AtomicU64,
    /// Tokens that the upstream counted for the answer.
    counted: Counted,
    /// Until the first token.
    stopwatch: Mutex<Option<Stopwatch>>,
    is_committed: AtomicBool,
}

/// Tokens of a call, each plus one; what is not known is 0.
#[derive(Debug, Default)]
struct Counted {
    input: AtomicU64,
    output: AtomicU64,
    total: AtomicU64,
}

impl Counted {
    fn note(&self, usage: &Usage) {
        let both = usage.prompt_tokens.zip(usage.completion_tokens);
        let total = usage.total_tokens.or(both.map(|(prompt, completion)| prompt + completion));
        for (place, tokens) in [
            (&self.input, usage.prompt_tokens),
            (&self.output, usage.completion_tokens),
            (&self.total, total),
        ] {
            if let Some(tokens) = tokens {
                place.store(tokens.saturating_add(1), Ordering::Relaxed);
            }
        }
    }

    fn tokens(&self) -> Tokens {
        Tokens { input: known(&self.input), output: known(&self.output) }
    }
}

/// What stands in a place that holds its number plus one.
fn known(place: &AtomicU64) -> Option<u64> {
    place.load(Ordering::Relaxed).checked_sub(1)
}

/// What one summary took.
#[derive(Debug, Default)]
pub(super) struct Counts {
    calls: AtomicU32,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
    /// Calls whose tokens the upstream has counted.
    counted: AtomicU32,
}

impl Counts {
    /// Notes a call, and tells the how-manyth it is.
    pub(super) fn called(&self) -> u32 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Notes the tokens of a call, if the upstream has counted them.
    pub(super) fn used(&self, usage: Option<&Usage>) {
        let Some(usage) = usage else { return };
        self.counted.fetch_add(1, Ordering::Relaxed);
        let add = |sum: &AtomicU64, tokens: Option<u64>| {
            sum.fetch_add(tokens.unwrap_or_default(), Ordering::Relaxed)
        };
        add(&self.prompt_tokens, usage.prompt_tokens);
        add(&self.completion_tokens, usage.completion_tokens);
    }

    /// All tokens that the upstream has counted.
    fn sum(&self) -> u64 {
        self.prompt_tokens.load(Ordering::Relaxed) + self.completion_tokens.load(Ordering::Relaxed)
    }

    /// The tokens, where the upstream has counted any.
    fn tokens(&self) -> Tokens {
        let is_counted = self.counted.load(Ordering::Relaxed) > 0;
        let of = |sum: &AtomicU64| is_counted.then(|| sum.load(Ordering::Relaxed));
        Tokens { input: of(&self.prompt_tokens), output: of(&self.completion_tokens) }
    }

    /// The calls and their tokens; nothing where no call was made.
    pub(super) fn usage(&self) -> Option<Value> {
        let calls = self.calls.load(Ordering::Relaxed);
        let mut usage = Map::from_iter([("calls".to_owned(), calls.into())]);
        if self.counted.load(Ordering::Relaxed) > 0 {
            for (name, sum) in [
                ("prompt_tokens", &self.prompt_tokens),
                ("completion_tokens", &self.completion_tokens),
            ] {
                usage.insert(name.to_owned(), sum.load(Ordering::Relaxed).into());
            }
        }
        (calls > 0).then_some(usage.into())
    }
}

impl Tally {
    /// Nothing has happened yet.
    pub(super) fn new(request_id: &str, meter: Meter, trace: Trace) -> Arc<Self> {
        Arc::new(Self {
            request_id: Arc::from(request_id),
            meter,
            trace,
            prompt: Counts::default(),
            answer: AtomicU32::default(),
            reasoning: Counts::default(),
            leaks: AtomicU32::default(),
            first_text: AtomicU64::default(),
            thought: AtomicU64::default(),
            said: AtomicU64::default(),
            counted: Counted::default(),
            stopwatch: Mutex::default(),
            is_committed: AtomicBool::default(),
        })
    }

    /// Has fetched what each token needs.
    pub(super) fn fetch(&self) {
        Place::from(self, offset_of!(Self, trace)).fetch();
    }

    /// Measures from here on how soon the first token comes.
    pub(super) fn await_token(&self, stopwatch: Stopwatch) {
        *self.stopwatch.lock().unwrap_or_else(PoisonError::into_inner) = Some(stopwatch);
    }

    fn token_came(&self) {
        let awaited = self.stopwatch.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stopwatch) = awaited {
            stopwatch.stop();
        }
    }

    /// Notes that the HTTP status is 200 from here on.
    pub(super) fn commit(&self) {
        self.is_committed.store(true, Ordering::Relaxed);
        self.trace.happened(names::COMMIT);
    }

    /// Calls made so far.
    pub(super) fn attempts(&self) -> Attempts {
        let of = |count: &AtomicU32| count.load(Ordering::Relaxed);
        Attempts { a: of(&self.prompt.calls), b: of(&self.answer), c: of(&self.reasoning.calls) }
    }

    /// Notes when the first text of the answer was sent, in milliseconds.
    pub(super) fn first_text_sent(&self, at_ms: u64) {
        self.first_text.store(at_ms + 1, Ordering::Relaxed);
        self.meter.first_answer(Duration::from_millis(at_ms));
        self.trace.happened(names::FIRST_ANSWER);
    }

    /// Notes that the answer is asked for again; tokens of the call before may have flowed.
    pub(super) fn note_retry(&self, flowed: bool) {
        self.meter.repeated(if flowed { Again::Restart } else { Again::Retry });
        self.trace.happened(if flowed { names::RESTART } else { names::RETRY });
    }

    /// Notes that the answer is asked for elsewhere.
    pub(super) fn note_failover(&self) {
        self.meter.repeated(Again::Failover);
        self.trace.happened(names::FAILOVER);
    }

    /// Measures what is known at the end alone.
    fn end(&self, ending: Ending<'_>, took: Duration) {
        self.meter.ended(ending, self.attempts(), took);
        self.meter.leaked(self.leaks.load(Ordering::Relaxed));
        for (calls, counts) in [(Calls::Prompt, &self.prompt), (Calls::Reasoning, &self.reasoning)]
        {
            self.meter.used(calls, "input", counts.prompt_tokens.load(Ordering::Relaxed));
            self.meter.used(calls, "output", counts.completion_tokens.load(Ordering::Relaxed));
        }
    }

    /// Notes what the model says.
    pub(super) fn hear(&self, piece: &Piece) {
        match piece {
            Piece::Reasoning(text) => self.add(&self.thought, text),
            Piece::Answer(text) => self.add(&self.said, text),
            Piece::ToolCalls(_) => self.token_came(),
            Piece::Usage(usage) => self.counted.note(usage),
            Piece::Retract(_)
            | Piece::ReasoningEnd
            | Piece::Finish(_)
            | Piece::Warning(_)
            | Piece::Done
            | Piece::Fault(_) => {}
        }
    }

    fn add(&self, sum: &AtomicU64, text: &str) {
        if sum.fetch_add(text.len() as u64, Ordering::Relaxed) == 0 {
            self.token_came();
        }
    }

    /// The tokens that were used: what the upstream counted, else an estimate for a prompt that was
    /// estimated so; and those of the summaries. A request that called nobody used none.
    pub(super) fn tokens(&self, prompt: u64) -> u64 {
        if self.answer.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        let [thought, said] = self.heard();
        let said = tokens_of_bytes(thought + said);
        let counted = known(&self.counted.total);
        counted.unwrap_or(prompt + said) + self.prompt.sum() + self.reasoning.sum()
    }

    /// Bytes of reasoning, and of answers.
    fn heard(&self) -> [u64; 2] {
        [&self.thought, &self.said].map(|sum| sum.load(Ordering::Relaxed))
    }

    fn ttft_ms(&self) -> Option<u64> {
        known(&self.first_text)
    }
}

/// What the log line will say. Dropped before the end is known, it says that the client has left.
pub(super) struct Ledger {
    arrived: Instant,
    /// Each open stream has a ledger in its task, where room is dear.
    asked: Box<Asked>,
    tally: Arc<Tally>,
    status: u16,
    code: String,
}

/// What the log line tells of the request itself.
struct Asked {
    path: String,
    prompt_bytes: usize,
    prompt_digest: String,
}

impl Ledger {
    pub(super) fn new(request: &ChatRequest, tally: Arc<Tally>) -> Self {
        let prompt = request.conversation();
        let asked = Box::new(Asked {
            path: request.path.clone(),
            prompt_bytes: prompt.len(),
            prompt_digest: digest(&prompt),
        });
        let (arrived, code) = (request.arrived, "client_left".to_owned());
        Self { arrived, asked, tally, status: 499, code }
    }

    /// The stream ended with the upstream's own reason.
    pub(super) fn finished(&mut self, finish_reason: &FinishReason) {
        (self.status, self.code) = (200, finish_reason.as_str().to_owned());
    }

    /// The request failed.
    pub(super) fn failed(&mut self, failure: &Failure) {
        (self.status, self.code) = (failure.status, failure.code.to_owned());
    }

    fn ending(&self) -> Ending<'_> {
        match self.status {
            200 => Ending::Finished(&self.code),
            499 => Ending::Left,
            _ if self.is_committed() => Ending::Broken(&self.code),
            _ => Ending::Refused(&self.code),
        }
    }

    /// The end as the trace has it, where the status is the one that was sent.
    fn end(&self) -> End<'_> {
        let status = if self.is_committed() { 200 } else { self.status };
        End { status, code: &self.code, is_error: self.status >= 500 }
    }

    fn is_committed(&self) -> bool {
        self.tally.is_committed.load(Ordering::Relaxed)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let took = self.arrived.elapsed();
        self.tally.end(self.ending(), took);
        self.tally.trace.end(self.end());
        let [reasoning_bytes, answer_bytes] = self.tally.heard();
        let line = AccessLine {
            request_id: &self.tally.request_id,
            path: &self.asked.path,
            model: self.tally.meter.model(),
            status: self.status,
            outcome: self.ending().outcome(),
            code: &self.code,
            attempts: self.tally.attempts(),
            prompt_tokens: self.tally.prompt.tokens(),
            answer_tokens: self.tally.counted.tokens(),
            reasoning_tokens: self.tally.reasoning.tokens(),
            leaks: self.tally.leaks.load(Ordering::Relaxed),
            prompt_bytes: self.asked.prompt_bytes,
            prompt_digest: &self.asked.prompt_digest,
            reasoning_bytes,
            answer_bytes,
            ttft_ms: self.tally.ttft_ms(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        };
        line.write();
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::Tally;

    #[test]
    fn what_each_token_needs_stands_together() {
        let needed = [
            offset_of!(Tally, request_id),
            offset_of!(Tally, said),
            offset_of!(Tally, meter),
            offset_of!(Tally, thought),
        ];
        assert!(needed.iter().all(|offset| *offset < offset_of!(Tally, trace)), "{needed:?}");
        assert!(offset_of!(Tally, trace) <= 64, "{}", offset_of!(Tally, trace));
    }
}
