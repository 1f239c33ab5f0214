//! Text that was read and not yet told, because what follows decides what it is.

/// The longest whitespace that is held, in bytes: more is text, whatever follows.
const LONGEST_BLANK: usize = 64 << 10;

/// Text in the opening, else whitespace or a tag.
#[derive(Debug, Default)]
pub(super) struct Held {
    text: String,
    /// The length of `text` in the opening, in characters.
    chars: usize,
    /// The length of the whitespace that the text ends with, told or not, in bytes.
    blank: usize,
}

impl Held {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn chars(&self) -> usize {
        self.chars
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds text of the opening, where characters count.
    pub(super) fn push_counted(&mut self, text: &str) {
        self.push(text);
        self.chars += text.chars().count();
    }

    /// The part of the next text that can be told: all but whitespace at its end that may be held.
    pub(super) fn tellable<'a>(&mut self, text: &'a str) -> &'a str {
        let told = text.trim_end();
        let blank = text.len() - told.len();
        self.blank = if told.is_empty() { self.blank + blank } else { blank };
        if self.blank > LONGEST_BLANK { text } else { told }
    }

    /// What was held is told.
    pub(super) fn told(&mut self) {
        self.text.clear();
        self.chars = 0;
    }

    /// What is held, to be told.
    pub(super) fn take(&mut self) -> String {
        self.chars = 0;
        std::mem::take(&mut self.text)
    }

    /// Drops what is held.
    pub(super) fn clear(&mut self) {
        self.told();
        self.blank = 0;
    }
}
