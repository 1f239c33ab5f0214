//! The three sections, printed as they come.
//!
//! ```text
//!  Between ──▶ a summary ──▶ Between ──▶ first delta ──▶ Answer ──▶ [done]
//!             │    │  ▲
//!             ▼    ▼  │ the whole
//!            Raw ▶ Live: its lines as they come
//! ```
//!
//! What was shown live is not shown again.
//! `[done]` stands only under an answer whose end is known to be its end.

use std::io::{self, Write};

use gateway_client::{Done, Event, FinishReason, Source, Summary, SummaryDelta, ToolCall};

use super::clean;
use super::paint::Paint;
use super::pen::Pen;

const PROMPT: &str = "=== 1) Summary of the prompt ===";
const RAW: &str = "=== The model's reasoning, word for word ===";
const REASONING: &str = "=== 2) Summary of the model's reasoning ===";
const ANSWER: &str = "=== 3) The model's final output ===";

/// Prints sections to `out`, flushed with each event.
pub(crate) struct Sections<W> {
    pen: Pen<W>,
    paint: Paint,
    place: Place,
    /// The line of a live summary that was begun last.
    line: Option<u32>,
}

/// Which section is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// None.
    Between,
    /// The reasoning itself, which goes on.
    Raw,
    /// The summary of the reasoning, which goes on.
    Live,
    /// The answer.
    Answer,
}

impl<W: Write> Sections<W> {
    pub(crate) fn new(out: W, paint: Paint) -> Self {
        Self { pen: Pen::new(out), paint, place: Place::Between, line: None }
    }

    /// Prints what an event adds.
    pub(crate) fn show(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::PromptSummary(summary) => self.summary(PROMPT, summary, "(no summary)")?,
            Event::RawReasoning(text) => self.raw(text)?,
            Event::ReasoningDelta(delta) => self.live(delta)?,
            Event::ReasoningSummary(summary) => self.reasoning(summary)?,
            Event::OutputDelta(text) => self.answer(text)?,
            Event::Error(_) => self.end_line()?,
            Event::OutputDone(done) => self.done(done)?,
        }
        self.pen.flush()
    }

    /// Whether a text has begun that may go on at any moment.
    pub(crate) fn holds_the_line(&self) -> bool {
        self.place != Place::Between
    }

    /// Ends a line that was begun, so that what others print stands on its own.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        self.pen.end_line()?;
        self.pen.flush()
    }

    fn heading(&mut self, heading: &str) -> io::Result<()> {
        self.pen.line(&self.paint.bold(heading))
    }

    /// Opens a section, unless it is open; raw reasoning ends where another one begins.
    fn open(&mut self, place: Place, heading: &str) -> io::Result<()> {
        if self.place == place {
            return Ok(());
        }
        self.close_raw()?;
        self.place = place;
        self.heading(heading)
    }

    fn close_raw(&mut self) -> io::Result<()> {
        if self.place == Place::Raw {
            self.pen.end_line()?;
            self.pen.line("")?;
            self.place = Place::Between;
        }
        Ok(())
    }

    fn summary(&mut self, heading: &str, summary: &Summary, nothing: &str) -> io::Result<()> {
        self.heading(heading)?;
        let text = clean::text(summary.text.trim_end());
        let text = match summary.source {
            _ if text.is_empty() => self.paint.dim(nothing),
            Source::Fallback | Source::Metadata => self.paint.dim(&text),
            Source::Model | Source::SecondModel | Source::Rolling | Source::None => text,
        };
        self.pen.line(&text)?;
        self.pen.line("")
    }

    fn raw(&mut self, text: &str) -> io::Result<()> {
        self.open(Place::Raw, RAW)?;
        let text = clean::text(text);
        self.pen.write(&self.paint.dim(&text), text.ends_with('\n'))
    }

    /// Adds to the lines of the second section. After a remark on stderr a line goes on in a new one.
    fn live(&mut self, delta: &SummaryDelta) -> io::Result<()> {
        self.open(Place::Live, REASONING)?;
        if self.line != Some(delta.index) {
            self.pen.end_line()?;
        }
        if delta.restarted {
            self.pen.line(&self.paint.dim("(the model thinks anew)"))?;
        }
        self.line = Some(delta.index);
        self.pen.text(&clean::text(&delta.text))
    }

    /// The whole summary, unless its lines stand there already.
    fn reasoning(&mut self, summary: &Summary) -> io::Result<()> {
        self.close_raw()?;
        if self.place != Place::Live {
            return self.summary(REASONING, summary, "(the model showed no reasoning)");
        }
        self.pen.end_line()?;
        self.place = Place::Between;
        if !summary.source.is_of_a_model() && summary.source != Source::None {
            self.pen.line(&self.paint.dim(&clean::text(summary.text.trim_end())))?;
        }
        self.pen.line("")
    }

    fn answer(&mut self, text: &str) -> io::Result<()> {
        let text = clean::text(text);
        if text.is_empty() {
            return Ok(());
        }
        self.open(Place::Answer, ANSWER)?;
        self.pen.text(&text)
    }

    fn done(&mut self, done: &Done) -> io::Result<()> {
        if done.finish_reason == FinishReason::Error {
            return self.pen.end_line();
        }
        if self.place != Place::Answer {
            self.open(Place::Answer, ANSWER)?;
            if done.tool_calls.is_empty() {
                self.pen.line(&self.paint.dim("(the model gave no answer)"))?;
            }
        }
        self.pen.end_line()?;
        for call in &done.tool_calls {
            self.tool_call(call)?;
        }
        self.pen.line("")?;
        self.pen.line(&self.paint.dim("[done]"))
    }

    fn tool_call(&mut self, call: &ToolCall) -> io::Result<()> {
        let name = clean::line(call.function.name.as_deref().unwrap_or("?"));
        let arguments = clean::line(call.function.arguments.as_deref().unwrap_or_default());
        self.pen.line(&format!("{} {name}({arguments})", self.paint.dim("tool call:")))
    }
}

#[cfg(test)]
mod tests;
