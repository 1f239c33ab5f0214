//! Server-sent events, both ways: bytes to events, events to bytes.
//!
//! ```text
//!  push ──▶ bytes ──▶ lines ──▶ block ──▶ SseEvent      (a blank line ends a block)
//! ```
//!
//! The rules are those of the HTML Standard, section 9.2, with what it lacks: limits. Where bytes
//! are cut never changes what comes out. Time is linear: no byte is scanned twice for a line's end.

mod block;
#[cfg(test)]
mod tests;

use std::ops::Range;

use memchr::{memchr, memchr2};

use self::block::{Asides, Block, Data, KEPT_CAPACITY, Rare};

/// So few bytes are searched one by one.
const SHORT: usize = 16;

/// A buffer of at most so many bytes is let go of once it is empty, if one push has filled it: the
/// next event may be long in coming, and what is allocated then is still in the processor's cache.
const RELEASED_CAPACITY: usize = 1 << 10;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How much of a stream may be held, in bytes; line ends are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest line, be it a comment.
    pub line: usize,
    /// The longest block: all lines up to the blank one that ends it, comments included.
    pub event: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 1 << 20, event: 4 << 20 }
    }
}

/// One event, borrowed from its decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// Its type; `message` where the stream names none.
    pub name: &'a str,
    /// Its data lines, joined by LF.
    pub data: &'a str,
    /// The last id that the stream gave, with this event or earlier; empty where none was given.
    pub id: &'a str,
}

/// A line or a block is longer than its limit. The stream can't be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line or an event of the stream is longer than {limit} bytes")]
pub struct TooLong {
    /// The limit, in bytes.
    pub limit: usize,
}

/// Reads events from bytes.
///
/// After each `push`, `pop` until there is nothing more: what is held is then at most one block.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    state: State,
    /// What is not yet read, and the data line of the current block.
    bytes: Vec<u8>,
    /// Whether all of these came with the last push.
    came_at_once: bool,
    /// Where the current line starts.
    line: usize,
    /// How far the current line was searched for its end.
    searched: usize,
    block: Block,
    /// What few streams say.
    asides: Option<Box<Asides>>,
    bad_utf8: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A byte order mark may come.
    Start,
    /// Lines come.
    Lines,
    /// A CR ended the line before: an LF right after it belongs to it.
    AfterCr,
    /// A limit was passed, or the stream is over.
    Over,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Start,
            bytes: Vec::new(),
            came_at_once: false,
            line: 0,
            searched: 0,
            block: Block::default(),
            asides: None,
            bad_utf8: false,
        }
    }

    /// Takes more of the stream. After [`TooLong`] bytes are ignored.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.state == State::Over {
            return;
        }
        self.came_at_once = self.bytes.is_empty();
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes a few bytes if they are but more of one line, and says whether they were: then there
    /// is nothing to pop. Call it after `pop` had nothing more.
    #[inline]
    pub(crate) fn continue_line(&mut self, bytes: &[u8]) -> bool {
        let length = self.bytes.len() - self.line + bytes.len();
        let is_part = bytes.len() < SHORT
            && self.state == State::Lines
            && self.searched == self.bytes.len()
            && line_end(bytes).is_none()
            && self.check(length).is_ok();
        if is_part {
            self.bytes.extend_from_slice(bytes);
            self.searched = self.bytes.len();
        }
        is_part
    }

    /// The next complete event, if there is one.
    ///
    /// # Errors
    ///
    /// [`TooLong`], once: nothing follows it.
    pub fn pop(&mut self) -> Option<Result<SseEvent<'_>, TooLong>> {
        self.block.renew();
        while let Some(line) = self.next_line() {
            if let Err(too_long) = self.check(line.len()) {
                return Some(Err(self.break_off(too_long)));
            }
            if !line.is_empty() {
                self.read_field(line);
            } else if self.end_block() {
                return Some(Ok(self.event()));
            }
        }
        // What may become a byte order mark is no line.
        let pending = if self.state == State::Start { 0 } else { self.bytes.len() - self.line };
        if let Err(too_long) = self.check(pending) {
            return Some(Err(self.break_off(too_long)));
        }
        self.compact();
        None
    }

    /// Ends the stream: the event whose blank line never came, if it has data.
    ///
    /// A browser discards it. Some model servers leave the last blank line out, so that a reader
    /// of theirs may want to look at it. Call it when `pop` has nothing more.
    pub fn pop_unfinished(&mut self) -> Option<SseEvent<'_>> {
        if self.state == State::Over {
            return None;
        }
        self.block.renew();
        self.state = State::Over;
        let rest = self.line..self.bytes.len();
        if !rest.is_empty() {
            self.read_field(rest);
        }
        self.end_block().then(|| self.event())
    }

    /// Whether bytes of a name, an id or data were not UTF-8 and became U+FFFD, so far.
    pub fn bad_utf8(&self) -> bool {
        self.bad_utf8
    }

    /// The reconnection time that the stream asked for, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.asides.as_ref()?.retry
    }

    /// The last id that a completed block gave.
    pub fn last_event_id(&self) -> &str {
        self.asides.as_ref().map_or("", |asides| &asides.id)
    }

    /// The next complete line without its end, as a range of `bytes`.
    fn next_line(&mut self) -> Option<Range<usize>> {
        self.start_line()?;
        let Some(offset) = line_end(&self.bytes[self.searched..]) else {
            self.searched = self.bytes.len();
            return None;
        };
        let end = self.searched + offset;
        if self.bytes[end] == b'\r' {
            self.state = State::AfterCr;
        }
        let line = self.line..end;
        self.skip_to(end + 1);
        Some(line)
    }

    /// Skips what may stand before a line; `None` while that can't be told.
    fn start_line(&mut self) -> Option<()> {
        match self.state {
            State::Lines => Some(()),
            State::Over => None,
            State::AfterCr => {
                if *self.bytes.get(self.line)? == b'\n' {
                    self.skip_to(self.line + 1);
                }
                self.state = State::Lines;
                Some(())
            }
            State::Start => {
                if self.bytes.starts_with(BYTE_ORDER_MARK) {
                    self.skip_to(BYTE_ORDER_MARK.len());
                } else if BYTE_ORDER_MARK.starts_with(&self.bytes) {
                    return None;
                }
                self.state = State::Lines;
                Some(())
            }
        }
    }

    fn skip_to(&mut self, line: usize) {
        self.line = line;
        self.searched = line;
    }

    /// Whether a line of so many bytes still fits; the limit that it meets first is to blame.
    fn check(&self, length: usize) -> Result<(), TooLong> {
        let room = self.limits.event - self.block.length;
        let limit = if room < self.limits.line { self.limits.event } else { self.limits.line };
        if length > room.min(self.limits.line) { Err(TooLong { limit }) } else { Ok(()) }
    }

    fn break_off(&mut self, too_long: TooLong) -> TooLong {
        self.state = State::Over;
        self.bytes = Vec::new();
        self.skip_to(0);
        self.block = Block::default();
        too_long
    }

    fn read_field(&mut self, line: Range<usize>) {
        self.block.length += line.len();
        let bytes = &self.bytes[line.clone()];
        let colon = memchr(b':', bytes).unwrap_or(bytes.len());
        let (name, rest) = bytes.split_at(colon);
        let value = rest.strip_prefix(b":").unwrap_or(rest);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => self.block.add_data(&self.bytes, line.end - value.len()..line.end),
            b"event" => self.block.rare().name = text(value, &mut self.bad_utf8),
            b"id" if memchr(0, value).is_none() => {
                let next_id = text(value, &mut self.bad_utf8);
                self.asides.get_or_insert_default().next_id = next_id;
            }
            b"retry" => {
                let retry = milliseconds(value);
                let asides = self.asides.get_or_insert_default();
                asides.retry = retry.or(asides.retry);
            }
            _ => {}
        }
    }

    /// Ends the block; says whether it is an event.
    fn end_block(&mut self) -> bool {
        if let Some(Asides { next_id, id, .. }) = self.asides.as_deref_mut()
            && id != next_id
        {
            id.clone_from(next_id);
        }
        self.block.dispatched = true;
        if self.block.data == Data::None {
            self.block.renew();
        }
        self.block.dispatched
    }

    fn event(&mut self) -> SseEvent<'_> {
        let Block { data, rare, repaired, .. } = &mut self.block;
        let rare = rare.as_deref();
        let data = match data {
            Data::None => &[],
            Data::Line(range) => &self.bytes[range.clone()],
            Data::Joined => rare.map_or(&[][..], Rare::joined),
        };
        let data = std::str::from_utf8(data)
            .unwrap_or_else(|_| repaired.insert(text(data, &mut self.bad_utf8).into_boxed_str()));
        let name = rare.map_or("", |rare| &rare.name);
        let name = if name.is_empty() { "message" } else { name };
        SseEvent { name, data, id: self.asides.as_ref().map_or("", |asides| &asides.id) }
    }

    /// Forgets what was read, once that is at least half of what is held.
    fn compact(&mut self) {
        let keep = match &self.block.data {
            Data::Line(range) => range.start,
            Data::None | Data::Joined => self.line,
        };
        if keep == 0 || keep < self.bytes.len() / 2 {
            return;
        }
        let is_short = self.came_at_once && self.bytes.capacity() <= RELEASED_CAPACITY;
        if is_short && keep == self.bytes.len() {
            self.bytes = Vec::new();
            self.skip_to(0);
            return;
        }
        self.bytes.drain(..keep);
        self.line -= keep;
        self.searched -= keep;
        if let Data::Line(range) = &mut self.block.data {
            *range = range.start - keep..range.end - keep;
        }
        if self.bytes.len() < self.bytes.capacity() / 4 {
            self.bytes.shrink_to(KEPT_CAPACITY);
        }
    }
}

/// Where a line ends; a short look is cheaper than a call.
#[inline]
fn line_end(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < SHORT {
        return bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    }
    memchr2(b'\n', b'\r', bytes)
}

/// The text of some bytes, and whether any of them had to be replaced.
fn text(bytes: &[u8], bad_utf8: &mut bool) -> String {
    let text = String::from_utf8_lossy(bytes);
    *bad_utf8 |= matches!(text, std::borrow::Cow::Owned(_));
    text.into_owned()
}

/// A whole number of ASCII digits; one that is too large counts as the largest.
fn milliseconds(digits: &[u8]) -> Option<u64> {
    let whole = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    whole.then(|| {
        digits.iter().fold(0_u64, |value, digit| {
            value.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        })
    })
}

/// Appends one event; without a name it is a `message`.
///
/// A decoder gives the same name and data back, except that a CR or CRLF in the data arrives as
/// LF, and that line ends in the name are left out: neither can start a field of its own.
pub fn write_event(name: Option<&str>, data: &str, out: &mut Vec<u8>) {
    if let Some(name) = name {
        write_line(b"event: ", name, out);
    }
    let mut rest = data.as_bytes();
    while let Some(end) = memchr2(b'\n', b'\r', rest) {
        write_bytes(b"data: ", &rest[..end], out);
        let ending = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = &rest[end + ending..];
    }
    write_bytes(b"data: ", rest, out);
    out.push(b'\n');
}

/// Appends a comment, which decoders skip: a sign of life. Line ends in the text are left out.
pub fn write_comment(text: &str, out: &mut Vec<u8>) {
    write_line(b": ", text, out);
    out.push(b'\n');
}

fn write_line(field: &[u8], text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(field);
    out.extend(text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
    out.push(b'\n');
}

fn write_bytes(field: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(field);
    out.extend_from_slice(value);
    out.push(b'\n');
}
