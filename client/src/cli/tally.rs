//! What happened when, and how it ended.

use gateway_client::{Done, Event, FinishReason, Timings, Usage};

use super::exit::Exit;

/// Facts that outlive the events. Times are milliseconds since the request was sent.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    heard: Timings,
    told: Timings,
    usage: Option<Usage>,
    exit: Option<Exit>,
}

impl Tally {
    /// Notes an event that was heard at `t_ms`.
    pub(crate) fn note(&mut self, event: &Event, t_ms: u64) {
        match event {
            Event::PromptSummary(_) => self.heard.prompt_summary = Some(t_ms),
            Event::ReasoningDelta(_) => {
                self.heard.first_live.get_or_insert(t_ms);
            }
            Event::ReasoningSummary(_) => self.heard.reasoning_summary = Some(t_ms),
            Event::OutputDelta(_) => {
                self.heard.first_answer_sent.get_or_insert(t_ms);
            }
            Event::RawReasoning(_) | Event::Error(_) => {}
            Event::OutputDone(done) => self.finish(done, t_ms),
        }
    }

    fn finish(&mut self, done: &Done, t_ms: u64) {
        self.heard.total = Some(t_ms);
        self.told = done.timings;
        self.usage.clone_from(&done.usage);
        let broke = done.finish_reason == FinishReason::Error;
        self.exit = Some(if broke { Exit::Error } else { Exit::Ok });
    }

    /// How it ended; a stream without an end is incomplete.
    pub(crate) fn exit(&self) -> Exit {
        self.exit.unwrap_or(Exit::Incomplete)
    }

    /// What is being waited for.
    pub(crate) fn waiting_for(&self) -> &'static str {
        match (self.heard.prompt_summary, self.heard.reasoning_summary) {
            (None, None) => "summarising the prompt…",
            (Some(_), None) => "thinking…",
            (_, Some(_)) => "answering…",
        }
    }

    /// The gateway's clock where it told, else this one.
    pub(crate) fn timings(&self) -> Timings {
        let Self { heard, told, .. } = self;
        Timings {
            prompt_summary: told.prompt_summary.or(heard.prompt_summary),
            first_live: told.first_live.or(heard.first_live),
            reasoning_summary: told.reasoning_summary.or(heard.reasoning_summary),
            first_answer_sent: told.first_answer_sent.or(heard.first_answer_sent),
            total: told.total.or(heard.total),
            ..*told
        }
    }

    /// Tokens of reasoning and answer, if the upstream counted them.
    pub(crate) fn tokens(&self) -> Option<u64> {
        self.usage.as_ref().and_then(|usage| usage.completion_tokens)
    }
}

#[cfg(test)]
mod tests {
    use gateway_client::{Event, Source, Summary, Timings};
    use serde_json::json;

    use super::{Exit, Tally};

    fn summary() -> Summary {
        Summary { text: String::new(), source: Source::Model }
    }

    fn done(reason: &str, timings: &serde_json::Value) -> Event {
        let done = json!({"finish_reason": reason, "timings": timings});
        Event::OutputDone(serde_json::from_value(done).unwrap())
    }

    #[test]
    fn says_what_is_waited_for_and_how_it_ended() {
        let mut tally = Tally::default();
        for (at, (event, waiting, exit)) in [
            (Event::PromptSummary(summary()), "thinking…", Exit::Incomplete),
            (Event::ReasoningSummary(summary()), "answering…", Exit::Incomplete),
            (Event::OutputDelta("4".to_owned()), "answering…", Exit::Incomplete),
            (Event::OutputDelta("2".to_owned()), "answering…", Exit::Incomplete),
            (done("stop", &json!({"total": 90, "stall": 1})), "answering…", Exit::Ok),
        ]
        .into_iter()
        .enumerate()
        {
            tally.note(&event, at as u64);
            assert_eq!((tally.waiting_for(), tally.exit()), (waiting, exit), "{event:?}");
        }
        let timings = Timings {
            prompt_summary: Some(0),
            reasoning_summary: Some(1),
            first_answer_sent: Some(2),
            stall: Some(1),
            total: Some(90),
            ..Timings::default()
        };
        assert_eq!(tally.timings(), timings);
    }

    #[test]
    fn an_answer_that_broke_is_an_error() {
        for (reason, exit) in [("stop", Exit::Ok), ("length", Exit::Ok), ("error", Exit::Error)] {
            let mut tally = Tally::default();
            tally.note(&done(reason, &json!({})), 1);
            assert_eq!(tally.exit(), exit, "{reason}");
        }
    }
}
