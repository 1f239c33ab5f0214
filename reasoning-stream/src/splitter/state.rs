//! The machine's states, and what each tag does in each of them.

use super::format::Tag;

/// What the text is at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not known: a tag may still come.
    Opening,
    /// Inside an analysis.
    Reasoning,
    /// After an analysis, before the answer.
    Gap,
    /// Inside the answer.
    Answer,
    /// After a tag that closes the answer if whitespace, a tag or the end follows.
    Closing,
    /// After the answer.
    Closed,
    /// Inside an analysis that comes after the answer.
    Late,
    /// The answer, without tags.
    Untagged,
    /// After a tag that is no text if the stream ends here.
    Stray,
    /// After the end.
    Over,
}

/// Where a tag must stand to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Anywhere,
    /// At the start of the stream or of a line, or after another tag.
    Boundary,
}

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing: it is text, but taken whole.
    Keep,
    /// Nothing, and it is no text.
    Drop,
    BeginReasoning,
    EndReasoning,
    BeginAnswer,
    /// It is text, and the answer may have begun after it.
    Quote,
    /// The text after the analysis was the answer.
    Rescue,
    /// It closes the answer if what follows allows it.
    HoldClose,
    /// What was held did close the answer: the tag then means what it means after it.
    Close,
    ContinueAnswer,
    BeginLate,
    EndLate,
    /// It is no text if the stream ends here.
    HoldStray,
}

/// One line of the table.
pub(super) type Rule = (Tag, Place, Act);

impl State {
    /// The whole machine: which tags count in each state, where, and what they do.
    pub(super) const fn rules(self) -> &'static [Rule] {
        use Act as Do;
        use Place::{Anywhere, Boundary};
        use Tag::{CloseAnswer, CloseReasoning, EmptyReasoning, OpenAnswer, OpenReasoning};
        match self {
            Self::Opening => &[
                (OpenReasoning, Boundary, Do::BeginReasoning),
                (EmptyReasoning, Boundary, Do::EndReasoning),
                (OpenAnswer, Boundary, Do::BeginAnswer),
                (CloseAnswer, Anywhere, Do::Keep),
            ],
            Self::Reasoning => &[
                (CloseReasoning, Anywhere, Do::EndReasoning),
                (OpenAnswer, Boundary, Do::BeginAnswer),
                (OpenAnswer, Anywhere, Do::Quote),
            ],
            Self::Gap => &[
                (OpenReasoning, Boundary, Do::BeginReasoning),
                (EmptyReasoning, Boundary, Do::Drop),
                (CloseReasoning, Anywhere, Do::EndReasoning),
                (OpenAnswer, Boundary, Do::BeginAnswer),
                (OpenAnswer, Anywhere, Do::Quote),
                (CloseAnswer, Anywhere, Do::Rescue),
            ],
            Self::Answer => &[(CloseAnswer, Anywhere, Do::HoldClose)],
            Self::Closing => &[
                (OpenReasoning, Anywhere, Do::Close),
                (EmptyReasoning, Anywhere, Do::Close),
                (CloseReasoning, Anywhere, Do::Close),
                (OpenAnswer, Anywhere, Do::Close),
                (CloseAnswer, Anywhere, Do::Close),
            ],
            Self::Closed => &[
                (OpenAnswer, Boundary, Do::ContinueAnswer),
                (OpenReasoning, Boundary, Do::BeginLate),
                (EmptyReasoning, Boundary, Do::Drop),
                (CloseReasoning, Boundary, Do::Drop),
                (CloseAnswer, Anywhere, Do::HoldClose),
            ],
            Self::Late => &[
                (CloseReasoning, Anywhere, Do::EndLate),
                (OpenAnswer, Boundary, Do::ContinueAnswer),
            ],
            Self::Untagged | Self::Stray => &[(CloseAnswer, Anywhere, Do::HoldStray)],
            Self::Over => &[],
        }
    }

    /// Whether a tag may count here.
    pub(super) fn heeds(self, tag: Tag) -> bool {
        self.rules().iter().any(|rule| rule.0 == tag)
    }

    /// What a tag does here.
    pub(super) fn act(self, tag: Tag, boundary: bool) -> Act {
        let counts = |rule: &&Rule| rule.0 == tag && (boundary || rule.1 == Place::Anywhere);
        self.rules().iter().find(counts).map_or(Act::Keep, |rule| rule.2)
    }
}
