//! What a splitter has to say, in order.
//!
//! Whatever the machine does, a `ReasoningEnd` stands between reasoning and answer here, and text
//! of one kind is merged while nobody has taken it.

use std::collections::VecDeque;

use crate::piece::{Piece, Warning};

/// Between two sections of one kind.
const JOINT: &str = "\n";

/// In the order in which memory holds it: what each text needs stands together.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Output {
    next: Option<Piece>,
    /// What comes after the next piece; nothing while there is none.
    later: VecDeque<Piece>,
    answer: Section,
    phase: Phase,
    reasoning: Section,
    warned: Vec<Warning>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Reasoning may come, or came last.
    #[default]
    Thinking,
    /// The last thing said of reasoning was its end.
    Ended,
}

/// The joined text of one kind.
#[derive(Debug, Default)]
struct Section {
    /// Its bytes.
    length: usize,
    /// What is to be said before its next text.
    joint: &'static str,
}

impl Output {
    pub(super) fn pop(&mut self) -> Option<Piece> {
        let next = self.next.take()?;
        self.next = self.later.pop_front();
        Some(next)
    }

    /// Anything that is neither reasoning nor answer.
    pub(super) fn push(&mut self, piece: Piece) {
        if self.next.is_none() {
            self.next = Some(piece);
        } else {
            self.later.push_back(piece);
        }
    }

    fn last(&mut self) -> Option<&mut Piece> {
        if self.later.is_empty() { self.next.as_mut() } else { self.later.back_mut() }
    }

    pub(super) fn warn(&mut self, warning: Warning) {
        if !self.warned.contains(&warning) {
            self.warned.push(warning);
            self.push(Piece::Warning(warning));
        }
    }

    /// More reasoning; it is late once there is an answer.
    pub(super) fn reasoning(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.answer.length > 0 {
            self.warn(Warning::LateReasoning);
        }
        self.phase = Phase::Thinking;
        self.reasoning.length += text.len();
        if let Some(Piece::Reasoning(last)) = self.last() {
            last.push_str(text);
        } else {
            self.push(Piece::Reasoning(text.to_owned()));
        }
    }

    /// Another section of reasoning: its text, if there is any, starts on its own line.
    pub(super) fn join_reasoning(&mut self) {
        self.reasoning.joint = if self.reasoning.length > 0 { JOINT } else { "" };
    }

    /// The joint before the next reasoning, once.
    pub(super) fn take_reasoning_joint(&mut self) -> &'static str {
        std::mem::take(&mut self.reasoning.joint)
    }

    /// The last bytes of the reasoning were none.
    pub(super) fn retract(&mut self, bytes: usize) {
        self.reasoning.length -= bytes;
        self.phase = Phase::Thinking;
        self.push(Piece::Retract(bytes));
    }

    pub(super) fn end_reasoning(&mut self) {
        if self.phase == Phase::Thinking {
            self.phase = Phase::Ended;
            self.push(Piece::ReasoningEnd);
        }
    }

    pub(super) fn has_reasoning(&self) -> bool {
        self.reasoning.length > 0
    }

    pub(super) fn has_answer(&self) -> bool {
        self.answer.length > 0
    }

    /// More of the answer; it ends the reasoning.
    pub(super) fn answer(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.end_reasoning();
        let joint = std::mem::take(&mut self.answer.joint);
        self.answer.length += joint.len() + text.len();
        if let Some(Piece::Answer(last)) = self.last() {
            last.push_str(joint);
            last.push_str(text);
        } else {
            self.push(Piece::Answer([joint, text].concat()));
        }
    }

    /// Another section of the answer: its text, if there is any, starts on its own line.
    pub(super) fn join_answer(&mut self) {
        self.answer.joint = if self.answer.length > 0 { JOINT } else { "" };
    }
}
