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
//!
//! One machine serves all formats: `registry` describes each as data, `format` matches its markers,
//! and the tables in `rules` say what a marker does. `acts` and `texts` are what is then done.

mod acts;
mod ending;
mod format;
mod held;
mod message;
mod native;
mod output;
mod registry;
mod rescue;
mod rules;
mod state;
mod texts;

use self::format::{Format, Match, Tag};
use self::held::Held;
use self::message::Header;
use self::output::Output;
use self::registry::ANALYSIS_FINAL;
use self::rescue::Rescue;
use self::state::{Act, State};
use crate::capability::Capability;
use crate::on_missing_final::OnMissingFinal;
use crate::piece::{Piece, Warning};

/// How much text may come before the first tag, in characters.
const WINDOW: usize = 256;

/// Splits text into reasoning and answer.
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
#[repr(C)]
pub struct Splitter {
    // What each text needs stands together in memory.
    format: &'static Format,
    native: Option<Box<Self>>,
    /// The end of the text, if it may be the start of a tag.
    unread: String,
    state: State,
    on_missing_final: OnMissingFinal,
    /// Only blanks came since the start of the stream, of the line, or the last tag.
    boundary: bool,
    /// The upstream, or a native format, has told the reasoning apart: the text is the answer.
    told_apart: bool,
    /// Reasoning came in a field: what a native format marks in the text repeats it.
    told_in_field: bool,
    /// Where the text goes on if what seemed to end it did not, or has ended itself.
    resume: State,
    /// The length of the answer that no tag opened, in characters.
    plain: usize,
    output: Output,
    held: Held,
    // The rest is seldom needed.
    /// Text before the reasoning: the answer starts with it.
    preamble: String,
    /// The suffix of the tag that opened the reasoning; none came so far.
    suffix: Option<String>,
    header: Header,
    rescue: Rescue,
}

impl Splitter {
    /// A splitter at the start of a stream with our tags, `<analysis>` and `<final>`.
    pub fn new(on_missing_final: OnMissingFinal) -> Self {
        Self::of(&ANALYSIS_FINAL, on_missing_final)
    }

    /// A splitter at the start of a stream of a model with this capability.
    pub fn with_capability(capability: Capability, on_missing_final: OnMissingFinal) -> Self {
        let told_apart = capability == Capability::Fields;
        Self { told_apart, ..Self::of(registry::describe(capability), on_missing_final) }
    }

    fn of(format: &'static Format, on_missing_final: OnMissingFinal) -> Self {
        Self {
            format,
            on_missing_final,
            state: format.start,
            boundary: true,
            unread: String::new(),
            held: Held::default(),
            preamble: String::new(),
            resume: State::Answer,
            suffix: None,
            header: Header::default(),
            rescue: Rescue::default(),
            told_apart: false,
            told_in_field: false,
            plain: 0,
            native: None,
            output: Output::default(),
        }
    }

    /// Takes more text. After [`finish`](Self::finish) text is ignored.
    pub fn push(&mut self, text: &str) {
        if self.state == State::Over {
            return;
        }
        if self.native.is_some() {
            return self.push_native(text);
        }
        self.push_text(text);
    }

    fn push_text(&mut self, text: &str) {
        if self.unread.is_empty() {
            let read = self.read(text, false);
            self.unread.push_str(&text[read..]);
            return;
        }
        let mut unread = std::mem::take(&mut self.unread);
        unread.push_str(text);
        let read = self.read(&unread, false);
        unread.drain(..read);
        // What a native format has left unread of its answer is the rest.
        unread.push_str(&self.unread);
        self.unread = unread;
    }

    /// The next piece, if there is one.
    pub fn pop(&mut self) -> Option<Piece> {
        self.output.pop()
    }

    /// Notes that the upstream tells reasoning apart from the text, which does not begin inside it.
    pub(crate) fn tell_apart(&mut self) {
        self.told_apart = true;
        if self.state == State::Fresh && self.suffix.is_none() {
            self.state = State::Opening;
        }
    }

    /// Takes reasoning that the upstream told apart from the text.
    pub(crate) fn push_reasoning(&mut self, text: &str) {
        self.told_in_field = true;
        if let Some(native) = &mut self.native {
            native.told_in_field = true;
        }
        self.tell_field(text);
    }

    fn tell_field(&mut self, text: &str) {
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
        while let Some(offset) = self.format.seek(&bytes[at..]) {
            let start = at + offset;
            self.text(&text[told..start]);
            told = start;
            match self.format.find(self.state, &bytes[start..], complete) {
                Match::Whole(tag, length) => {
                    told = start + length;
                    self.tag(tag, &text[start..told]);
                    at = told;
                    if self.native.is_some() {
                        self.push_native(&text[told..]);
                        return text.len();
                    }
                }
                Match::Partial if !complete => return start,
                Match::Partial | Match::None => at = start + 1,
            }
        }
        self.text(&text[told..]);
        text.len()
    }

    fn tag(&mut self, tag: Tag, raw: &str) {
        let act = self.format.act(self.state, tag, self.boundary);
        if act == Act::Keep || self.is_foreign(tag, raw) {
            return self.text(raw);
        }
        if act == Act::Quote {
            return self.quote(raw);
        }
        self.act(act, tag, raw);
        if tag == Tag::OpenReasoning {
            self.suffix = Some(self.format.suffix(raw).to_owned());
        }
        self.boundary = true;
    }

    /// Whether a closing tag has another suffix than the tag that opened the reasoning.
    fn is_foreign(&self, tag: Tag, raw: &str) -> bool {
        let suffix = self.suffix.as_deref().filter(|_| tag == Tag::CloseReasoning);
        suffix.is_some_and(|suffix| suffix != self.format.suffix(raw))
    }
}
