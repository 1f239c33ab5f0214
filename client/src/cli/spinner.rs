//! Says what is being waited for, and for how long, on a terminal's current line.

use std::io::Write;
use std::time::Duration;

use tokio::time::Instant;

/// How often it moves.
pub(crate) const TICK: Duration = Duration::from_millis(100);

const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/// Go to the line's start and clear it.
const CLEAR: &str = "\r\x1b[2K";
/// Cut a line at the screen's edge, so that one line is all there is to clear; and the opposite.
const CUT: (&str, &str) = ("\x1b[?7l", "\x1b[?7h");

/// A line that is drawn again and again, and cleared before anything else is printed.
pub(crate) struct Spinner<W> {
    out: W,
    label: String,
    since: Instant,
    so_far: String,
    drawn: bool,
}

impl<W: Write> Spinner<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            label: String::new(),
            since: Instant::now(),
            so_far: String::new(),
            drawn: false,
        }
    }

    /// Waits for something; its seconds are counted from the first time it is named. Behind it stands
    /// what has come so far.
    pub(crate) fn wait_for(&mut self, label: &str, so_far: String) {
        self.so_far = so_far;
        if self.label != label {
            label.clone_into(&mut self.label);
            self.since = Instant::now();
        }
    }

    /// Draws the next frame. A terminal that is gone is not an error: the answer matters.
    pub(crate) fn draw(&mut self) {
        let line = line(&self.label, self.since.elapsed(), &self.so_far);
        let _ = write!(self.out, "{CLEAR}{}{line}{}", CUT.0, CUT.1);
        let _ = self.out.flush();
        self.drawn = true;
    }

    /// Removes the line, if there is one.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(self.out, "{CLEAR}");
            let _ = self.out.flush();
        }
    }
}

fn line(label: &str, waited: Duration, so_far: &str) -> String {
    let frame = FRAMES[(waited.as_millis() / TICK.as_millis()) as usize % FRAMES.len()];
    let behind = if so_far.is_empty() { "" } else { " · " };
    format!("{frame} {label} {} s{behind}{so_far}", waited.as_secs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{Spinner, line};

    #[test]
    fn moves_and_counts() {
        for (millis, expected) in [
            (0, "⠋ thinking… 0 s"),
            (100, "⠙ thinking… 0 s"),
            (1000, "⠋ thinking… 1 s"),
            (61_250, "⠹ thinking… 61 s"),
        ] {
            assert_eq!(line("thinking…", Duration::from_millis(millis), ""), expected);
        }
        let after = line("thinking…", Duration::ZERO, "prompt summary 0.42 s");
        assert_eq!(after, "⠋ thinking… 0 s · prompt summary 0.42 s");
    }

    #[tokio::test(start_paused = true)]
    async fn clears_only_what_it_drew_and_counts_anew_for_each_label() {
        let mut out = Vec::new();
        let mut spinner = Spinner::new(&mut out);
        spinner.clear();
        spinner.wait_for("a", String::new());
        advance(Duration::from_secs(2)).await;
        spinner.wait_for("a", String::new());
        spinner.draw();
        spinner.clear();
        spinner.clear();
        spinner.wait_for("b", "c".to_owned());
        spinner.draw();
        let screen = String::from_utf8(out).unwrap();
        assert_eq!(
            screen,
            "\r\x1b[2K\x1b[?7l⠋ a 2 s\x1b[?7h\r\x1b[2K\r\x1b[2K\x1b[?7l⠋ b 0 s · c\x1b[?7h"
        );
    }
}
