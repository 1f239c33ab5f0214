//! Makes up reasoning and answers about a prompt, in plain English.
//!
//! The same prompt always gives the same text; another prompt gives another one.

use crate::text::phrases::{
    BODY, CLOSING, MORE_ANSWER, MORE_REASONING, POINTS, PYTHON, Paragraph, REASONING, RUST, opening,
};
use crate::text::topic::{Intent, Topic};

/// What could be said about one prompt.
#[derive(Debug, Clone)]
pub(crate) struct Prose {
    topic: Topic,
    seed: u64,
}

impl Prose {
    pub(crate) fn about(prompt: &str) -> Self {
        Self { topic: Topic::of(prompt), seed: hash(prompt) }
    }

    /// The reasoning at its natural length.
    pub(crate) fn reasoning(&self) -> String {
        let mut voice = self.voice(1);
        join(REASONING.iter().map(|paragraph| voice.say(paragraph)))
    }

    /// The answer at its natural length.
    pub(crate) fn answer(&self) -> String {
        let mut voice = self.voice(2);
        let mut parts = vec![voice.say(opening(self.topic.intent))];
        parts.push(POINTS.iter().map(|point| voice.say(point)).collect::<Vec<_>>().join("\n"));
        if self.topic.intent == Intent::Code {
            parts.push(if self.topic.rust { RUST } else { PYTHON }.to_owned());
        }
        parts.push(voice.say(BODY));
        parts.push(voice.say(CLOSING));
        join(parts.into_iter())
    }

    /// Reasoning without end, paragraph by paragraph.
    pub(crate) fn more_reasoning(&self) -> impl Iterator<Item = String> + Send + use<> {
        more(self.voice(3), MORE_REASONING)
    }

    /// Answer without end, paragraph by paragraph.
    pub(crate) fn more_answer(&self) -> impl Iterator<Item = String> + Send + use<> {
        more(self.voice(4), MORE_ANSWER)
    }

    fn voice(&self, salt: u64) -> Voice {
        Voice { topic: self.topic.clone(), dice: self.seed ^ salt.wrapping_mul(GOLDEN), shift: 0 }
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("\n\n")
}

/// Each round speaks of other key words.
fn more(
    mut voice: Voice,
    paragraphs: &'static [Paragraph],
) -> impl Iterator<Item = String> + Send + use<> {
    paragraphs.iter().cycle().map(move |paragraph| {
        voice.shift += 1;
        format!("\n\n{}", voice.say(paragraph))
    })
}

/// Chooses wordings and fills them with the topic.
struct Voice {
    topic: Topic,
    dice: u64,
    shift: usize,
}

impl Voice {
    fn say(&mut self, paragraph: Paragraph) -> String {
        let sentences = paragraph.iter().map(|wordings| self.choose(wordings));
        let text = sentences.collect::<Vec<_>>().join(" ");
        self.fill(&text)
    }

    fn choose(&mut self, wordings: &[&'static str]) -> &'static str {
        self.dice = mix(self.dice.wrapping_add(GOLDEN));
        let at = (self.dice >> 33) as usize % wordings.len().max(1);
        wordings.get(at).copied().unwrap_or_default()
    }

    /// One pass over the text, so that braces in the prompt are not taken for places to fill.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let place = after.get(..2).unwrap_or_default();
            match self.place(place) {
                Some(value) => {
                    filled.push_str(&value);
                    rest = &after[2..];
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled + rest
    }

    fn place(&self, place: &str) -> Option<String> {
        let keyword = |nth: usize| self.topic.keyword(self.shift + nth).to_owned();
        match place {
            "q}" => Some(self.topic.question.clone()),
            "a}" => Some(keyword(0)),
            "b}" => Some(keyword(1)),
            "c}" => Some(keyword(2)),
            "A}" => Some(capital(&keyword(0))),
            "B}" => Some(capital(&keyword(1))),
            "C}" => Some(capital(&keyword(2))),
            _ => None,
        }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// FNV-1a: the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// SplitMix64's finaliser.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
