//! A summary of the reasoning that grows while the model thinks: one line for each section.
//!
//! ```text
//!  reasoning ──▶ Sections ──one call at a time──▶ lines ──▶ the client, once it may hear them
//!                    ▲                 │
//!                    └── not told ◀────┘
//! ```
//!
//! Each call reads one section and the end of what was told, so that all of them together read
//! little more than the reasoning. A section that comes while a call runs waits, and grows.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use reasoning_stream::{Source, Stage, SummaryDelta};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep_until};

use super::failure::Failure;
use super::sections::{SectionLimits, Sections};
use super::summary::Summariser;
use super::summary::call::Written;
use super::summary::writing::panicked;
use super::task::Started;
use super::text::{Excerpt, last_words};
use crate::upstream::error::UpstreamError;

/// Sections in a row that may fail; then only the end of the reasoning is tried again.
const MAX_FAILURES: u32 = 3;
/// Characters of what was told that the next call reads.
const SO_FAR_CHARS: usize = 120;
/// Pieces of a line that may wait to be taken.
const WAITING_PIECES: usize = 16;

/// A summary that grows.
pub(super) struct Live {
    sections: Sections,
    kept: usize,
    call: Option<Telling>,
    /// What was told of this run of the answer.
    lines: Vec<String>,
    /// What the client has not got yet.
    waiting: Vec<SummaryDelta>,
    /// The index of the next line, and that of the first one that nobody has taken.
    next: u32,
    untaken: u32,
    /// Whether the next line is about other thoughts than those before it.
    anew: bool,
    source: Source,
    failures: u32,
    state: State,
    timer: Pin<Box<Sleep>>,
}

/// How far the reasoning has come.
enum State {
    /// The model thinks.
    Thinking,
    /// It has thought; the last section is still to be told.
    Ending,
    /// All was told, or the last section could not be.
    Over(Option<Failure>),
}

/// A section that is being told.
struct Telling {
    work: Started<Result<Written, UpstreamError>>,
    pieces: mpsc::Receiver<String>,
    section: String,
    /// What was told of it, once anything was.
    line: Option<Line>,
}

struct Line {
    index: u32,
    text: String,
}

impl Live {
    pub(super) fn new(summariser: &Summariser) -> Self {
        let config = summariser.config();
        let kept = config.max_reasoning_chars;
        let limits = SectionLimits { chars: config.section_chars, time: config.section_time, kept };
        Self {
            sections: Sections::new(limits),
            kept,
            call: None,
            lines: Vec::new(),
            waiting: Vec::new(),
            next: 0,
            untaken: 0,
            anew: false,
            source: Source::Model,
            failures: 0,
            state: State::Thinking,
            timer: Box::pin(sleep_until(Instant::now())),
        }
    }

    /// The model thought more. After its end that means that it goes on.
    pub(super) fn push(&mut self, text: &str) {
        if !matches!(self.state, State::Thinking) {
            self.take_back();
            self.state = State::Thinking;
        }
        self.sections.push(text, Instant::now());
    }

    /// The last bytes were no thoughts.
    pub(super) fn retract(&mut self, bytes: usize) {
        self.sections.retract(bytes);
    }

    /// The model has thought: what is left is the last section.
    pub(super) fn end(&mut self) {
        if matches!(self.state, State::Thinking) {
            self.take_back();
            self.state = State::Ending;
        }
    }

    /// Its thoughts are void. What the client has of them stays; the next line says so.
    pub(super) fn begin_anew(&mut self) {
        self.call = None;
        self.sections.rest();
        self.lines.clear();
        self.waiting.clear();
        self.next = self.untaken;
        self.anew = self.next > 0;
        (self.source, self.failures, self.state) = (Source::Model, 0, State::Thinking);
    }

    /// Does what can be done at this moment.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, summariser: &Summariser) {
        loop {
            if let Some(telling) = self.call.take()
                && let Poll::Pending = self.poll_telling(cx, telling)
            {
                return;
            }
            let now = Instant::now();
            let section = match self.state {
                State::Over(_) => return,
                State::Ending if self.sections.is_blank() => {
                    self.state = State::Over(None);
                    return;
                }
                State::Ending => self.sections.rest(),
                State::Thinking if self.failures >= MAX_FAILURES => return,
                State::Thinking if self.sections.is_due(now) => self.sections.cut(now),
                State::Thinking => match self.poll_timer(cx) {
                    Poll::Ready(()) => continue,
                    Poll::Pending => return,
                },
            };
            self.call = Some(self.start(section, summariser));
        }
    }

    /// What the client is to be told. Whoever takes it sends it.
    pub(super) fn take(&mut self) -> Vec<SummaryDelta> {
        self.untaken = self.next;
        std::mem::take(&mut self.waiting)
    }

    /// Whether nothing more will be told.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.state, State::Over(_)) && self.waiting.is_empty()
    }

    /// Stops at this moment.
    pub(super) fn give_up(&mut self, error: &UpstreamError) {
        if !matches!(self.state, State::Over(_)) {
            self.state = State::Over(Some(Failure::upstream(Stage::ReasoningSummary, error)));
        }
        if let Some(Telling { line: Some(line), .. }) = self.call.take() {
            self.break_off(line);
        }
    }

    /// All that was told of this run, who told it, and why the end is missing.
    pub(super) fn outcome(&mut self) -> (String, Source, Option<Failure>) {
        let failure = match &mut self.state {
            State::Thinking | State::Ending => None,
            State::Over(failure) => failure.take(),
        };
        let source = if failure.is_some() { Source::Rolling } else { self.source };
        (self.lines.join("\n"), source, failure)
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.sections.due_at() else { return Poll::Pending };
        if self.timer.deadline() != due {
            self.timer.as_mut().reset(due);
        }
        self.timer.as_mut().poll(cx)
    }

    fn start(&self, section: String, summariser: &Summariser) -> Telling {
        let (listener, pieces) = mpsc::channel(WAITING_PIECES);
        let so_far = last_words(self.lines.last().map_or("", String::as_str), SO_FAR_CHARS);
        let text = Excerpt::of(section.trim(), self.kept);
        let work = summariser.start_section(&text, so_far, listener);
        Telling { work, pieces, section, line: None }
    }

    /// Gives up the call under way, unless something of it was told: its section joins the next.
    fn take_back(&mut self) {
        if let Some(telling) = self.call.take_if(|telling| telling.line.is_none()) {
            self.sections.put_back(&telling.section, Instant::now());
        }
    }

    fn poll_telling(&mut self, cx: &mut Context<'_>, mut telling: Telling) -> Poll<()> {
        while let Poll::Ready(Some(piece)) = telling.pieces.poll_recv(cx) {
            self.tell(&mut telling.line, &piece);
        }
        let Poll::Ready(result) = Pin::new(&mut telling.work).poll(cx) else {
            self.call = Some(telling);
            return Poll::Pending;
        };
        while let Ok(piece) = telling.pieces.try_recv() {
            self.tell(&mut telling.line, &piece);
        }
        self.settle(telling, result);
        Poll::Ready(())
    }

    fn settle(&mut self, mut telling: Telling, result: Option<Result<Written, UpstreamError>>) {
        let failure = match result {
            Some(Ok(written)) => {
                if telling.line.is_none() {
                    self.tell(&mut telling.line, &written.text);
                }
                if written.source == Source::SecondModel {
                    self.source = Source::SecondModel;
                }
                self.failures = 0;
                self.lines.extend(telling.line.map(|line| line.text));
                return;
            }
            Some(Err(error)) => Failure::upstream(Stage::ReasoningSummary, &error),
            None => panicked(Stage::ReasoningSummary),
        };
        self.failures += 1;
        match telling.line {
            Some(line) => self.break_off(line),
            None => self.sections.put_back(&telling.section, Instant::now()),
        }
        if matches!(self.state, State::Ending) {
            self.state = State::Over(Some(failure));
        }
    }

    /// Tells more of a line; nothing is told twice.
    fn tell(&mut self, line: &mut Option<Line>, piece: &str) {
        let line = line.get_or_insert_with(|| {
            self.next += 1;
            Line { index: self.next - 1, text: String::new() }
        });
        line.text.push_str(piece);
        match self.waiting.last_mut() {
            Some(last) if last.index == line.index => last.text.push_str(piece),
            _ => self.waiting.push(SummaryDelta {
                text: piece.to_owned(),
                index: line.index,
                restarted: std::mem::take(&mut self.anew),
            }),
        }
    }

    fn break_off(&mut self, line: Line) {
        let is_open = !line.text.ends_with('…');
        let mut broken = Some(line);
        if is_open {
            self.tell(&mut broken, "…");
        }
        self.lines.extend(broken.map(|line| line.text));
    }
}
