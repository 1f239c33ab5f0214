//! What a prompt is about: its question, its key words, and what kind of answer it wants.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::text::lexicon::{OPENINGS, PADDING, STOP_WORDS, VERBS};

/// Words of a topic that are quoted back.
const MAX_TOPIC_WORDS: usize = 14;
/// Characters of the prompt that are read.
const MAX_READ: usize = 20_000;
const MAX_KEYWORDS: usize = 6;
const MAX_PHRASE_WORDS: usize = 3;
/// Characters of a word that can be quoted.
const MAX_WORD: usize = 40;

/// What kind of answer a prompt wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Steps.
    How,
    /// Causes.
    Why,
    /// Two or more things side by side.
    Compare,
    /// A piece of text.
    Write,
    /// Code.
    Code,
    /// An explanation.
    Explain,
}

/// What was understood of a prompt.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    /// The question in its own words, without what introduces or ends it.
    pub(crate) question: String,
    /// The words that carry it, most telling first; at least three.
    pub(crate) keywords: Vec<String>,
    pub(crate) intent: Intent,
    /// Whether Rust is meant, where code is wanted.
    pub(crate) rust: bool,
}

impl Topic {
    pub(crate) fn of(prompt: &str) -> Self {
        let prompt = &prompt[..prompt.floor_char_boundary(MAX_READ)];
        let sentences = sentences(prompt);
        let asking = sentences.iter().rev().find(|text| text.ends_with('?')).copied();
        let told = || sentences.iter().max_by_key(|text| words(text).take(4).count()).copied();
        let asking = asking.or_else(told).unwrap_or_default();
        Self {
            question: question(asking),
            keywords: keywords(prompt, asking),
            intent: Intent::of(asking),
            rust: words(prompt).any(|word| word.eq_ignore_ascii_case("rust")),
        }
    }

    /// A key word; where there are fewer, they come round again.
    pub(crate) fn keyword(&self, nth: usize) -> &str {
        self.keywords.get(nth % self.keywords.len().max(1)).map_or("the question", String::as_str)
    }
}

impl Intent {
    fn of(sentence: &str) -> Self {
        let lower = sentence.to_lowercase();
        let words = words(&lower).collect::<Vec<_>>();
        let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
        if has(&["compare", "versus", "vs", "difference", "differences", "better"]) {
            Self::Compare
        } else if has(&[
            "function",
            "code",
            "implement",
            "bug",
            "regex",
            "sql",
            "script",
            "program",
        ]) {
            Self::Code
        } else if has(&["write", "draft", "compose", "poem", "story", "email", "letter", "tell"]) {
            Self::Write
        } else if has(&["why", "cause", "causes", "reason"]) {
            Self::Why
        } else if has(&["how", "plan", "steps", "should", "guide"]) {
            Self::How
        } else {
            Self::Explain
        }
    }
}

/// The words of a text, with apostrophes and inner hyphens.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !(char.is_alphanumeric() || matches!(char, '\'' | '’' | '-' | '_')))
        .map(|word| word.trim_matches(|char: char| !char.is_alphanumeric()))
        .filter(|word| !word.is_empty())
}

/// Whether a word in lower case says nothing about a text's subject.
pub(crate) fn is_stop_word(word: &str) -> bool {
    word.chars().count() < 3 && word.chars().all(char::is_alphabetic) || STOP_WORDS.contains(&word)
}

fn sentences(text: &str) -> Vec<&str> {
    text.split_inclusive(['.', '?', '!', '\n', '？', '。'])
        .map(str::trim)
        .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
        .collect()
}

/// The sentence without politeness before it and marks after it.
fn question(sentence: &str) -> String {
    let mut rest = sentence
        .trim_end_matches(|char: char| char.is_whitespace() || ".,;:?!…。？！".contains(char));
    while let Some(after) = OPENINGS.iter().find_map(|opening| strip_words(rest, opening)) {
        rest = after;
    }
    let kept = rest.split_whitespace().take(MAX_TOPIC_WORDS).collect::<Vec<_>>().join(" ");
    let kept = &kept[..kept.floor_char_boundary(160)];
    if kept.is_empty() { "this".to_owned() } else { lower_first(kept) }
}

/// What follows an opening that ends at a word's end.
fn strip_words<'a>(text: &'a str, opening: &str) -> Option<&'a str> {
    let head = text.get(..opening.len())?;
    let after = &text[opening.len()..];
    (head.eq_ignore_ascii_case(opening) && after.starts_with([' ', ',', ':']))
        .then(|| after.trim_start_matches([' ', ',', ':']))
        .filter(|after| !after.is_empty())
}

/// The text with a small first letter, unless its first word is a name or an abbreviation.
fn lower_first(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let plain = STOP_WORDS.contains(&first.to_lowercase().as_str())
        || VERBS.contains(&first.to_lowercase().as_str());
    let mut chars = text.chars();
    match chars.next() {
        Some(char) if plain => char.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

/// The prompt's key phrases: first those of its question, then by number of words and frequency.
fn keywords(prompt: &str, asking: &str) -> Vec<String> {
    let mut counts: HashMap<String, (usize, usize, String)> = HashMap::new();
    for (at, phrase) in clauses(prompt).flat_map(phrases).enumerate() {
        counts.entry(phrase.to_lowercase()).or_insert((0, at, phrase)).0 += 1;
    }
    let mut ranked = counts.into_values().collect::<Vec<_>>();
    ranked.sort_by_cached_key(|(count, at, phrase)| {
        let pair = phrase.contains(' ');
        (Reverse(asking.contains(phrase.as_str())), Reverse(usize::from(pair) + count), *at)
    });
    ranked.truncate(MAX_KEYWORDS);
    let mut kept = ranked.into_iter().map(|(_, _, phrase)| phrase).collect::<Vec<_>>();
    let missing = 3_usize.saturating_sub(kept.len());
    kept.extend(PADDING.iter().take(missing).map(|&word| word.to_owned()));
    kept
}

/// Parts of a text that no phrase reaches beyond.
fn clauses(text: &str) -> impl Iterator<Item = &str> {
    let ends =
        |char: char| char.is_control() || (char.is_ascii_punctuation() && !"'-_".contains(char));
    text.split(ends)
}

/// Telling words that stand side by side.
fn phrases(clause: &str) -> Vec<String> {
    let mut found: Vec<Vec<&str>> = vec![Vec::new()];
    for (at, word) in words(clause).enumerate() {
        let telling = is_telling(word, at == 0);
        let open = found.last().map_or(0, Vec::len);
        if open > 0 && (!telling || open == MAX_PHRASE_WORDS) {
            found.push(Vec::new());
        }
        if let Some(phrase) = found.last_mut().filter(|_| telling) {
            phrase.push(word);
        }
    }
    found.retain(|phrase| !phrase.is_empty());
    found.into_iter().map(|phrase| phrase.join(" ")).collect()
}

/// Whether a word says what a text is about; a capital letter inside a clause makes it a name.
fn is_telling(word: &str, first: bool) -> bool {
    let lower = word.to_lowercase();
    let name = !first && word.starts_with(char::is_uppercase) && word.len() > 1;
    let empty = is_stop_word(&lower) || VERBS.contains(&lower.as_str()) || lower.ends_with("ly");
    (name || !empty) && word.chars().count() <= MAX_WORD
}
