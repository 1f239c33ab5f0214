//! Cuts text into pieces of the size that a tokenizer makes: about four characters.

/// Letters of a word that stay together.
const SHORT_WORD: usize = 5;
/// Letters of each piece of a longer word.
const PIECE: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Space,
    Break,
    Mark,
}

impl Class {
    fn of(char: char) -> Self {
        match char {
            ' ' => Self::Space,
            char if char.is_whitespace() => Self::Break,
            char if char.is_alphanumeric() => Self::Word,
            _ => Self::Mark,
        }
    }
}

/// The text's tokens; joined they are the text. With `chars`, every token has so many characters.
pub(crate) fn cut(text: &str, chars: Option<usize>) -> Vec<&str> {
    chars.map_or_else(|| by_words(text), |chars| every(text, chars.max(1)))
}

/// How many tokens a text has.
pub(crate) fn count(text: &str) -> usize {
    by_words(text).len()
}

fn by_words(text: &str) -> Vec<&str> {
    let mut tokens = Vec::with_capacity(text.len() / PIECE + 1);
    let mut rest = text;
    while !rest.is_empty() {
        let (token, after) = rest.split_at(first_len(rest));
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// Bytes of the first token; a blank belongs to the word after it.
fn first_len(text: &str) -> usize {
    let blank = usize::from(text.starts_with(' '));
    let body = &text[blank..];
    let Some(class) = body.chars().next().map(Class::of) else { return blank };
    let run = body.chars().take_while(|&char| Class::of(char) == class).take(64).count();
    let chars = match class {
        Class::Word if run <= SHORT_WORD => run,
        Class::Word => PIECE,
        Class::Mark => run.min(2),
        Class::Space | Class::Break => run,
    };
    blank + body.chars().take(chars).map(char::len_utf8).sum::<usize>()
}

fn every(text: &str, chars: usize) -> Vec<&str> {
    let mut starts = text.char_indices().map(|(at, _)| at).step_by(chars).collect::<Vec<_>>();
    starts.push(text.len());
    starts
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .filter(|token| !token.is_empty())
        .collect()
}
