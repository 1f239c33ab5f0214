//! Splits a model's text into reasoning and answer.
//!
//! ```text
//!            <analysis>               </analysis>      <final>           </final>
//!  Opening ─────────────▶ Reasoning ─────────────▶ Gap ────────▶ Answer ──────────▶ Closed
//!     │                       └───────── <final> ─────────────────▲  ▲──── <final> ────┤ ▲
//!     ├───────────────────────────────── <final> ─────────────────┘        <analysis>  ▼ │
//!     └── 256 characters, no tag ──▶ Untagged                                         Late
//! ```
//!
//! Text goes in with [`Splitter::push`]; pieces come out with [`Splitter::pop`].
//! Nothing here waits, reads a clock, or fails. Where a chunk ends never changes what comes out.
//! What each tag does in each state is a table in `state`; how tags are spelled is data in `format`.

mod ending;
mod format;
mod held;
mod output;
mod rescue;
mod state;

use memchr::memchr;

use self::format::{ANALYSIS_FINAL, Format, Match, Tag};
use self::held::Held;
use self::output::Output;
use self::rescue::{Candidate, Rescue};
use self::state::{Act, State};
use crate::on_missing_final::OnMissingFinal;
use crate::piece::{Piece, Warning};

/// How much text may come before the first tag, in characters.
const WINDOW: usize = 256;

/// Splits text into reasoning and answer, by the tags `<analysis>` and `<final>`.
///
/// ```
/// use reasoning_stream::{OnMissingFinal, Piece, Splitter};
///
/// let mut splitter = Splitter::new(OnMissingFinal::Reasoning);
/// for delta in ["<anal", "ysis>6 × 7</analysis>\n<fi", "nal>42"] {
///     splitter.push(delta);
/// }
/// splitter.finish();
/// let pieces: Vec<Piece> = std::iter::from_fn(|| splitter.pop()).collect();
/// assert_eq!(
///     pieces,
///     [Piece::Reasoning("6 × 7".into()), Piece::ReasoningEnd, Piece::Answer("42".into())]
/// );
/// ```
#[derive(Debug)]
pub struct Splitter {
    format: &'static Format,
    on_missing_final: OnMissingFinal,
    state: State,
    /// Only blanks came since the start of the stream, of the line, or the last tag.
    boundary: bool,
    /// The end of the text, if it may be the start of a tag.
    unread: String,
    held: Held,
    /// Text before the reasoning: the answer starts with it.
    preamble: String,
    /// Where the answer goes on if it was not closed.
    unclosed: State,
    rescue: Rescue,
    output: Output,
}

impl Splitter {
    /// A splitter at the start of a stream.
    pub fn new(on_missing_final: OnMissingFinal) -> Self {
        Self {
            format: &ANALYSIS_FINAL,
            on_missing_final,
            state: State::Opening,
            boundary: true,
            unread: String::new(),
            held: Held::default(),
            preamble: String::new(),
            unclosed: State::Answer,
            rescue: Rescue::default(),
            output: Output::default(),
        }
    }

    /// Takes more text. After [`finish`](Self::finish) text is ignored.
    pub fn push(&mut self, text: &str) {
        if self.state == State::Over {
            return;
        }
        if self.unread.is_empty() {
            let read = self.read(text, false);
            self.unread.push_str(&text[read..]);
            return;
        }
        let mut unread = std::mem::take(&mut self.unread);
        unread.push_str(text);
        let read = self.read(&unread, false);
        unread.drain(..read);
        self.unread = unread;
    }

    /// The next piece, if there is one.
    pub fn pop(&mut self) -> Option<Piece> {
        self.output.pop()
    }

    /// Takes reasoning that the upstream told apart from the text.
    pub(crate) fn push_reasoning(&mut self, text: &str) {
        self.rescue.interrupt();
        self.output.reasoning(text);
    }

    /// Takes a piece that is no text: it ends what came before it, as far as that can be told.
    pub(crate) fn push_piece(&mut self, piece: Piece) {
        if self.state == State::Opening && !self.held.text().is_empty() {
            self.give_up_opening();
        }
        self.output.end_reasoning();
        self.output.push(piece);
    }

    /// Passes a piece through without any effect on the text.
    pub(crate) fn pass(&mut self, piece: Piece) {
        self.output.push(piece);
    }

    /// Warns once.
    pub(crate) fn warn(&mut self, warning: Warning) {
        self.output.warn(warning);
    }

    /// Reads text up to what may be the start of a tag; says how much that is.
    fn read(&mut self, text: &str, complete: bool) -> usize {
        let bytes = text.as_bytes();
        let mut told = 0;
        let mut at = 0;
        while let Some(offset) = memchr(self.format.first, &bytes[at..]) {
            let start = at + offset;
            self.text(&text[told..start]);
            told = start;
            let state = self.state;
            match self.format.find(&bytes[start..], |tag| state.heeds(tag)) {
                Match::Whole(tag, length) => {
                    told = start + length;
                    self.tag(tag, &text[start..told]);
                    at = told;
                }
                Match::Partial if !complete => return start,
                Match::Partial | Match::None => at = start + 1,
            }
        }
        self.text(&text[told..]);
        text.len()
    }

    fn tag(&mut self, tag: Tag, raw: &str) {
        let act = self.state.act(tag, self.boundary);
        if act == Act::Keep {
            return self.text(raw);
        }
        if act == Act::Quote {
            return self.quote(raw);
        }
        self.act(act, tag, raw);
        self.boundary = true;
    }

    fn act(&mut self, act: Act, tag: Tag, raw: &str) {
        match act {
            Act::Keep | Act::Quote => {}
            Act::Drop => self.held.clear(),
            Act::BeginReasoning => {
                self.leave_section();
                self.output.join_reasoning();
                self.state = State::Reasoning;
            }
            Act::EndReasoning => {
                self.leave_section();
                self.output.end_reasoning();
                self.state = State::Gap;
            }
            Act::BeginAnswer => {
                self.leave_section();
                self.begin_answer();
                self.state = State::Answer;
            }
            Act::Rescue => self.rescue_gap(),
            Act::HoldClose => {
                self.unclosed = self.state;
                self.state = State::Closing;
                self.held.push(raw);
            }
            Act::Close => {
                self.close();
                self.tag(tag, raw);
            }
            Act::ContinueAnswer => {
                self.held.clear();
                self.output.end_reasoning();
                self.output.join_answer();
                self.state = State::Answer;
            }
            Act::BeginLate => {
                self.held.clear();
                self.output.warn(Warning::LateReasoning);
                self.output.join_reasoning();
                self.state = State::Late;
            }
            Act::EndLate => {
                self.output.end_reasoning();
                self.state = State::Closed;
            }
            Act::HoldStray => {
                self.tell_held_answer();
                self.held.clear();
                self.held.push(raw);
                self.state = State::Stray;
            }
        }
    }

    /// Text without a tag that counts.
    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.state {
            State::Opening => return self.opening_text(text),
            State::Reasoning | State::Late => self.tell_reasoning(text),
            State::Gap => self.gap_text(text),
            State::Answer | State::Untagged => self.output.answer(text),
            State::Closing => self.closing_text(text),
            State::Closed => self.closed_text(text),
            State::Stray => self.stray_text(text),
            State::Over => {}
        }
        self.note_boundary(text);
    }

    fn note_boundary(&mut self, text: &str) {
        let line =
            text.trim_end_matches(|letter: char| letter.is_whitespace() && !is_break(letter));
        if !line.is_empty() {
            self.boundary = line.ends_with(is_break);
        }
    }

    fn opening_text(&mut self, text: &str) {
        let text = if self.held.text().is_empty() { skip_leading(text) } else { text };
        if text.is_empty() {
            return;
        }
        if self.output.has_reasoning() {
            self.output.end_reasoning();
        }
        self.held.push_counted(text);
        self.note_boundary(text);
        if self.held.chars() > WINDOW {
            self.give_up_opening();
        }
    }

    /// There are no tags: all that was held is the answer.
    fn give_up_opening(&mut self) {
        self.state = State::Untagged;
        self.output.end_reasoning();
        let held = self.held.take();
        self.read(&held, true);
    }

    fn gap_text(&mut self, text: &str) {
        let told = self.held.tellable(text);
        if !told.is_empty() {
            let blank = self.held.take();
            for part in [&blank, told] {
                self.rescue.note_gap(part);
                self.output.reasoning(part);
            }
        }
        self.held.push(&text[told.len()..]);
    }

    fn closed_text(&mut self, text: &str) {
        let told = self.held.tellable(text);
        if !told.is_empty() {
            self.tell_held_answer();
            self.output.answer(told);
        }
        self.held.push(&text[told.len()..]);
    }

    fn closing_text(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.close();
            return self.closed_text(text);
        }
        self.state = self.unclosed;
        self.tell_held_answer();
        self.text(text);
    }

    fn stray_text(&mut self, text: &str) {
        if self.held.tellable(text).is_empty() {
            return self.held.push(text);
        }
        self.tell_held_answer();
        self.output.answer(text);
        self.state = State::Untagged;
    }

    fn tell_held_answer(&mut self) {
        self.output.answer(self.held.text());
        self.held.told();
    }

    fn tell_reasoning(&mut self, text: &str) {
        let joint = self.output.take_reasoning_joint();
        for part in [joint, text] {
            self.rescue.note(part);
            self.output.reasoning(part);
        }
    }

    /// An answer tag in the middle of a line: models quote it while they think.
    fn quote(&mut self, raw: &str) {
        let candidate =
            if self.state == State::Gap { Candidate::QuotedInGap } else { Candidate::Quoted };
        if self.state == State::Gap {
            let blank = self.held.take();
            self.output.reasoning(&blank);
        }
        self.rescue.start(candidate, raw);
        self.output.reasoning(raw);
        self.boundary = false;
    }

    fn close(&mut self) {
        self.held.clear();
        self.state = State::Closed;
    }

    /// A tag ends the opening, which the answer will start with, or what was between two tags.
    fn leave_section(&mut self) {
        if self.state == State::Opening {
            self.preamble = self.held.take();
        }
        self.held.clear();
        self.rescue.next_section();
    }

    fn begin_answer(&mut self) {
        self.rescue = Rescue::default();
        self.output.end_reasoning();
        let preamble = std::mem::take(&mut self.preamble);
        self.output.answer(&preamble);
    }
}

const fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r')
}

fn skip_leading(text: &str) -> &str {
    text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}')
}
