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

use anstyle::Style;
use gateway_client::{Done, Event, FinishReason, Source, Summary, SummaryDelta, ToolCall};

use super::clean;
use super::markdown::Markdown;
use super::pen::Pen;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

const PROMPT: &str = "=== 1) Summary of the prompt ===";
const RAW: &str = "=== The model's reasoning, word for word ===";
const REASONING: &str = "=== 2) Summary of the model's reasoning ===";
const ANSWER: &str = "=== 3) The model's final output ===";

/// Prints sections, flushed with each event.
pub(crate) struct Sections<W> {
    pen: Pen<W>,
    /// Gives the answer its looks, where it has some.
    markdown: Option<Markdown>,
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
    /// Sections by this pen, the answer as it is or as Markdown.
    pub(crate) const fn new(pen: Pen<W>, markdown: Option<Markdown>) -> Self {
        Self { pen, markdown, place: Place::Between, line: None }
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
        self.close_line()?;
        self.pen.flush()
    }

    /// Nothing has come for a while: what waits for the rest of its word is shown.
    pub(crate) fn pause(&mut self) -> io::Result<()> {
        if let Some(markdown) = &mut self.markdown {
            let mut inks = Vec::new();
            markdown.pause(&mut inks);
            self.pen.put(inks)?;
        }
        self.pen.settle()?;
        self.pen.flush()
    }

    fn close_line(&mut self) -> io::Result<()> {
        if let Some(markdown) = &mut self.markdown {
            let mut inks = Vec::new();
            markdown.settle(&mut inks);
            self.pen.put(inks)?;
        }
        self.pen.end_line()
    }

    /// Opens a section, unless it is open; raw reasoning ends where another one begins.
    fn open(&mut self, place: Place, heading: &str) -> io::Result<()> {
        if self.place == place {
            return Ok(());
        }
        self.close_raw()?;
        self.place = place;
        self.pen.line(heading, BOLD)
    }

    fn close_raw(&mut self) -> io::Result<()> {
        if self.place == Place::Raw {
            self.pen.end_line()?;
            self.pen.line("", PLAIN)?;
            self.place = Place::Between;
        }
        Ok(())
    }

    fn summary(&mut self, heading: &str, summary: &Summary, nothing: &str) -> io::Result<()> {
        self.pen.line(heading, BOLD)?;
        let text = clean::text(summary.text.trim_end());
        match summary.source {
            _ if text.is_empty() => self.pen.line(nothing, DIM)?,
            Source::Fallback | Source::Metadata => self.pen.line(&text, DIM)?,
            Source::Model | Source::SecondModel | Source::Rolling | Source::None => {
                self.pen.line(&text, PLAIN)?;
            }
        }
        self.pen.line("", PLAIN)
    }

    fn raw(&mut self, text: &str) -> io::Result<()> {
        self.open(Place::Raw, RAW)?;
        self.pen.text(&clean::text(text), DIM)
    }

    /// Adds to the lines of the second section. After a remark on stderr a line goes on in a new one.
    fn live(&mut self, delta: &SummaryDelta) -> io::Result<()> {
        self.open(Place::Live, REASONING)?;
        if self.line != Some(delta.index) {
            self.pen.end_line()?;
        }
        if delta.restarted {
            self.pen.line("(the model thinks anew)", DIM)?;
        }
        self.line = Some(delta.index);
        self.pen.text(&clean::text(&delta.text), PLAIN)
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
            self.pen.line(&clean::text(summary.text.trim_end()), DIM)?;
        }
        self.pen.line("", PLAIN)
    }

    fn answer(&mut self, text: &str) -> io::Result<()> {
        let text = clean::text(text);
        if text.is_empty() {
            return Ok(());
        }
        self.open(Place::Answer, ANSWER)?;
        let Some(markdown) = &mut self.markdown else { return self.pen.text(&text, PLAIN) };
        let mut inks = Vec::new();
        markdown.push(&text, &mut inks);
        self.pen.put(inks)
    }

    fn done(&mut self, done: &Done) -> io::Result<()> {
        if done.finish_reason == FinishReason::Error {
            return self.close_line();
        }
        if self.place != Place::Answer {
            self.open(Place::Answer, ANSWER)?;
            if done.tool_calls.is_empty() {
                self.pen.line("(the model gave no answer)", DIM)?;
            }
        }
        self.close_line()?;
        for call in &done.tool_calls {
            self.tool_call(call)?;
        }
        self.pen.line("", PLAIN)?;
        self.pen.line("[done]", DIM)
    }

    fn tool_call(&mut self, call: &ToolCall) -> io::Result<()> {
        let name = clean::line(call.function.name.as_deref().unwrap_or("?"));
        let arguments = clean::line(call.function.arguments.as_deref().unwrap_or_default());
        self.pen.text("tool call: ", DIM)?;
        self.pen.line(&format!("{name}({arguments})"), PLAIN)
    }
}

#[cfg(test)]
mod tests;
