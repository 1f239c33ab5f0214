//! A shortcut past the JSON parser, for streams whose chunks differ in one string.
//!
//! ```text
//!  {"id":…,"choices":[{"index":0,"delta":{"content":"  8 bytes.  "},"finish_reason":null}]}
//!  └──────────────────── before ───────────────────┘└── text ──┘└───────── after ─────────┘
//! ```
//!
//! It is exact: where `before` and `after` equal those of a chunk that was parsed, and what is
//! between them is one JSON string, the JSON differs from that chunk's in the value of that string
//! and in nothing else.

use std::borrow::Cow;

use super::Chunk;
use super::delta::Content;

/// A chunk that was parsed, without its text.
#[derive(Debug, Default)]
pub(super) struct Template {
    field: Option<Field>,
    before: String,
    after: String,
}

/// Which of a chunk's strings is the text.
#[derive(Debug, Clone, Copy)]
enum Field {
    Content,
    Reasoning,
}

impl Template {
    /// The chunk in some data, if the data is like that of the chunk before.
    pub(super) fn read<'a>(&self, data: &'a str) -> Option<Chunk<'a>> {
        let field = self.field?;
        let rest = data.strip_prefix(self.before.as_str())?;
        let text = rest.strip_suffix(self.after.as_str())?;
        if text.bytes().all(is_plain) {
            return field.chunk(Cow::Borrowed(text));
        }
        let quoted = &data[self.before.len() - 1..=self.before.len() + text.len()];
        field.chunk(Cow::Owned(serde_json::from_str(quoted).ok()?))
    }

    /// Remembers a chunk that was parsed, if all that it says is one text.
    pub(super) fn learn(&mut self, data: &str, chunk: &Chunk<'_>) {
        let Some((field, text)) = only_text(chunk) else { return };
        let Some(start) = (text.as_ptr() as usize).checked_sub(data.as_ptr() as usize) else {
            return;
        };
        let parts = data.get(..start).zip(data.get(start + text.len()..));
        let Some((before, after)) = parts else { return };
        if before.ends_with('"') && after.starts_with('"') {
            self.field = Some(field);
            before.clone_into(&mut self.before);
            after.clone_into(&mut self.after);
        }
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

const fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}
