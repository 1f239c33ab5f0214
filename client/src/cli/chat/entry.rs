//! What was typed: a question, or a command; and whether it goes on in the next line.
//!
//! A line that ends in one backslash goes on. What begins with `"""`, alone or behind a command,
//! goes on up to the next `"""`, and is taken as it is.

use super::command::{self, Command};

const FENCE: &str = "\"\"\"";

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Blanks.
    Nothing,
    /// A question.
    Message(String),
    /// A command, or why it is none.
    Command(Result<Command, String>),
}

/// Whether more lines belong to what was typed.
pub(super) fn is_open(text: &str) -> bool {
    match fenced(body(text)) {
        Some(block) => !is_closed(block),
        None => text.ends_with('\\') && !text.ends_with("\\\\"),
    }
}

/// Reads what was typed; one that is still open is taken as it stands.
pub(super) fn read(text: &str) -> Entry {
    let text = text.trim_end_matches(['\n', '\r']);
    let Some(named) = text.strip_prefix('/') else {
        let message = plain(text);
        return if message.trim().is_empty() { Entry::Nothing } else { Entry::Message(message) };
    };
    let (name, rest) = named.split_once(char::is_whitespace).unwrap_or((named, ""));
    Entry::Command(command::read(name, &plain(rest)))
}

/// What a fence would stand at the start of: all of it, or what is behind a command's name.
fn body(text: &str) -> &str {
    match text.strip_prefix('/') {
        Some(named) => named.split_once(char::is_whitespace).map_or("", |(_, rest)| rest),
        None => text,
    }
}

/// What is behind an opening fence.
fn fenced(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix(FENCE)
}

fn is_closed(block: &str) -> bool {
    block.trim_end().ends_with(FENCE)
}

/// Text without its marks: a fence and the line ends beside it, or the backslashes that join lines.
fn plain(text: &str) -> String {
    let Some(block) = fenced(text) else {
        return text.replace("\\\n", "\n").trim().to_owned();
    };
    let block = block.trim_end();
    let block = block.strip_suffix(FENCE).unwrap_or(block);
    let block = block.strip_prefix('\n').unwrap_or(block);
    block.strip_suffix('\n').unwrap_or(block).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Command, Entry, is_open, read};

    #[test]
    fn knows_when_more_is_to_come() {
        for (text, open) in [
            ("why", false),
            ("why \\", true),
            ("why \\\nblue", false),
            ("a path: C:\\\\", false),
            ("\"\"\"", true),
            ("\"\"\"why\"\"\"", false),
            ("\"\"\"\nwhy\nblue\n\"\"\"", false),
            ("\"\"\"\nwhy \"\"\" not\n", true),
            ("\"\"\"why\\\n\"\"\"", false),
            ("say \"\"\" loudly", false),
            ("/system \"\"\"be", true),
            ("/system \"\"\"be\nbrief\"\"\"", false),
            ("/help", false),
            ("", false),
        ] {
            assert_eq!(is_open(text), open, "{text:?}");
        }
    }

    #[test]
    fn reads_messages() {
        for (text, message) in [
            ("why blue?", "why blue?"),
            ("  why  ", "why"),
            ("why \\\nblue?", "why \nblue?"),
            ("pasted\n  lines\n\nof text", "pasted\n  lines\n\nof text"),
            ("\"\"\"\n  fn a() {}\\\n\n\"\"\"", "  fn a() {}\\\n"),
            ("\"\"\"one line\"\"\"", "one line"),
            ("\"\"\"never closed", "never closed"),
            (" /etc/hosts is what?", "/etc/hosts is what?"),
            ("\"\"\"/quit\"\"\"", "/quit"),
        ] {
            assert_eq!(read(text), Entry::Message(message.to_owned()), "{text:?}");
        }
        for text in ["", " ", "\n", "\"\"\" \"\"\"", "\"\"\"\n\"\"\""] {
            assert_eq!(read(text), Entry::Nothing, "{text:?}");
        }
    }

    #[test]
    fn reads_commands() {
        assert_eq!(read("/quit"), Entry::Command(Ok(Command::Quit)));
        let brief = Command::System(super::command::Change::To("be\nbrief".to_owned()));
        assert_eq!(read("/system \"\"\"\nbe\nbrief\n\"\"\""), Entry::Command(Ok(brief)));
        assert!(matches!(read("/etc/hosts"), Entry::Command(Err(_))));
    }
}
