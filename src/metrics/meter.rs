//! What is measured of one chat request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reasoning_stream::{Attempts, Done, Event, Source, Stage, Timings};

use super::Metrics;
use super::labels::{
    ByCall, ByCode, ByKind, ByModel, ByOutcome, ByReason, BySource, ByTokens, Name,
};

/// Measures one chat request; while it lives, the request counts as open.
#[derive(Debug)]
pub struct Meter {
    metrics: Arc<Metrics>,
    model: Name,
    is_streamed: bool,
    /// The line of a live summary that comes next.
    next_line: AtomicU32,
}

/// Why a call for an answer is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Nothing had come of the one before.
    Retry,
    /// Tokens had come, and are void.
    Restart,
    /// Another target is asked.
    Failover,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending<'a> {
    /// With the upstream's own reason.
    Finished(&'a str),
    /// With an HTTP error of this code.
    Refused(&'a str),
    /// With a fatal event of this code, in a stream that had begun.
    Broken(&'a str),
    /// Its client left.
    Left,
}

/// Which of the three calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// For the summary of the prompt.
    Prompt,
    /// For the answer.
    Answer,
    /// For the summary of the reasoning.
    Reasoning,
}

impl Meter {
    pub(super) fn new(metrics: Arc<Metrics>, model: Name, is_streamed: bool) -> Self {
        metrics.families.open_streams.inc();
        Self { metrics, model, is_streamed, next_line: AtomicU32::default() }
    }

    /// The model as it is measured: a name of the configuration, or `other`.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Bytes of an answer came.
    pub fn received(&self, bytes: usize) {
        self.metrics.families.received_bytes.inc_by(bytes as u64);
    }

    /// Bytes of an answer were handed to the client's connection.
    pub fn sent(&self, bytes: usize) {
        self.metrics.families.sent_bytes.inc_by(bytes as u64);
    }

    /// The first event of a stream was sent, so long after the request arrived.
    pub fn first_event(&self, after: Duration) {
        if self.is_streamed {
            let by = self.by_model();
            self.metrics.families.first_event.get_or_create(&by).observe(after.as_secs_f64());
        }
    }

    /// The first text of a streamed answer was sent, so long after the request arrived.
    pub fn first_answer(&self, after: Duration) {
        if self.is_streamed {
            let by = self.by_model();
            self.metrics.families.first_answer.get_or_create(&by).observe(after.as_secs_f64());
        }
    }

    /// A call for the answer is made again.
    pub fn repeated(&self, again: Again) {
        let kind = match again {
            Again::Retry => "retry",
            Again::Restart => "restart",
            Again::Failover => "failover",
        };
        self.metrics.families.upstream_repeats.get_or_create(&ByKind { kind }).inc();
    }

    /// An event for the client, whatever its dialect makes of it.
    pub fn event(&self, event: &Event) {
        match event {
            Event::PromptSummary(summary) => self.summary(Calls::Prompt, summary.source),
            Event::ReasoningSummary(summary) => self.summary(Calls::Reasoning, summary.source),
            Event::Error(error) if !error.fatal => self.fallback(error.stage, &error.code),
            Event::OutputDone(done) => self.done(done),
            Event::ReasoningDelta(delta) => self.live_line(delta.index),
            Event::RawReasoning(_) | Event::OutputDelta(_) | Event::Error(_) => {}
        }
    }

    /// The first line of a live summary was sent, so long after the request arrived.
    pub fn first_live_line(&self, after: Duration) {
        let by = self.by_model();
        self.metrics.families.first_live_line.get_or_create(&by).observe(after.as_secs_f64());
    }

    /// A line comes in several pieces; its first one counts.
    fn live_line(&self, index: u32) {
        let next = index.saturating_add(1);
        if self.next_line.fetch_max(next, Ordering::Relaxed) < next {
            self.metrics.families.live_lines.inc();
        }
    }

    /// The upstream has counted so many tokens of a kind.
    pub fn used(&self, calls: Calls, kind: &'static str, count: u64) {
        if count > 0 {
            let by = ByTokens { call: calls.word(), model: Arc::clone(&self.model), kind };
            self.metrics.families.tokens.get_or_create(&by).inc_by(count);
        }
    }

    /// Summaries were stopped because they quoted the reasoning.
    pub fn leaked(&self, times: u32) {
        self.metrics.families.summary_leaks.inc_by(times.into());
    }

    /// The request is over, after so many calls and so long.
    pub fn ended(&self, ending: Ending<'_>, attempts: Attempts, took: Duration) {
        let families = &self.metrics.families;
        let (outcome, code) = ending.words();
        let by = ByOutcome { model: Arc::clone(&self.model), outcome };
        families.requests.get_or_create(&by).inc();
        if let Some(code) = code {
            families.failures.get_or_create(&ByCode { code: code.to_owned() }).inc();
        }
        families.request_duration.get_or_create(&self.by_model()).observe(took.as_secs_f64());
        for (calls, count) in [
            (Calls::Prompt, attempts.a),
            (Calls::Answer, attempts.b),
            (Calls::Reasoning, attempts.c),
        ] {
            let by = ByCall { call: calls.word() };
            families.upstream_calls.get_or_create(&by).inc_by(count.into());
        }
    }

    fn summary(&self, calls: Calls, source: Source) {
        let source = match source {
            Source::Model => "model",
            Source::SecondModel => "second_model",
            Source::Rolling => "rolling",
            Source::Fallback => "fallback",
            Source::Metadata => "metadata",
            Source::None => "none",
        };
        let by = BySource { call: calls.word(), source };
        self.metrics.families.summaries.get_or_create(&by).inc();
    }

    fn fallback(&self, stage: Stage, code: &str) {
        let calls = match stage {
            Stage::PromptSummary => Calls::Prompt,
            Stage::ReasoningSummary => Calls::Reasoning,
            Stage::UpstreamStream | Stage::Gateway => Calls::Answer,
        };
        let by = ByReason { call: calls.word(), reason: code.to_owned() };
        self.metrics.families.summary_fallbacks.get_or_create(&by).inc();
    }

    fn done(&self, done: &Done) {
        let Timings { prompt_summary, reasoning_end, reasoning_summary, stall, .. } = done.timings;
        let families = &self.metrics.families;
        if let (Some(stall), true) = (stall, self.is_streamed) {
            families.stall.get_or_create(&self.by_model()).observe(seconds(stall));
        }
        let reasoning = reasoning_summary.zip(reasoning_end);
        let reasoning = reasoning.map(|(ready, ended)| ready.saturating_sub(ended));
        for (calls, took) in [(Calls::Prompt, prompt_summary), (Calls::Reasoning, reasoning)] {
            if let Some(took) = took {
                let by = ByCall { call: calls.word() };
                families.summary_duration.get_or_create(&by).observe(seconds(took));
            }
        }
        if let Some(usage) = &done.usage {
            let details = usage.rest.get("completion_tokens_details");
            let reasoning = details.and_then(|details| details.get("reasoning_tokens")?.as_u64());
            self.used(Calls::Answer, "input", usage.prompt_tokens.unwrap_or_default());
            self.used(Calls::Answer, "output", usage.completion_tokens.unwrap_or_default());
            self.used(Calls::Answer, "reasoning", reasoning.unwrap_or_default());
        }
    }

    fn by_model(&self) -> ByModel {
        ByModel { model: Arc::clone(&self.model) }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.metrics.families.open_streams.dec();
    }
}

impl Calls {
    const fn word(self) -> &'static str {
        match self {
            Self::Prompt => "prompt_summary",
            Self::Answer => "answer",
            Self::Reasoning => "reasoning_summary",
        }
    }
}

impl<'a> Ending<'a> {
    /// The outcome in a word, as it is counted.
    pub fn outcome(self) -> &'static str {
        self.words().0
    }

    /// The outcome, and the code of a failure.
    fn words(self) -> (&'static str, Option<&'a str>) {
        match self {
            Self::Finished("stop") => ("stop", None),
            Self::Finished("length") => ("length", None),
            Self::Finished("tool_calls") => ("tool_calls", None),
            Self::Finished("content_filter") => ("content_filter", None),
            Self::Finished(_) => ("other", None),
            Self::Refused(code) => ("refused", Some(code)),
            Self::Broken(code) => ("broken", Some(code)),
            Self::Left => ("client_left", None),
        }
    }
}

fn seconds(ms: u64) -> f64 {
    Duration::from_millis(ms).as_secs_f64()
}
