//! Who answered, by the first object of a reply: the id and the model that the server names.
//!
//! The parser has no use for either. They are looked for in the first bytes alone, and only where a
//! call is recorded.

use serde::Deserialize;
use serde_json::Value;

/// Bytes that are looked at; the first object of a stream is far smaller.
const MAX_BYTES: usize = 64 * 1024;
/// Characters that are kept of each: servers may write there what they like.
const MAX_CHARS: usize = 200;

/// Looks for who answered.
#[derive(Debug, Default)]
pub(super) enum Origin {
    /// Nothing has come.
    #[default]
    Unknown,
    /// The beginning of the reply, which names nobody yet.
    Partly(Vec<u8>),
    /// It was found, or is not looked for any longer.
    Over,
}

/// Who answered, as far as the server says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct First {
    id: Value,
    model: Value,
}

impl Origin {
    /// Looks at more bytes of a reply: events, or objects in JSON.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<Named> {
        let mut begun = match std::mem::replace(self, Self::Over) {
            Self::Unknown => Vec::new(),
            Self::Partly(begun) => begun,
            Self::Over => return None,
        };
        begun.extend_from_slice(&bytes[..bytes.len().min(MAX_BYTES - begun.len())]);
        let named = named(&begun);
        if named.is_none() && begun.len() < MAX_BYTES {
            *self = Self::Partly(begun);
        }
        named
    }
}

/// What the first object says that names anything.
fn named(begun: &[u8]) -> Option<Named> {
    let objects = begun.split(|byte| matches!(byte, b'\n' | b'\r'));
    let objects = objects.map(|line| line.strip_prefix(b"data:").unwrap_or(line));
    let whole = begun.trim_ascii_start().starts_with(b"{").then_some(begun);
    whole.into_iter().chain(objects).find_map(|text| {
        let first = serde_json::Deserializer::from_slice(text).into_iter::<First>().next()?.ok()?;
        let named = Named { id: word(&first.id), model: word(&first.model) };
        (named != Named::default()).then_some(named)
    })
}

fn word(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(text.chars().take(MAX_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, MAX_CHARS, Named, Origin};

    fn read(reply: &[&[u8]]) -> Option<Named> {
        let mut origin = Origin::default();
        let found: Vec<Named> = reply.iter().filter_map(|bytes| origin.read(bytes)).collect();
        assert!(found.len() <= 1, "{found:?}");
        found.into_iter().next()
    }

    #[test]
    fn finds_who_answered_wherever_the_bytes_are_cut() {
        for (case, reply, id, model) in [
            (
                "events",
                "data: {\"id\":\"c-1\",\"model\":\"m\"}\n\ndata: {\"id\":\"c-2\"}\n\n",
                Some("c-1"),
                Some("m"),
            ),
            ("a comment first", ": hi\r\n\r\ndata:{\"model\":\"m\"}\r\n\r\n", None, Some("m")),
            ("one object", "{\n \"id\": \"c-1\",\n \"model\": \"m\"\n}", Some("c-1"), Some("m")),
            ("objects", "{\"model\":\"m\",\"done\":false}\n{\"model\":\"n\"}\n", None, Some("m")),
            (
                "the second names it",
                "data: {\"id\":\"\"}\n\ndata: {\"id\":\"c\"}\n\n",
                Some("c"),
                None,
            ),
            ("of other types", "data: {\"id\":7,\"model\":null}\n\n", None, None),
            ("no JSON", "data: [DONE]\n\n", None, None),
        ] {
            let named = Named { id: id.map(Into::into), model: model.map(Into::into) };
            let expected = (named != Named::default()).then_some(named);
            for cut in 0..=reply.len() {
                let (one, other) = reply.as_bytes().split_at(cut);
                assert_eq!(read(&[one, other]), expected, "{case}, cut at {cut}");
            }
        }
    }

    #[test]
    fn looks_at_no_more_than_the_beginning() {
        let noise = vec![b' '; MAX_BYTES];
        assert_eq!(read(&[&noise, b"\ndata: {\"id\":\"c\"}\n\n"]), None);
        let long = format!("{{\"id\":\"{}\"}}", "ä".repeat(MAX_CHARS + 1));
        let named = read(&[long.as_bytes()]).and_then(|named| named.id);
        assert_eq!(named.map(|id| id.chars().count()), Some(MAX_CHARS));
    }
}
