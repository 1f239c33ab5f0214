//! An answer as it was told, to be told again: its events in their order, in whatever form a client asks.
//!
//! Only what is whole and went well is kept: the model stopped by itself, both summaries are the
//! model's own, and nothing was odd about it.

use reasoning_stream::sse::{Decoder, Limits};
use reasoning_stream::{
    Attempts, Done, Envelope, Event, FinishReason, Source, Summary, Timings, ToolCall,
};

use super::flights::Lead;

/// The longest answer that is kept, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// What a line may have beyond that: its last event is not cut off.
const SLACK: usize = 64 * 1024;
/// What parts of tool calls are kept as.
const TOOL_CALLS: &str = "tool_calls";

/// One thing that a client was told.
#[expect(clippy::large_enum_variant, reason = "nearly all of them are events")]
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// An event.
    Event(Event),
    /// Parts of tool calls.
    ToolCalls(Vec<ToolCall>),
}

/// Writes down what a client is told.
pub(super) struct Recorder {
    lead: Option<Lead>,
    kept: Vec<u8>,
}

impl Recorder {
    /// Whoever waits for this answer gets it through `lead`.
    pub(super) const fn new(lead: Lead) -> Self {
        Self { lead: Some(lead), kept: Vec::new() }
    }

    /// Notes an event. With the last one the answer is kept, if it is worth it.
    pub(super) fn hear(&mut self, event: &Event) {
        if self.lead.is_none() {
            return;
        }
        event.write("", &mut self.kept);
        if !is_sound(event) || self.kept.len() > MAX_BYTES {
            self.give_up();
        } else if matches!(event, Event::OutputDone(_))
            && let Some(lead) = self.lead.take()
        {
            lead.publish(std::mem::take(&mut self.kept).into());
        }
    }

    /// This answer is not kept: whoever waits for it asks for himself, and its memory is free.
    fn give_up(&mut self) {
        (self.lead, self.kept) = (None, Vec::new());
    }

    /// Notes parts of tool calls.
    pub(super) fn hear_tool_calls(&mut self, parts: &[ToolCall]) {
        match serde_json::to_string(parts) {
            Ok(parts) => self.note(TOOL_CALLS, &parts),
            Err(_) => self.give_up(),
        }
    }

    fn note(&mut self, name: &str, data: &str) {
        if self.lead.is_some() {
            self.kept.extend_from_slice(format!("event: {name}\ndata: {data}\n\n").as_bytes());
        }
        if self.kept.len() > MAX_BYTES {
            self.give_up();
        }
    }
}

/// Whether an event may stand in an answer that is kept.
fn is_sound(event: &Event) -> bool {
    let is_own = |summary: &Summary| match summary.source {
        Source::Model | Source::SecondModel | Source::Rolling | Source::None => true,
        Source::Fallback | Source::Metadata => false,
    };
    match event {
        Event::PromptSummary(summary) | Event::ReasoningSummary(summary) => is_own(summary),
        Event::RawReasoning(_) | Event::ReasoningDelta(_) | Event::OutputDelta(_) => true,
        Event::Error(_) => false,
        Event::OutputDone(done) => {
            let is_whole =
                matches!(done.finish_reason, FinishReason::Stop | FinishReason::ToolCalls);
            is_whole && done.warnings.is_empty()
        }
    }
}

/// What was kept, in its order; nothing if it can't be read.
pub(super) fn read(kept: &[u8]) -> Option<Vec<Told>> {
    let mut decoder = Decoder::new(Limits { line: MAX_BYTES + SLACK, event: MAX_BYTES + SLACK });
    decoder.push(kept);
    let mut told = Vec::new();
    while let Some(block) = decoder.pop() {
        let block = block.ok()?;
        told.push(match block.name {
            TOOL_CALLS => Told::ToolCalls(serde_json::from_str(block.data).ok()?),
            name => Told::Event(Envelope::read(name, block.data).ok()??.event),
        });
    }
    matches!(told.last(), Some(Told::Event(Event::OutputDone(_)))).then_some(told)
}

/// The end of an answer that is told again: nobody was called, and it took as long as it took this time.
pub(super) fn again(done: Done, total: u64) -> Done {
    let timings = Timings { total: Some(total), ..Timings::default() };
    Done { timings, attempts: Attempts::default(), ..done }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use reasoning_stream::{
        Done, Event, FinishReason, Source, Summary, Timings, ToolCall, ToolFunction,
    };

    use super::{MAX_BYTES, Recorder, Told, read};
    use crate::metrics::Metrics;
    use crate::relay::flights::{Flights, Joined};
    use crate::store::cache::Cache;
    use crate::store::digest::Digest;

    fn done(finish_reason: FinishReason, warnings: &[&str]) -> Told {
        Told::Event(Event::OutputDone(Done {
            finish_reason,
            usage: None,
            timings: Timings::default(),
            warnings: warnings.iter().map(|&warning| warning.to_owned()).collect(),
            attempts: super::Attempts::default(),
            tool_calls: Vec::new(),
        }))
    }

    fn summary(source: Source) -> Told {
        Told::Event(Event::ReasoningSummary(Summary { text: "so\n\nso".into(), source }))
    }

    fn text(text: &str) -> Told {
        Told::Event(Event::OutputDelta(text.to_owned()))
    }

    fn call() -> Told {
        let function = ToolFunction { name: Some("f".into()), arguments: Some("{\"a\":1}".into()) };
        Told::ToolCalls(vec![ToolCall { index: 1, id: Some("c".into()), kind: None, function }])
    }

    fn flights() -> Arc<Flights> {
        let cache = Cache::new(Duration::from_secs(60), 1 << 30, None);
        Flights::new(cache, Metrics::new().cache_meter("answers"))
    }

    /// What is kept of what is told, as it is told again.
    async fn kept(told: &[Told]) -> Option<Vec<Told>> {
        let flights = flights();
        let digest = Digest::of(b"a");
        let Joined::Lead(lead) = flights.join(digest).await else { panic!("nobody else asks") };
        let mut recorder = Recorder::new(lead);
        for part in told {
            match part {
                Told::Event(event) => recorder.hear(event),
                Told::ToolCalls(parts) => recorder.hear_tool_calls(parts),
            }
        }
        match flights.join(digest).await {
            Joined::Known(kept) => Some(read(&kept).expect("what is kept can be read")),
            Joined::Lead(_) | Joined::Follow(_) => None,
        }
    }

    #[tokio::test]
    async fn what_went_well_is_told_again_as_it_was() {
        for finish in [FinishReason::Stop, FinishReason::ToolCalls] {
            let raw = Told::Event(Event::RawReasoning("hm\n\ndata: hm".into()));
            let told =
                [raw, summary(Source::Model), text("4"), call(), text("2"), done(finish, &[])];
            assert_eq!(kept(&told).await.as_deref(), Some(&told[..]));
        }
    }

    #[tokio::test]
    async fn what_gets_too_long_is_let_go_at_once() {
        let flights = flights();
        let digest = Digest::of(b"a");
        let Joined::Lead(lead) = flights.join(digest).await else { panic!("nobody else asks") };
        let mut recorder = Recorder::new(lead);
        recorder.hear(&Event::RawReasoning("hm".to_owned()));
        assert!(matches!(flights.join(digest).await, Joined::Follow(_)));
        recorder.hear(&Event::RawReasoning("x".repeat(MAX_BYTES)));
        assert_eq!(recorder.kept.capacity(), 0);
        assert!(matches!(flights.join(digest).await, Joined::Lead(_)));
    }

    #[tokio::test]
    async fn what_did_not_is_not() {
        let (stop, sound) = (done(FinishReason::Stop, &[]), summary(Source::Model));
        let long = text(&"x".repeat(MAX_BYTES));
        for (case, told) in [
            ("no end", vec![sound.clone(), text("42")]),
            ("cut", vec![sound.clone(), done(FinishReason::Length, &[])]),
            ("failed", vec![sound.clone(), done(FinishReason::Error, &[])]),
            ("odd", vec![sound.clone(), done(FinishReason::Stop, &["missing_final"])]),
            ("fallback", vec![summary(Source::Fallback), stop.clone()]),
            ("counted", vec![summary(Source::Metadata), stop.clone()]),
            ("too long", vec![sound, long, stop]),
        ] {
            assert_eq!(kept(&told).await, None, "{case}");
        }
        assert_eq!(
            read(b"event: output.delta\ndata: {\"text\":\"4\",\"request_id\":\"\"}\n\n"),
            None
        );
        assert_eq!(read(b"event: output.delta\ndata: 4\n\n"), None);
    }
}
