//! A shortcut past the JSON parser, for streams whose chunks differ in little that matters.
//!
//! ```text
//!  {"id":" … ","created": … ,"choices":[{"index":0,"delta":{"content":"  8 bytes.  "},"finish_reason":null}]}
//!  └────────┴─────────────┴────────────── before ──────────────────────┘└── text ──┘└───────── after ─────────┘
//! ```
//!
//! It is exact: where `before` and `after` match those of a chunk that was parsed, and what is
//! between them is one JSON string, the JSON differs from that chunk's in the value of that string,
//! in values that nobody reads, and in nothing else.

mod member;
mod pattern;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use memchr::memchr2;

use self::member::unread;
use self::pattern::{Pattern, is_plain};
use super::Chunk;
use super::delta::Content;

/// A chunk that was parsed, without its text.
#[derive(Debug, Default)]
pub(super) struct Template {
    field: Option<Field>,
    /// The chunk that was like this last.
    last: String,
    /// Where its text was.
    split: usize,
    /// What stands before the text, and after it. The last chunk tells of most without them.
    patterns: Option<Box<(Pattern, Pattern)>>,
}

/// Which of a chunk's strings is the text.
#[derive(Debug, Clone, Copy)]
enum Field {
    Content,
    Reasoning,
}

impl Template {
    /// The last chunk, without its text.
    pub(super) fn last(&self) -> &str {
        &self.last
    }

    /// The chunk in some data, if the data is like that of the chunk before.
    pub(super) fn read<'a>(&mut self, data: &'a str) -> Option<Chunk<'a>> {
        let field = self.field?;
        let (start, text) = self.alike(data).or_else(|| self.similar(data))?;
        if text.bytes().all(is_plain) {
            return field.chunk(Cow::Borrowed(text));
        }
        let quoted = &data[start - 1..=start + text.len()];
        field.chunk(Cow::Owned(serde_json::from_str(quoted).ok()?))
    }

    /// The text and its place, if all else is as it was. What is no JSON string shows later.
    fn alike<'a>(&self, data: &'a str) -> Option<(usize, &'a str)> {
        let (before, after) = self.last.split_at(self.split);
        let text = data.strip_prefix(before)?.strip_suffix(after)?;
        Some((before.len(), text))
    }

    /// The text and its place, if values that nobody reads are all that differs; they are kept.
    fn similar<'a>(&mut self, data: &'a str) -> Option<(usize, &'a str)> {
        let (before, after) = self.patterns.as_deref()?;
        let rest = before.strip(data)?;
        let start = data.len() - rest.len();
        let end = start + end_of_string(rest)?;
        if !after.strip(&data[end..])?.is_empty() {
            return None;
        }
        self.keep(&data[..start], &data[end..]);
        Some((start, &data[start..end]))
    }

    /// Remembers a chunk that is like this, by what stands before its text and after it.
    fn keep(&mut self, before: &str, after: &str) {
        self.last.clear();
        self.last.push_str(before);
        self.last.push_str(after);
        self.split = before.len();
    }

    /// Remembers a chunk that was parsed, if all that it says is one text.
    pub(super) fn learn(&mut self, data: &str, chunk: &Chunk<'_>) {
        let Some((field, text)) = only_text(chunk) else { return };
        let Some(start) = (text.as_ptr() as usize).checked_sub(data.as_ptr() as usize) else {
            return;
        };
        let parts = data.get(..start).zip(data.get(start + text.len()..));
        let Some((before, after)) = parts else { return };
        if !(before.ends_with('"') && after.starts_with('"')) {
            return;
        }
        self.field = Some(field);
        let offset = data.len() - after.len();
        let unread = unread(data);
        let split = unread.partition_point(|slot| slot.range.start < start);
        let patterns = self.patterns.get_or_insert_default();
        patterns.0.learn(before, 0, &unread[..split]);
        patterns.1.learn(after, offset, &unread[split..]);
        self.keep(before, after);
    }
}

impl Field {
    /// A chunk of one text; an empty one leaves the word to the chunk's other fields.
    fn chunk(self, text: Cow<'_, str>) -> Option<Chunk<'_>> {
        let chunk = match self {
            _ if text.is_empty() => return None,
            Self::Content => Chunk { content: Content::Text(text), ..Chunk::default() },
            Self::Reasoning => Chunk { reasoning: text, ..Chunk::default() },
        };
        Some(chunk)
    }
}

/// Where the string ends in which this is; its escapes are not judged.
fn end_of_string(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.as_bytes().get(at..)?)?;
        if text.as_bytes()[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// The text of a chunk that says nothing else, if it lies in the chunk's data.
fn only_text<'a>(chunk: &'a Chunk<'_>) -> Option<(Field, &'a str)> {
    let silent = chunk.tool_calls.is_empty()
        && chunk.finish.is_none()
        && chunk.usage.is_none()
        && chunk.failed.is_none();
    if !silent {
        return None;
    }
    match (&chunk.content, &chunk.reasoning) {
        (Content::Text(Cow::Borrowed(text)), reasoning) if reasoning.is_empty() => {
            Some((Field::Content, text))
        }
        (content, Cow::Borrowed(text)) if !text.is_empty() && content.is_empty() => {
            Some((Field::Reasoning, text))
        }
        _ => None,
    }
}
