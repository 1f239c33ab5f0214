//! How a model marks its reasoning: the markers of a format, as data, and how they are matched.

/// A way to mark reasoning and answer.
#[derive(Debug)]
pub(super) struct Format {
    /// The byte that each marker starts with.
    pub(super) first: u8,
    /// Each marker's pattern: a blank stands for any number of blanks, letters match in any ASCII case.
    pub(super) markers: &'static [(Tag, &'static str)],
}

/// What a marker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    OpenReasoning,
    CloseReasoning,
    EmptyReasoning,
    OpenAnswer,
    CloseAnswer,
}

/// What some text starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// A marker of so many bytes.
    Whole(Tag, usize),
    /// What may become a marker.
    Partial,
    /// Text.
    None,
}

/// The longest marker, blanks included, in bytes: what looks like a longer one is text.
const LONGEST: usize = 64;

/// `<analysis>…</analysis>` and `<final>…</final>`.
pub(super) const ANALYSIS_FINAL: Format = Format {
    first: b'<',
    markers: &[
        (Tag::OpenReasoning, "< analysis >"),
        (Tag::CloseReasoning, "< / analysis >"),
        (Tag::EmptyReasoning, "< analysis / >"),
        (Tag::OpenAnswer, "< final >"),
        (Tag::CloseAnswer, "< / final >"),
    ],
};

impl Format {
    /// What the text starts with, as far as the heeded tags go.
    pub(super) fn find(&self, text: &[u8], heeds: impl Fn(Tag) -> bool) -> Match {
        let mut found = Match::None;
        for &(tag, pattern) in self.markers.iter().filter(|(tag, _)| heeds(*tag)) {
            match compare(pattern, text) {
                Some(length) if length > LONGEST => {}
                Some(length) if length > 0 => return Match::Whole(tag, length),
                Some(_) if text.len() < LONGEST => found = Match::Partial,
                Some(_) | None => {}
            }
        }
        found
    }
}

/// The length of the pattern's match at the start of the text; 0 if the text ends within it.
fn compare(pattern: &str, text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for wanted in pattern.bytes() {
        if wanted == b' ' {
            at += text[at..].iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
            continue;
        }
        match text.get(at) {
            None => return Some(0),
            Some(byte) if byte.eq_ignore_ascii_case(&wanted) => at += 1,
            Some(_) => return None,
        }
    }
    Some(at)
}
