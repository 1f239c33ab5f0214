//! The order in which events may come.
//!
//! ```text
//!  [error]  summary.prompt  (reasoning.delta | summary.reasoning.delta)*
//!           [error]  summary.reasoning  output.delta*  [error]  output.done
//!
//!  reasoning.delta stands only where raw reasoning may be shown, summary.reasoning.delta only
//!  where summaries are live. Without a summary of it, raw reasoning stands before the answer.
//!  A fatal error may stand wherever an error or a summary may; only output.done follows it.
//! ```
//!
//! This is the contract of the stream as a machine: the sender's tests run it, and so may a client.

use crate::event::Event;

/// Checks that events come in order. The default expects both summaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    place: Place,
    reasoning: bool,
    live: bool,
    raw: bool,
}

/// An event, or the end, where it may not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{came} came where only {allowed} may stand")]
pub struct Disorder {
    /// What came: an event's name, or `the end`.
    pub came: &'static str,
    /// What was allowed.
    pub allowed: &'static str,
}

/// What has been heard, named for what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The prompt's summary, or an error before it.
    Prompt,
    /// The prompt's summary, after an error.
    PromptOnly,
    /// The reasoning's summary, or an error before it.
    Reasoning,
    /// The reasoning's summary, after an error.
    ReasoningOnly,
    /// Answer, an error, or the end; but the answer has not begun.
    Thinking,
    /// Answer, an error, or the end.
    Answer,
    /// `output.done`, after an error.
    DoneOnly,
    /// Nothing.
    Over,
}

impl Default for Order {
    fn default() -> Self {
        Self::expecting(true, true)
    }
}

impl Order {
    /// For a request that may have left summaries out: which of the two it wants.
    pub const fn expecting(prompt: bool, reasoning: bool) -> Self {
        let place = if prompt { Place::Prompt } else { Self::after_prompt(reasoning) };
        Self { place, reasoning, live: false, raw: false }
    }

    /// For a request whose reasoning may be summarised while the model thinks.
    #[must_use]
    pub const fn live(self, live: bool) -> Self {
        Self { live, ..self }
    }

    /// For a request that may be shown the reasoning itself.
    #[must_use]
    pub const fn raw(self, raw: bool) -> Self {
        Self { raw, ..self }
    }

    /// Takes the next event.
    ///
    /// # Errors
    ///
    /// [`Disorder`] if it may not stand here. The place is kept, so that more can be checked.
    pub fn check(&mut self, event: &Event) -> Result<(), Disorder> {
        self.place = self
            .next(event)
            .ok_or(Disorder { came: event.name(), allowed: self.place.allowed() })?;
        Ok(())
    }

    /// Takes the end of the stream.
    ///
    /// # Errors
    ///
    /// [`Disorder`] if the stream is not complete.
    pub fn finish(&self) -> Result<(), Disorder> {
        if self.place == Place::Over {
            return Ok(());
        }
        Err(Disorder { came: "the end", allowed: self.place.allowed() })
    }

    const fn after_prompt(reasoning: bool) -> Place {
        if reasoning { Place::Reasoning } else { Place::Thinking }
    }

    fn next(self, event: &Event) -> Option<Place> {
        match (self.place, event) {
            (
                Place::Prompt | Place::Reasoning | Place::Thinking | Place::Answer,
                Event::Error(error),
            ) if error.fatal => Some(Place::DoneOnly),
            (Place::Prompt, Event::Error(_)) => Some(Place::PromptOnly),
            (Place::Reasoning, Event::Error(_)) => Some(Place::ReasoningOnly),
            (Place::Thinking | Place::Answer, Event::Error(_)) => Some(Place::DoneOnly),
            (Place::Prompt | Place::PromptOnly, Event::PromptSummary(_)) => {
                Some(Self::after_prompt(self.reasoning))
            }
            (Place::Reasoning, Event::ReasoningDelta(_)) if self.live => Some(Place::Reasoning),
            (place @ (Place::Reasoning | Place::Thinking), Event::RawReasoning(_)) if self.raw => {
                Some(place)
            }
            (Place::Reasoning | Place::ReasoningOnly, Event::ReasoningSummary(_))
            | (Place::Thinking | Place::Answer, Event::OutputDelta(_)) => Some(Place::Answer),
            (Place::Thinking | Place::Answer | Place::DoneOnly, Event::OutputDone(_)) => {
                Some(Place::Over)
            }
            _ => None,
        }
    }
}

impl Place {
    const fn allowed(self) -> &'static str {
        match self {
            Self::Prompt => "error or summary.prompt",
            Self::PromptOnly => "summary.prompt",
            Self::Reasoning => "error or summary.reasoning",
            Self::ReasoningOnly => "summary.reasoning",
            Self::Thinking | Self::Answer => "output.delta, error or output.done",
            Self::DoneOnly => "output.done",
            Self::Over => "nothing",
        }
    }
}
