//! Breaks lines between words, where a terminal would break them within.
//!
//! A blank becomes the end of a line; nothing else changes. A word is held back until its end is
//! known, or it fills a line by itself. Wide characters stand alone: a terminal may break around them.

use unicode_width::UnicodeWidthChar;

use super::ink::Ink;

/// Narrower terminals break lines themselves, in columns.
const NARROWEST: usize = 20;

/// Running text on its way to a terminal.
#[derive(Debug, Default)]
pub(crate) struct Wrap {
    column: usize,
    gap: Option<Ink>,
    word: Vec<Ink>,
    word_width: usize,
}

impl Wrap {
    /// Takes a character, for lines of so many columns; appends to `out` what is certain.
    pub(crate) fn push(&mut self, ink: Ink, width: Option<usize>, out: &mut Vec<Ink>) {
        let width = width.filter(|width| *width >= NARROWEST);
        let columns = ink.character.width().unwrap_or(0);
        match (ink.character, width) {
            ('\n', _) => {
                self.settle(width, out);
                self.emit(ink, width, out);
            }
            (_, None) => {
                self.settle(width, out);
                self.emit(ink, width, out);
            }
            (' ', Some(_)) if ink.breaks => {
                self.settle(width, out);
                self.gap = Some(ink);
            }
            (_, Some(_)) if !ink.breaks || columns > 1 => {
                self.add(ink, columns);
                self.settle(width, out);
            }
            (_, Some(full)) => {
                self.add(ink, columns);
                if self.word_width >= full {
                    self.settle(Some(full), out);
                }
            }
        }
    }

    /// Lets go of what is held back.
    pub(crate) fn settle(&mut self, width: Option<usize>, out: &mut Vec<Ink>) {
        let columns = self.word_width;
        if let Some(gap) = self.gap.take() {
            let is_over = width.is_some_and(|width| self.column + 1 + columns > width);
            let character = if is_over { '\n' } else { gap.character };
            self.emit(Ink { character, ..gap }, width, out);
        }
        self.word_width = 0;
        for ink in std::mem::take(&mut self.word) {
            self.emit(ink, width, out);
        }
    }

    fn add(&mut self, ink: Ink, columns: usize) {
        self.word.push(ink);
        self.word_width += columns;
    }

    /// Where the cursor is follows from what is shown: a terminal goes on in the next line.
    fn emit(&mut self, ink: Ink, width: Option<usize>, out: &mut Vec<Ink>) {
        let columns = ink.character.width().unwrap_or(0);
        self.column = match (ink.character, width) {
            ('\n', _) => 0,
            (_, Some(width)) if self.column + columns > width => columns,
            (_, _) => self.column + columns,
        };
        out.push(ink);
    }
}

#[cfg(test)]
mod tests {
    use anstyle::Style;

    use super::{Ink, Wrap};

    fn wrapped(text: &str, width: Option<usize>, breaks: bool) -> String {
        let (mut wrap, mut out) = (Wrap::default(), Vec::new());
        for character in text.chars() {
            wrap.push(Ink { character, style: Style::new(), breaks }, width, &mut out);
        }
        wrap.settle(width, &mut out);
        out.iter().map(|ink| ink.character).collect()
    }

    #[test]
    fn breaks_between_words() {
        for (text, expected) in [
            ("short", "short"),
            ("exactly twenty long!", "exactly twenty long!"),
            ("exactly twenty long! more", "exactly twenty long!\nmore"),
            ("a line that is longer than twenty", "a line that is\nlonger than twenty"),
            ("two  blanks and then over it", "two  blanks and then\nover it"),
            ("indented\n  by two and then some more", "indented\n  by two and then\nsome more"),
            ("x aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa y", "x\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaa y"),
            ("漢字漢字漢字漢字漢字漢字 a b", "漢字漢字漢字漢字漢字漢字 a b"),
            ("", ""),
        ] {
            assert_eq!(wrapped(text, Some(20), true), expected, "{text}");
        }
    }

    #[test]
    fn leaves_alone_what_is_fixed_or_unmeasured() {
        let text = "a line that is longer than twenty columns of text";
        for (width, breaks) in [(None, true), (Some(20), false), (Some(19), true)] {
            assert_eq!(wrapped(text, width, breaks), text, "{width:?}, {breaks}");
        }
    }

    #[test]
    fn only_blanks_become_ends_of_lines() {
        let words =
            ["a", " ", "  ", "word", "\n", "漢字", "é𝄞", "averyveryverylongwordindeed", "\t"];
        for seed in 0..500 {
            println!("seed {seed}");
            let mut state: u64 = seed;
            let mut text = String::new();
            for _ in 0..40 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(words[(state >> 33) as usize % words.len()]);
            }
            let shown = wrapped(&text, Some(20 + (seed as usize % 30)), true);
            assert_eq!(shown.chars().count(), text.chars().count());
            for (was, is) in text.chars().zip(shown.chars()) {
                assert!(was == is || (was, is) == (' ', '\n'), "{was:?} became {is:?}");
            }
        }
    }
}
