//! What a client heard of one request, and when, as a story in one line.
//!
//! ```text
//!  P  summary.prompt     R  summary.reasoning    L  summary.reasoning.delta: index and text, ! anew
//!  T  reasoning.delta: all in a row
//!     *  a fallback      #  counts      -  nothing to summarise      2  by the second model
//!     ~  the lines that were written while the model thought
//!  D  all output.deltas in a row                 F  output.done: reason, calls for B, [warnings]
//!  E  an error before a fallback                 E! a fatal error: status and code
//!  a refusal before the commit is a status, a code, and the calls for B
//! ```

use inference_gateway::relay::failure::Failure;
use reasoning_stream::{Done, Event, Source, Summary, SummaryDelta, sse};

use super::rig::events;
use super::upstream::{Call, Kind};

/// The longest text of the answer that a story tells in full, in bytes.
const TOLD_IN_FULL: usize = 40;

/// What a client heard of one request.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What it heard instead of a stream.
    pub(crate) refusal: Option<Failure>,
    /// Each event, and when it was heard, in milliseconds since the request arrived.
    pub(crate) events: Vec<(u64, Event)>,
    /// When the HTTP status was certain.
    pub(crate) committed: u64,
    /// When all was over.
    pub(crate) ended: u64,
    /// The calls behind it.
    pub(crate) calls: Vec<Call>,
}

impl Heard {
    pub(crate) fn committed_at(committed: u64) -> Self {
        Self { committed, ..Self::default() }
    }

    pub(crate) fn refused_at(committed: u64, failure: Failure) -> Self {
        Self { refusal: Some(failure), committed, ..Self::default() }
    }

    pub(crate) fn hear(&mut self, decoder: &mut sse::Decoder, frame: &[u8], at: u64) {
        self.events.extend(events(decoder, frame).into_iter().map(|event| (at, event)));
    }

    /// The whole story, without times.
    pub(crate) fn story(&self) -> String {
        self.tell(|_, told| told)
    }

    /// The whole story, each part with the time when it was first heard.
    pub(crate) fn timed_story(&self) -> String {
        self.tell(|at, told| format!("{at} {told}"))
    }

    fn tell(&self, with_time: impl Fn(u64, String) -> String) -> String {
        if let Some(failure) = &self.refusal {
            let calls = times(self.calls_for(Kind::Answer).len());
            let told = format!("{} {}{calls}", failure.status, failure.code);
            return with_time(self.committed, told);
        }
        let mut parts: Vec<(u64, String)> = Vec::new();
        let mut answer = String::new();
        for (at, event) in &self.events {
            if let Event::OutputDelta(text) = event {
                if answer.is_empty() {
                    parts.push((*at, String::new()));
                }
                answer.push_str(text);
            } else if !(matches!(event, Event::RawReasoning(_)) && ends_with_thoughts(&parts)) {
                parts.push((*at, told(event)));
            }
        }
        let parts = parts.into_iter().map(|(at, told)| {
            with_time(at, if told.is_empty() { told_answer(&answer) } else { told })
        });
        parts.collect::<Vec<_>>().join(" | ")
    }

    /// Asserts the story, without times.
    #[track_caller]
    pub(crate) fn expect(&self, story: &str) -> &Self {
        assert_eq!(self.story(), story);
        self
    }

    /// Asserts the story, with times.
    #[track_caller]
    pub(crate) fn expect_at(&self, story: &str) -> &Self {
        assert_eq!(self.timed_story(), story);
        self
    }

    /// The calls of one kind.
    pub(crate) fn calls_for(&self, kind: Kind) -> Vec<&Call> {
        self.calls.iter().filter(|call| call.kind == kind).collect()
    }

    /// The answer's text.
    pub(crate) fn answer(&self) -> String {
        let texts = self.events.iter().filter_map(|(_, event)| match event {
            Event::OutputDelta(text) => Some(text.as_str()),
            Event::PromptSummary(_)
            | Event::RawReasoning(_)
            | Event::ReasoningDelta(_)
            | Event::ReasoningSummary(_)
            | Event::Error(_)
            | Event::OutputDone(_) => None,
        });
        texts.collect()
    }

    /// The last event's content.
    pub(crate) fn done(&self) -> Option<&Done> {
        match self.events.last() {
            Some((_, Event::OutputDone(done))) => Some(done),
            _ => None,
        }
    }

    /// The summary of the prompt.
    pub(crate) fn prompt_summary(&self) -> &Summary {
        let found = self.events.iter().find_map(|(_, event)| {
            if let Event::PromptSummary(summary) = event { Some(summary) } else { None }
        });
        found.expect("a summary of the prompt")
    }

    /// The summary of the reasoning.
    pub(crate) fn reasoning_summary(&self) -> &Summary {
        let found = self.events.iter().find_map(|(_, event)| {
            if let Event::ReasoningSummary(summary) = event { Some(summary) } else { None }
        });
        found.expect("a summary of the reasoning")
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::PromptSummary(summary) => format!("P{}", mark(summary.source)),
        Event::RawReasoning(_) => "T".to_owned(),
        Event::ReasoningDelta(delta) => told_line(delta),
        Event::ReasoningSummary(summary) => format!("R{}", mark(summary.source)),
        Event::OutputDelta(text) => told_answer(text),
        Event::Error(error) if error.fatal => format!("E! {} {}", error.status, error.code),
        Event::Error(error) => format!("E {}", error.code),
        Event::OutputDone(done) => told_end(done),
    }
}

fn ends_with_thoughts(parts: &[(u64, String)]) -> bool {
    parts.last().is_some_and(|(_, told)| told == "T")
}

fn told_line(delta: &SummaryDelta) -> String {
    let anew = if delta.restarted { "!" } else { "" };
    format!("L{anew}{} {}", delta.index, delta.text)
}

fn told_end(done: &Done) -> String {
    let warnings = match done.warnings.join(" ") {
        none if none.is_empty() => none,
        some => format!(" [{some}]"),
    };
    let calls = times(done.attempts.b as usize);
    format!("F {}{calls}{warnings}", done.finish_reason.as_str())
}

fn told_answer(text: &str) -> String {
    let length = text.len();
    if length > TOLD_IN_FULL { format!("D {length} bytes") } else { format!("D {text}") }
}

fn times(calls: usize) -> String {
    if calls == 1 { String::new() } else { format!(" x{calls}") }
}

const fn mark(source: Source) -> &'static str {
    match source {
        Source::Model => "",
        Source::SecondModel => "2",
        Source::Rolling => "~",
        Source::Fallback => "*",
        Source::Metadata => "#",
        Source::None => "-",
    }
}
