//! A text with slots: places where the value of a member stands that nobody reads.

use super::member::{Kind, Slot};

/// What a text must be, slots aside.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// The text without what stood in the slots.
    fixed: String,
    /// Where in `fixed` each slot is, in order.
    slots: Vec<(usize, Kind)>,
}

impl Pattern {
    /// Becomes the pattern of a text that starts at `offset` of what the slots' places count in.
    pub(super) fn learn(&mut self, text: &str, offset: usize, slots: &[Slot]) {
        self.fixed.clear();
        self.slots.clear();
        let mut told = 0;
        for slot in slots {
            self.fixed.push_str(&text[told..slot.range.start - offset]);
            self.slots.push((self.fixed.len(), slot.kind));
            told = slot.range.end - offset;
        }
        self.fixed.push_str(&text[told..]);
    }

    /// What follows the pattern, if the text starts with it.
    pub(super) fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (mut rest, mut from) = (text, 0);
        for &(at, kind) in &self.slots {
            rest = rest.strip_prefix(&self.fixed[from..at])?;
            rest = kind.strip(rest)?;
            from = at;
        }
        rest.strip_prefix(&self.fixed[from..])
    }
}

impl Kind {
    /// What follows a value of this kind: a text's end quote, or what ends a number.
    fn strip(self, text: &str) -> Option<&str> {
        let bytes = text.as_bytes();
        let length = match self {
            Self::Text => bytes.iter().take_while(|&&byte| is_plain(byte)).count(),
            Self::Number => bytes.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        };
        let is_number = length == 1 || (length > 1 && bytes[0] != b'0');
        // What follows is told by the pattern: a quote, or what may stand after a number.
        (self == Self::Text || is_number).then(|| &text[length..])
    }
}

/// Whether a string may hold the byte as it is; a quote would end it.
pub(super) const fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}
