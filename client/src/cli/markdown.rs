//! Gives Markdown its looks, character by character, as it comes.
//!
//! ```text
//!  Start ──▶ Text      a heading, an item, a quote, a paragraph: Inline sees to what stands in it
//!    │  ▲──▶ Row       a table's: the same, but its line is not broken
//!    │  │──▶ Verbatim  code, and the fences around it
//!    │  └── '\n'
//!    └── the line's first characters are held until they tell what it is
//! ```
//!
//! Every character comes out, in its order, once: marks become dim, they do not go. So nothing that
//! is misread is lost, nothing is drawn twice, and a text can be copied as it was.

mod inline;

use anstyle::{AnsiColor, Style};

use self::inline::Inline;
use super::ink::Ink;

/// Held at a line's start at most, in characters.
const HELD: usize = 64;

/// For code.
const CODE: Style = AnsiColor::Magenta.on_default();
/// For marks.
const MARK: Style = Style::new().dimmed();

/// A text on its way, and what its next character would belong to.
#[derive(Debug, Default)]
pub(crate) struct Markdown {
    line: Line,
    fence: Option<Fence>,
    inline: Inline,
}

/// Which part of a line it is in.
#[derive(Debug)]
enum Line {
    /// Its first characters, which tell nothing yet.
    Start(String),
    /// Running text.
    Text,
    /// A row of a table.
    Row,
    /// What stays as it is.
    Verbatim(Style),
}

/// What a block of code began with: how often which character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fence(char, usize);

/// What a line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Undecided,
    Heading,
    Item,
    Quote,
    Row,
    Fence(Fence),
    FenceEnd,
    Code,
    Text,
}

impl Default for Line {
    fn default() -> Self {
        Self::Start(String::new())
    }
}

impl Markdown {
    /// Takes more of the text, and appends what can be shown of it.
    pub(crate) fn push(&mut self, text: &str, out: &mut Vec<Ink>) {
        for character in text.chars() {
            match (&mut self.line, character) {
                (_, '\n') => {
                    self.settle(out);
                    self.line = Line::default();
                    out.push(Ink::flowing('\n', Style::new()));
                }
                (Line::Start(held), _) => {
                    held.push(character);
                    let kind = kind(held, self.fence, false);
                    self.decide(kind, out);
                }
                (Line::Text, _) => self.inline.push(character, out),
                (Line::Row, _) => self.row(character, out),
                (Line::Verbatim(style), _) => out.push(Ink::fixed(character, *style)),
            }
        }
    }

    /// Shows what is held back.
    pub(crate) fn settle(&mut self, out: &mut Vec<Ink>) {
        if let Line::Start(held) = &self.line
            && !held.is_empty()
        {
            let kind = kind(held, self.fence, true);
            self.decide(kind, out);
        }
        self.inline.settle(out);
    }

    /// Shows what is held back and can be read, though it may yet become a list's number.
    pub(crate) fn pause(&mut self, out: &mut Vec<Ink>) {
        if let Line::Start(held) = &self.line
            && held.ends_with(|it: char| it.is_ascii_digit())
        {
            self.decide(Kind::Text, out);
        }
    }

    /// Shows a line's first characters, once they tell what it is.
    fn decide(&mut self, kind: Kind, out: &mut Vec<Ink>) {
        let Line::Start(held) = &mut self.line else { return };
        if kind == Kind::Undecided {
            return;
        }
        let held = std::mem::take(held);
        let flowing = |style| held.chars().map(move |it| Ink::flowing(it, style));
        let fixed = |style| held.chars().map(move |it| Ink::fixed(it, style));
        let (line, base) = match kind {
            Kind::Undecided | Kind::Quote => (Line::default(), Style::new()),
            Kind::Heading => (Line::Text, Style::new().bold()),
            Kind::Item | Kind::Text => (Line::Text, Style::new()),
            Kind::Row => (Line::Row, Style::new()),
            Kind::Fence(_) | Kind::FenceEnd => (Line::Verbatim(MARK), Style::new()),
            Kind::Code => (Line::Verbatim(CODE), Style::new()),
        };
        self.line = line;
        self.inline = Inline::new(base, kind != Kind::Row);
        match kind {
            Kind::Undecided => {}
            Kind::Heading | Kind::Quote => out.extend(flowing(MARK)),
            Kind::Item => out.extend(flowing(Style::new().bold())),
            Kind::Text => held.chars().for_each(|it| self.inline.push(it, out)),
            Kind::Row => held.chars().for_each(|it| self.row(it, out)),
            Kind::Fence(fence) => {
                self.fence = Some(fence);
                out.extend(fixed(MARK));
            }
            Kind::FenceEnd => {
                self.fence = None;
                out.extend(fixed(MARK));
            }
            Kind::Code => out.extend(fixed(CODE)),
        }
    }

    fn row(&mut self, character: char, out: &mut Vec<Ink>) {
        if character == '|' {
            self.inline.bar(out);
        } else {
            self.inline.push(character, out);
        }
    }
}

/// What a line is that begins so; at its end there is always an answer.
fn kind(held: &str, fence: Option<Fence>, is_whole: bool) -> Kind {
    let is_long = held.chars().count() >= HELD;
    let kind = match fence {
        Some(fence) => kind_in_code(held, fence, is_whole),
        None => kind_of_text(held, is_whole),
    };
    match (kind, fence) {
        (Kind::Undecided, Some(_)) if is_whole || is_long => Kind::Code,
        (Kind::Undecided, None) if is_whole || is_long => Kind::Text,
        (kind, _) => kind,
    }
}

/// Code ends with a line that holds its fence alone.
fn kind_in_code(held: &str, fence: Fence, is_whole: bool) -> Kind {
    let Fence(mark, least) = fence;
    let marks = held.trim_start_matches(' ').trim_end_matches([' ', '\t']);
    let is_fence = marks.chars().all(|it| it == mark);
    match is_fence {
        true if is_whole && marks.len() >= least => Kind::FenceEnd,
        true => Kind::Undecided,
        false => Kind::Code,
    }
}

fn kind_of_text(held: &str, is_whole: bool) -> Kind {
    let text = held.trim_start_matches([' ', '\t']);
    let Some(first) = text.chars().next() else { return Kind::Undecided };
    let rest = text.trim_start_matches(first);
    let count = text.len() - rest.len();
    match first {
        '#' if count > 6 => Kind::Text,
        '#' => before_blank(rest, Kind::Heading),
        '`' | '~' if rest.is_empty() && !is_whole => Kind::Undecided,
        '`' | '~' if count >= 3 => Kind::Fence(Fence(first, count)),
        '>' => Kind::Quote,
        '-' | '+' | '*' if count == 1 => before_blank(rest, Kind::Item),
        '|' => Kind::Row,
        '0'..='9' => numbered(text),
        _ => Kind::Text,
    }
}

/// Marks count only before a blank.
fn before_blank(rest: &str, kind: Kind) -> Kind {
    match rest.chars().next() {
        None => Kind::Undecided,
        Some(' ' | '\t') => kind,
        Some(_) => Kind::Text,
    }
}

fn numbered(text: &str) -> Kind {
    let rest = text.trim_start_matches(|it: char| it.is_ascii_digit());
    match rest.strip_prefix(['.', ')']) {
        _ if text.len() - rest.len() > 9 => Kind::Text,
        Some(rest) => before_blank(rest, Kind::Item),
        None if rest.is_empty() => Kind::Undecided,
        None => Kind::Text,
    }
}

#[cfg(test)]
mod tests;
