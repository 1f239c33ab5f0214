//! Everything that was heard, as one JSON object at the end (`--json`).

use std::io::{self, Write};

use gateway_client::{Attempts, Event, Summary, Timings, ToolCall, Usage};
use serde::Serialize;
use serde_json::{Value, json};

use super::clean;
use super::exit::Exit;

/// A longer answer is not kept, nor longer reasoning.
const TEXT_LIMIT: usize = 64 * 1024 * 1024;

/// The object; its member names are part of the interface. What is not known is `null`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Record {
    request_id: Option<String>,
    summaries: Summaries,
    #[serde(skip_serializing_if = "String::is_empty")]
    reasoning: String,
    answer: String,
    finish_reason: Option<String>,
    tool_calls: Vec<ToolCall>,
    usage: Option<Usage>,
    timings: Timings,
    attempts: Attempts,
    warnings: Vec<String>,
    errors: Vec<Value>,
}

#[derive(Debug, Default, Serialize)]
struct Summaries {
    prompt: Option<Summary>,
    reasoning: Option<Summary>,
}

impl Record {
    /// Keeps what an event says; fails on an answer that is longer than can be kept.
    pub(crate) fn keep(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::PromptSummary(summary) => self.summaries.prompt = Some(summary.clone()),
            Event::RawReasoning(text) => keep(&mut self.reasoning, text, "reasoning")?,
            Event::ReasoningDelta(_) => {}
            Event::ReasoningSummary(summary) => self.summaries.reasoning = Some(summary.clone()),
            Event::OutputDelta(text) => keep(&mut self.answer, text, "answer")?,
            Event::Error(error) => self.errors.push(json!(error)),
            Event::OutputDone(done) => {
                self.finish_reason = Some(done.finish_reason.as_str().to_owned());
                self.tool_calls.clone_from(&done.tool_calls);
                self.usage.clone_from(&done.usage);
                self.attempts = done.attempts;
                self.warnings.clone_from(&done.warnings);
            }
        }
        Ok(())
    }

    /// Notes a failure that no event told of.
    pub(crate) fn fail(&mut self, message: &str, exit: Exit) {
        self.errors.push(json!({ "message": message, "stage": "client", "exit_code": exit as u8 }));
    }

    /// Prints the object, with the request's id and what the clocks said.
    pub(crate) fn print(
        &mut self,
        out: &mut impl Write,
        request_id: Option<&str>,
        timings: Timings,
    ) -> io::Result<()> {
        self.request_id = request_id.map(str::to_owned);
        self.timings = timings;
        let json = serde_json::to_string_pretty(self).map_err(io::Error::from)?;
        writeln!(out, "{}", clean::json(&json))?;
        out.flush()
    }
}

fn keep(kept: &mut String, text: &str, what: &str) -> io::Result<()> {
    if kept.len() + text.len() > TEXT_LIMIT {
        return Err(io::Error::other(format!("the {what} is longer than {TEXT_LIMIT} bytes")));
    }
    kept.push_str(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use gateway_client::{Event, Source, Summary, Timings};
    use serde_json::{Value, json};

    use super::{Record, TEXT_LIMIT};
    use crate::cli::exit::Exit;

    #[test]
    fn holds_everything_that_was_heard() {
        let mut record = Record::default();
        let done = json!({"finish_reason": "length", "warnings": ["missing_final"], "attempts": {"a": 1, "b": 2, "c": 0}});
        let summary = Summary { text: "p\u{9b}".to_owned(), source: Source::Fallback };
        for event in [
            Event::PromptSummary(summary),
            Event::RawReasoning("h".to_owned()),
            Event::RawReasoning("m".to_owned()),
            Event::OutputDelta("4".to_owned()),
            Event::OutputDelta("2".to_owned()),
            Event::OutputDone(serde_json::from_value(done).unwrap()),
        ] {
            record.keep(&event).unwrap();
        }
        record.fail("m", Exit::Incomplete);
        let mut out = Vec::new();
        let timings = Timings { total: Some(9), ..Timings::default() };
        record.print(&mut out, Some("r"), timings).unwrap();
        assert!(out.is_ascii());
        let expected = json!({
            "request_id": "r",
            "summaries": {"prompt": {"text": "p\u{9b}", "source": "fallback"}, "reasoning": null},
            "reasoning": "hm", "answer": "42", "finish_reason": "length", "tool_calls": [], "usage": null,
            "timings": {"total": 9}, "attempts": {"a": 1, "b": 2, "c": 0}, "warnings": ["missing_final"],
            "errors": [{"message": "m", "stage": "client", "exit_code": 6}],
        });
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected);
    }

    #[test]
    fn has_a_limit() {
        let mut record = Record::default();
        for event in [Event::OutputDelta, Event::RawReasoning] {
            record.keep(&event("x".repeat(TEXT_LIMIT))).unwrap();
            assert!(record.keep(&event("x".to_owned())).is_err());
        }
    }
}
