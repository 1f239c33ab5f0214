//! Reasoning and answer of a text: the same however it is cut, and those of the rules.

use reasoning_stream::OnMissingFinal;

use super::input::{Input, cut_text};
use super::splitter_reference;
use crate::told::split;

/// Words for the control characters: tags, what looks like tags, and text that fills the opening.
const WORDS: [&str; 32] = [
    "",
    "<analysis>",
    "</analysis>",
    "<final>",
    "</final>",
    "<analysis/>",
    "< Final >",
    "</\tANALYSIS >",
    "<ANALYSIS\t/ >",
    "",
    "",
    "",
    "",
    "",
    "<finals>",
    "</analyst>",
    "<",
    "</",
    "<fin",
    "</final",
    ">",
    "/>",
    "\u{a0}",
    "\u{feff}",
    "\u{2028}",
    "\r\n",
    "é",
    "🙂",
    "0123456789012345678901234567890123456789012345678901234567890123",
    "                                                      ",
    "<analysis",
    "\n\n",
];

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::of(data) else { return };
    let bytes = input.expanded(&WORDS);
    let text = String::from_utf8_lossy(&bytes);
    let choice = if input.option(0) { OnMissingFinal::Answer } else { OnMissingFinal::Reasoning };
    let whole = split(choice, [&*text]);
    let chunks = cut_text(&text, input.lengths(text.len()));
    assert_eq!(split(choice, chunks.iter().copied()), whole, "{text:?}, as {chunks:?}");
    let told = (whole.reasoning.as_str(), whole.answer.as_str());
    let expected = splitter_reference::split(&text, choice);
    let by_rules = (expected.reasoning.as_str(), expected.answer.as_str());
    assert_eq!(told, by_rules, "reasoning and answer of {text:?}, {choice:?}");
    assert_eq!(whole.warnings, expected.warnings, "{text:?}, {choice:?}");
    assert_eq!(kept(&[told.0, told.1].concat()), kept(&text), "lost or added in {text:?}");
}

/// How often each character stands in a text that stands neither in tags nor for whitespace.
fn kept(text: &str) -> Vec<char> {
    let is_kept = |letter: &char| !letter.is_whitespace() && *letter != '\u{feff}';
    let in_tags = |letter: &char| "</>analysisfinal".contains(letter.to_ascii_lowercase());
    let mut letters: Vec<char> =
        text.chars().filter(is_kept).filter(|letter| !in_tags(letter)).collect();
    letters.sort_unstable();
    letters
}
