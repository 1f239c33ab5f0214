//! Reads an upstream's body into pieces: the decoder, the classifier and the splitter in one.
//!
//! ```text
//!  bytes ──▶ sse::Decoder ──▶ Signal ──▶ Splitter ──▶ Piece
//!                └─ too long ─┴─ malformed, reported ──▶ Fault
//! ```
//!
//! It does not judge how a stream ended: that it lacks `[DONE]` or a finish reason is for its user to see.

use crate::capability::Capability;
use crate::chunk::delta::{Content, Part};
use crate::chunk::{Chunk, Classifier, Malformed, Signal};
use crate::on_missing_final::OnMissingFinal;
use crate::piece::{Piece, StreamFault, Warning};
use crate::splitter::Splitter;
use crate::sse::{Decoder, Limits};

/// How a body is framed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events, each a chunk.
    #[default]
    Sse,
    /// One completion in JSON.
    Json,
}

/// How to read a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderOptions {
    /// How it is framed.
    pub framing: Framing,
    /// How the model marks its reasoning.
    pub capability: Capability,
    /// Whether reasoning that the upstream told apart counts; else it is dropped unseen.
    pub parse_reasoning: bool,
    /// What text after a closed analysis is, if no `<final>` came.
    pub on_missing_final: OnMissingFinal,
    /// How much may be held; a whole completion is one event.
    pub limits: Limits,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            framing: Framing::default(),
            capability: Capability::default(),
            parse_reasoning: true,
            on_missing_final: OnMissingFinal::default(),
            limits: Limits::default(),
        }
    }
}

/// Reads a body into pieces. After each `push`, `pop` until there is nothing more.
///
/// ```
/// use reasoning_stream::{Piece, Reader, ReaderOptions};
///
/// let mut reader = Reader::new(ReaderOptions::default());
/// reader.push(b"data: {\"choices\":[{\"delta\":{\"reasoning\":\"6 x 7\"}}]}\n\n");
/// reader.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"42\"}}]}\n\ndata: [DONE]\n\n");
/// reader.finish();
/// let pieces: Vec<Piece> = std::iter::from_fn(|| reader.pop()).collect();
/// assert_eq!(
///     pieces,
///     [
///         Piece::Reasoning("6 x 7".into()),
///         Piece::ReasoningEnd,
///         Piece::Answer("42".into()),
///         Piece::Done,
///     ]
/// );
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct Reader {
    source: Source,
    teller: Teller,
}

#[derive(Debug)]
enum Source {
    Sse(Decoder),
    /// A whole body as far as it came, and its limit in bytes.
    Json {
        body: Vec<u8>,
        limit: usize,
    },
}

/// Turns signals into pieces.
#[derive(Debug)]
#[repr(C)]
struct Teller {
    parse_reasoning: bool,
    /// What follows is ignored.
    over: bool,
    classifier: Classifier,
    splitter: Splitter,
}

impl Reader {
    /// A reader at the start of a body.
    pub fn new(options: ReaderOptions) -> Self {
        let source = match options.framing {
            Framing::Sse => Source::Sse(Decoder::new(options.limits)),
            Framing::Json => Source::Json { body: Vec::new(), limit: options.limits.event },
        };
        let splitter = Splitter::with_capability(options.capability, options.on_missing_final);
        let teller = Teller {
            classifier: Classifier::default(),
            splitter,
            parse_reasoning: options.parse_reasoning,
            over: false,
        };
        Self { source, teller }
    }

    /// Takes more of the body.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.teller.over {
            return;
        }
        match &mut self.source {
            Source::Sse(decoder) => self.teller.read_events(decoder, bytes),
            Source::Json { body, limit } => {
                let blanks =
                    if body.is_empty() { bytes.len() - bytes.trim_ascii_start().len() } else { 0 };
                body.extend_from_slice(&bytes[blanks..]);
                if body.len() > *limit {
                    *body = Vec::new();
                    self.teller.break_off(StreamFault::LineTooLong { limit: *limit });
                }
            }
        }
    }

    /// What the data of the next event is likely to be, but for its text; empty as long as nothing was
    /// learnt. Whoever is about to push it may have this fetched into the processor's cache.
    pub fn expected(&self) -> &str {
        self.teller.classifier.expected()
    }

    /// The next piece, if there is one.
    pub fn pop(&mut self) -> Option<Piece> {
        self.teller.splitter.pop()
    }

    /// Takes the end of the body: what was held back is told.
    ///
    /// A last event without its blank line is read if it is complete, because some servers leave
    /// that line out; one that was cut in two is dropped.
    pub fn finish(&mut self) {
        if self.teller.over {
            return;
        }
        match &mut self.source {
            Source::Sse(decoder) => self.teller.finish_events(decoder),
            Source::Json { body, .. } => self.teller.read_completion(body),
        }
    }
}

impl Teller {
    fn read_events(&mut self, decoder: &mut Decoder, bytes: &[u8]) {
        if decoder.continue_line(bytes) {
            return;
        }
        decoder.push(bytes);
        while let Some(next) = decoder.pop() {
            match next {
                Ok(event) => {
                    let signal = self.classifier.read(event.name, event.data);
                    self.take(signal);
                }
                Err(too_long) => self.break_off(StreamFault::LineTooLong { limit: too_long.limit }),
            }
            if self.over {
                return;
            }
            self.warn_of_bad_utf8(decoder.bad_utf8());
        }
    }

    fn finish_events(&mut self, decoder: &mut Decoder) {
        if let Some(event) = decoder.pop_unfinished()
            && let Ok(signal) = self.classifier.read(event.name, event.data)
        {
            self.take(Ok(signal));
        }
        if !self.over {
            self.warn_of_bad_utf8(decoder.bad_utf8());
            self.splitter.finish();
            self.over = true;
        }
    }

    /// Reads a whole completion as one chunk and the end.
    fn read_completion(&mut self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        self.warn_of_bad_utf8(matches!(text, std::borrow::Cow::Owned(_)));
        let json = text.strip_prefix('\u{feff}').unwrap_or(&text);
        match self.classifier.read("message", json) {
            Ok(Signal::Done | Signal::Ignored) => self.take(Err(Malformed)),
            signal => self.take(signal),
        }
        if !self.over {
            self.take(Ok(Signal::Done));
        }
    }

    fn take(&mut self, signal: Result<Signal<'_>, Malformed>) {
        match signal {
            Ok(Signal::Chunk(chunk)) => self.tell(chunk),
            Ok(Signal::Done) => {
                self.splitter.finish();
                self.splitter.pass(Piece::Done);
                self.over = true;
            }
            Ok(Signal::Reported(error)) => self.break_off(StreamFault::Reported(error)),
            Ok(Signal::Ignored) => {}
            Err(Malformed) => self.break_off(StreamFault::Malformed),
        }
    }

    fn tell(&mut self, chunk: Chunk<'_>) {
        let has_field = !chunk.reasoning.is_empty();
        self.tell_reasoning(&chunk.reasoning);
        match &chunk.content {
            Content::None => {}
            Content::Text(text) => self.splitter.push(text),
            Content::Parts(parts) => parts.iter().for_each(|part| self.tell_part(part, has_field)),
        }
        if !chunk.tool_calls.is_empty() {
            self.splitter.push_piece(Piece::ToolCalls(chunk.tool_calls));
        }
        let usage = chunk.usage.map(|usage| Piece::Usage(Box::new(usage)));
        for piece in [chunk.finish.map(Piece::Finish), usage] {
            piece.into_iter().for_each(|piece| self.splitter.pass(piece));
        }
        if let Some(error) = chunk.failed {
            self.break_off(StreamFault::Reported(error));
        }
    }

    /// A part of a list; what it thinks is said once, though a field may repeat it.
    fn tell_part(&mut self, part: &Part<'_>, has_field: bool) {
        match part {
            Part::Text(text) => self.splitter.push(text),
            Part::Thinking(_) if has_field => {}
            Part::Thinking(text) => self.tell_reasoning(text),
        }
    }

    fn tell_reasoning(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.splitter.tell_apart();
        if self.parse_reasoning {
            self.splitter.push_reasoning(text);
        }
    }

    /// Nothing can be read on. What is held back stays untold: no answer may look complete.
    fn break_off(&mut self, fault: StreamFault) {
        self.splitter.pass(Piece::Fault(fault));
        self.over = true;
    }

    fn warn_of_bad_utf8(&mut self, seen: bool) {
        if seen {
            self.splitter.warn(Warning::BadUtf8);
        }
    }
}
