//! One character, how it looks, and whether a line may be broken at it.

use anstyle::Style;

/// A character on its way to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ink {
    /// The character.
    pub(crate) character: char,
    /// How it looks.
    pub(crate) style: Style,
    /// Whether a blank here may become the end of a line.
    pub(crate) breaks: bool,
}

impl Ink {
    /// A character of running text.
    pub(crate) const fn flowing(character: char, style: Style) -> Self {
        Self { character, style, breaks: true }
    }

    /// A character whose line stays as it is.
    pub(crate) const fn fixed(character: char, style: Style) -> Self {
        Self { character, style, breaks: false }
    }
}
