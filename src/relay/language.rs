//! The language that a user writes in, as a model can be told of it.

use whatlang::detect;

/// What is looked at of a text, in bytes.
const MAX_READ: usize = 2_000;

/// Fewer bytes of ASCII than these are one word or two, and could be of many languages.
const MIN_ASCII: usize = 12;
/// Words that English texts are full of, and neither other languages nor programs.
const ENGLISH: [&str; 20] = [
    "the", "what", "why", "how", "which", "who", "does", "that", "are", "you", "your", "please",
    "should", "would", "could", "explain", "write", "many", "there", "about",
];

/// The English name of the text's language, if there is no doubt.
pub(super) fn language_of(text: &str) -> Option<&'static str> {
    let text = &text[..text.floor_char_boundary(MAX_READ)];
    if text.is_ascii() && text.len() < MIN_ASCII {
        return None;
    }
    // Statistics compare with forty languages, for more than the rest of a request takes.
    if is_plainly_english(text) {
        return Some("English");
    }
    let found = detect(text)?;
    found.is_reliable().then(|| found.lang().eng_name())
}

/// Whether every fifth word, and at least two, are such as no other language has.
fn is_plainly_english(text: &str) -> bool {
    let is_english = |word: &str| ENGLISH.iter().any(|it| it.eq_ignore_ascii_case(word));
    let words = text.split_ascii_whitespace();
    let words = words.map(|it| it.trim_end_matches(|letter: char| letter.is_ascii_punctuation()));
    let (found, all) =
        words.fold((0, 0), |(found, all), it| (found + usize::from(is_english(it)), all + 1));
    text.is_ascii() && found >= 2 && found * 5 >= all
}

#[cfg(test)]
mod tests {
    use super::{is_plainly_english, language_of};

    #[test]
    fn names_a_language_or_none() {
        for (text, expected) in [
            ("Warum ist der Himmel am Abend rot, und wieso ist er mittags blau?", Some("German")),
            ("하늘은 왜 파란가요? 쉽게 설명해 주세요.", Some("Korean")),
            ("空はなぜ青いのですか。簡単に説明してください。", Some("Japanese")),
            ("Why does the sky look blue at noon, but red in the evening hours?", Some("English")),
            ("What is 6 × 7?", None),
            ("How many are there?", Some("English")),
            (
                "Perche il cielo e blu di giorno e rosso di sera? Spiegalo con parole semplici.",
                Some("Italian"),
            ),
            (
                "Por que el cielo es azul durante el dia y rojo por la tarde cuando cae el sol?",
                Some("Spanish"),
            ),
            ("Count.", None),
            ("42", None),
            ("", None),
        ] {
            assert_eq!(language_of(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_or_two_of_english_are_not_enough() {
        for text in [
            "Was macht der Befehl \"explain\", und warum steht in der Ausgabe immer \"the\"?",
            "the",
            "cuanto cuesta the new york times en papel, y that is all",
            "for x in what: print(x.why, x.how)",
        ] {
            assert!(!is_plainly_english(text), "{text}");
        }
        assert!(is_plainly_english("Why is THE sky blue?"));
    }
}
