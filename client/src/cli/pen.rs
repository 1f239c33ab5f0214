//! Writes characters in their looks, in lines that end between words, and knows where a line ends.

use std::io::{self, Write};

use anstyle::Style;

use super::ink::Ink;
use super::paint::Paint;
use super::wrap::Wrap;

/// How wide the lines are, in columns; nothing where nobody measures them.
pub(crate) type Width = fn() -> Option<usize>;

/// A writer that can end the line that it is in.
pub(crate) struct Pen<W> {
    out: W,
    paint: Paint,
    width: Width,
    wrap: Wrap,
    style: Style,
    is_in_line: bool,
}

impl<W: Write> Pen<W> {
    pub(crate) fn new(out: W, paint: Paint, width: Width) -> Self {
        Self { out, paint, width, wrap: Wrap::default(), style: Style::new(), is_in_line: false }
    }

    /// Writes running text in one look.
    pub(crate) fn text(&mut self, text: &str, style: Style) -> io::Result<()> {
        self.put(text.chars().map(|character| Ink::flowing(character, style)))
    }

    /// Writes characters, each in its own look. The last word may wait for its end.
    pub(crate) fn put(&mut self, inks: impl IntoIterator<Item = Ink>) -> io::Result<()> {
        let (width, mut out) = ((self.width)(), Vec::new());
        for ink in inks {
            self.is_in_line = ink.character != '\n';
            self.wrap.push(ink, width, &mut out);
        }
        self.write(&out)
    }

    /// Writes a whole line of running text.
    pub(crate) fn line(&mut self, line: &str, style: Style) -> io::Result<()> {
        self.text(line, style)?;
        self.text("\n", Style::new())
    }

    /// Shows a word that waits for its end.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        self.wrap.settle((self.width)(), &mut out);
        self.write(&out)
    }

    /// Ends a line that was begun.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        if self.is_in_line { self.text("\n", Style::new()) } else { Ok(()) }
    }

    /// Shows what was written; nothing that follows looks like it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.turn_to(Style::new())?;
        self.out.flush()
    }

    fn write(&mut self, inks: &[Ink]) -> io::Result<()> {
        for ink in inks {
            let is_end = ink.character == '\n';
            self.turn_to(if is_end { Style::new() } else { ink.style })?;
            write!(self.out, "{}", ink.character)?;
        }
        Ok(())
    }

    fn turn_to(&mut self, style: Style) -> io::Result<()> {
        if !self.paint.is_on() || self.style == style {
            return Ok(());
        }
        let last = std::mem::replace(&mut self.style, style);
        write!(self.out, "{last:#}{style}")
    }
}

#[cfg(test)]
mod tests {
    use anstyle::Style;

    use super::{Paint, Pen};

    fn written(paint: Paint, write: impl FnOnce(&mut Pen<&mut Vec<u8>>)) -> String {
        let mut out = Vec::new();
        let mut pen = Pen::new(&mut out, paint, || Some(20));
        write(&mut pen);
        pen.end_line().unwrap();
        pen.flush().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn ends_a_line_once() {
        let text = written(Paint::PLAIN, |pen| {
            pen.end_line().unwrap();
            pen.text("a", Style::new()).unwrap();
            pen.text("", Style::new()).unwrap();
            pen.end_line().unwrap();
            pen.end_line().unwrap();
            pen.text("b\n", Style::new()).unwrap();
            pen.end_line().unwrap();
            pen.line("c", Style::new()).unwrap();
        });
        assert_eq!(text, "a\nb\nc\n");
    }

    #[test]
    fn holds_a_word_and_lets_it_go() {
        let text = written(Paint::PLAIN, |pen| {
            pen.text("a line that is long", Style::new()).unwrap();
            pen.text("er", Style::new()).unwrap();
        });
        assert_eq!(text, "a line that is\nlonger\n");
    }

    #[test]
    fn changes_looks_only_where_they_change() {
        let (bold, plain) = (Style::new().bold(), Style::new());
        let write = |pen: &mut Pen<&mut Vec<u8>>| {
            pen.text("a", bold).unwrap();
            pen.text("b\nc", bold).unwrap();
            pen.text("d ", plain).unwrap();
            pen.text("e", bold).unwrap();
        };
        assert_eq!(
            written(Paint::COLOURED, write),
            "\x1b[1mab\x1b[0m\n\x1b[1mc\x1b[0md \x1b[1me\x1b[0m\n"
        );
        assert_eq!(written(Paint::PLAIN, write), "ab\ncd e\n");
    }
}
