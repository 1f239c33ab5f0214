//! Keeps hostile characters away from a terminal.
//!
//! A model, or a server, may send escape sequences that rewrite the screen, and marks that reverse
//! the order of letters. In text they are shown as visible symbols, in JSON as `\u` escapes. Each
//! character is judged alone, so that it makes no difference how a text was cut into pieces.

use std::fmt::Write;

/// What a character becomes in text for people; `None` leaves it out.
fn shown(character: char) -> Option<char> {
    match character {
        '\n' | '\t' => Some(character),
        // Line ends come as \r\n too; alone it would let later text cover earlier text.
        '\r' => None,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)),
        '\x7f' => Some('␡'),
        _ if is_hostile(character) => Some('\u{fffd}'),
        _ => Some(character),
    }
}

/// Control characters, and marks that change the direction of the text around them.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Text for a terminal: newlines and tabs are kept, other control characters are made visible.
pub(crate) fn text(text: &str) -> String {
    text.chars().filter_map(shown).collect()
}

/// The same, on one line.
pub(crate) fn line(text: &str) -> String {
    let one_line = |character: char| if matches!(character, '\n' | '\t') { ' ' } else { character };
    text.chars().filter_map(shown).map(one_line).collect()
}

/// JSON text with hostile characters escaped; outside strings JSON holds none but newlines.
pub(crate) fn json(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    for character in json.chars() {
        if is_hostile(character) && character != '\n' {
            // Writing to a String can't fail.
            let _ = write!(clean, "\\u{:04x}", u32::from(character));
        } else {
            clean.push(character);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::{json, line, text};

    #[test]
    fn makes_hostile_characters_visible() {
        for (case, hostile, clean) in [
            ("plain", "a b\tc\nd é 漢 👩‍👩‍👧", "a b\tc\nd é 漢 👩‍👩‍👧"),
            ("escape", "\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
            ("bell, backspace, null", "\x07\x08\0", "␇␈␀"),
            ("delete", "\x7f", "␡"),
            ("carriage return", "good\rbad\r\n", "goodbad\n"),
            ("C1", "\u{9b}31m\u{85}", "\u{fffd}31m\u{fffd}"),
            ("bidi", "\u{202e}gpj\u{2066}x\u{2069}", "\u{fffd}gpj\u{fffd}x\u{fffd}"),
            ("separators", "a\u{2028}b\u{2029}", "a\u{fffd}b\u{fffd}"),
            ("form feed, vertical tab", "\x0c\x0b", "␌␋"),
        ] {
            assert_eq!(text(hostile), clean, "{case}");
        }
    }

    #[test]
    fn keeps_a_line_one_line() {
        assert_eq!(line("a\nb\tc\x1b"), "a b c␛");
    }

    #[test]
    fn no_character_that_a_terminal_obeys_comes_through() {
        for character in '\0'..=char::MAX {
            for seen in text(&character.to_string()).chars() {
                assert!(!seen.is_control() || seen == '\n' || seen == '\t', "{character:?}");
            }
        }
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({"a": "\x1b[2J\u{9b}\u{202e}\u{7f}\n\r\t\"\\ é"});
        for written in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let clean = json(&written);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&clean).unwrap(), value);
            assert!(!clean.contains(['\x1b', '\u{9b}', '\u{202e}', '\u{7f}']), "{clean}");
        }
    }
}
