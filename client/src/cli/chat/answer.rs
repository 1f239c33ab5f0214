//! What came of one question, and whether the chat can build on it.

use std::io;

use gateway_client::Event;

use crate::cli::exit::Exit;
use crate::cli::prompt::LIMIT;

/// An answer as it grows.
#[derive(Debug, Default)]
pub(super) struct Answer {
    text: String,
    calls_tools: bool,
    is_too_long: bool,
}

impl Answer {
    /// Keeps what an event says; of an answer that is too long for the next question, nothing.
    pub(super) fn hear(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::OutputDelta(text) if self.text.len() + text.len() > LIMIT => {
                self.is_too_long = true;
                self.text = String::new();
            }
            Event::OutputDelta(text) if !self.is_too_long => self.text.push_str(text),
            Event::OutputDone(done) => self.calls_tools = !done.tool_calls.is_empty(),
            Event::PromptSummary(_)
            | Event::RawReasoning(_)
            | Event::ReasoningDelta(_)
            | Event::ReasoningSummary(_)
            | Event::OutputDelta(_)
            | Event::Error(_) => {}
        }
        Ok(())
    }

    /// The answer's text, if the next question can follow it; else why not.
    pub(super) fn worth(self, exit: Exit) -> Result<String, &'static str> {
        match exit {
            Exit::Ok if self.is_too_long => Err("the answer is too long to be kept"),
            Exit::Ok if self.calls_tools => Err("a chat has no tools to answer with"),
            Exit::Ok if self.text.trim().is_empty() => Err("there was no answer"),
            Exit::Ok => Ok(self.text),
            Exit::Interrupted => Err("stopped"),
            Exit::Error | Exit::Usage | Exit::Connect | Exit::Incomplete | Exit::Disorder => {
                Err("failed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_client::Event;
    use serde_json::json;

    use super::{Answer, Exit, LIMIT};

    fn said(text: &str) -> Event {
        Event::OutputDelta(text.to_owned())
    }

    fn done(calls: &serde_json::Value) -> Event {
        let done = json!({"finish_reason": "stop", "tool_calls": calls});
        Event::OutputDone(serde_json::from_value(done).unwrap())
    }

    #[test]
    fn only_whole_answers_are_kept() {
        let call = json!([{"index": 0, "function": {"name": "f", "arguments": "{}"}}]);
        let long = "x".repeat(LIMIT);
        for (case, events, exit, kept) in [
            ("whole", vec![said("4"), said("2"), done(&json!([]))], Exit::Ok, Ok("42")),
            ("empty", vec![said(" \n"), done(&json!([]))], Exit::Ok, Err("no answer")),
            ("tools", vec![said("4"), done(&call)], Exit::Ok, Err("no tools")),
            ("too long", vec![said("x"), said(&long), said("y")], Exit::Ok, Err("too long")),
            ("stopped", vec![said("4")], Exit::Interrupted, Err("stopped")),
            ("broken", vec![said("4")], Exit::Incomplete, Err("failed")),
            ("refused", vec![], Exit::Error, Err("failed")),
        ] {
            let mut answer = Answer::default();
            events.iter().for_each(|event| answer.hear(event).unwrap());
            match (answer.worth(exit), kept) {
                (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{case}"),
                (Err(why), Err(expected)) => assert!(why.contains(expected), "{case}: {why}"),
                (got, _) => panic!("{case}: {got:?}"),
            }
        }
    }
}
