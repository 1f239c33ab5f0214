//! Writes text, and knows whether its line has ended.

use std::io::{self, Write};

/// A writer that can end the line that it is in.
pub(crate) struct Pen<W> {
    out: W,
    is_in_line: bool,
}

impl<W: Write> Pen<W> {
    pub(crate) const fn new(out: W) -> Self {
        Self { out, is_in_line: false }
    }

    /// Writes text.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.write(text, text.ends_with('\n'))
    }

    /// Writes text whose colours hide whether its last line has ended.
    pub(crate) fn write(&mut self, painted: &str, has_ended: bool) -> io::Result<()> {
        if !painted.is_empty() {
            self.is_in_line = !has_ended;
        }
        self.out.write_all(painted.as_bytes())
    }

    /// Writes a whole line.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.is_in_line = false;
        writeln!(self.out, "{line}")
    }

    /// Ends a line that was begun.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        if self.is_in_line { self.line("") } else { Ok(()) }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::Pen;

    #[test]
    fn ends_a_line_once() {
        let mut out = Vec::new();
        let mut pen = Pen::new(&mut out);
        pen.end_line().unwrap();
        pen.text("a").unwrap();
        pen.text("").unwrap();
        pen.end_line().unwrap();
        pen.end_line().unwrap();
        pen.write("\x1b[2mb\n\x1b[0m", true).unwrap();
        pen.end_line().unwrap();
        pen.line("c").unwrap();
        pen.end_line().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\n\x1b[2mb\n\x1b[0mc\n");
    }
}
