//! What stands in a line: strong and emphasised words, code, links.
//!
//! A mark opens before a word and closes behind one; what is open ends with its line at the latest.
//! Links keep their text's look, and their address becomes dim. A run of marks waits for the
//! character behind it.

use anstyle::Style;

use super::super::ink::Ink;
use super::{CODE, MARK};

/// Longer runs of marks are text, in characters.
const LONGEST_RUN: usize = 16;

/// A line, up to here.
#[derive(Debug, Default)]
pub(super) struct Inline {
    base: Style,
    breaks: bool,
    strong: Option<char>,
    emphasis: Option<char>,
    /// How many backticks began code.
    code: Option<usize>,
    /// Marks that wait for what is behind them.
    run: Option<Run>,
    link: Link,
    is_escaped: bool,
    before: Option<char>,
}

/// The same mark, so many times.
#[derive(Debug, Clone, Copy)]
struct Run {
    mark: char,
    count: usize,
}

/// How far a link has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// There is none.
    #[default]
    None,
    /// Its text may have ended.
    Bracket,
    /// In its address.
    Address,
}

impl Inline {
    /// A line in this look, which may be broken between words or not.
    pub(super) fn new(base: Style, breaks: bool) -> Self {
        Self { base, breaks, ..Self::default() }
    }

    pub(super) fn push(&mut self, next: char, out: &mut Vec<Ink>) {
        match &mut self.run {
            Some(run) if run.mark == next && run.count < LONGEST_RUN => {
                run.count += 1;
                return;
            }
            Some(_) => self.close_run(Some(next), out),
            None => {}
        }
        if self.is_mark(next) {
            self.run = Some(Run { mark: next, count: 1 });
        } else {
            self.plain(next, out);
        }
    }

    /// A bar between cells.
    pub(super) fn bar(&mut self, out: &mut Vec<Ink>) {
        if self.code.is_some() || self.is_escaped {
            return self.push('|', out);
        }
        self.close_run(Some('|'), out);
        self.show('|', MARK, out);
    }

    /// Shows marks that wait.
    pub(super) fn settle(&mut self, out: &mut Vec<Ink>) {
        self.close_run(None, out);
    }

    fn is_mark(&self, character: char) -> bool {
        match character {
            '`' => !self.is_escaped,
            '*' | '_' => self.code.is_none() && !self.is_escaped && self.link != Link::Address,
            _ => false,
        }
    }

    fn look(&self) -> Style {
        let effects = match (self.strong, self.emphasis) {
            (Some(_), Some(_)) => self.base.bold().italic(),
            (Some(_), None) => self.base.bold(),
            (None, Some(_)) => self.base.italic(),
            (None, None) => self.base,
        };
        if self.code.is_some() { CODE } else { effects }
    }

    fn show(&mut self, character: char, style: Style, out: &mut Vec<Ink>) {
        self.before = Some(character);
        out.push(Ink { character, style, breaks: self.breaks });
    }

    fn plain(&mut self, character: char, out: &mut Vec<Ink>) {
        let is_code = self.code.is_some();
        let (link, style) = match (self.link, character) {
            (Link::None | Link::Bracket, ']') if !is_code => (Link::Bracket, self.look()),
            (Link::Bracket, '(') if !is_code => (Link::Address, MARK),
            (Link::Address, ')') => (Link::None, MARK),
            (Link::Address, ' ') => (Link::None, self.look()),
            (Link::Address, _) => (Link::Address, MARK.underline()),
            (Link::None | Link::Bracket, _) => (Link::None, self.look()),
        };
        self.link = link;
        self.is_escaped = character == '\\' && !self.is_escaped && !is_code;
        self.show(character, style, out);
    }

    /// Says what a run of marks is, now that it is known what stands behind it.
    fn close_run(&mut self, next: Option<char>, out: &mut Vec<Ink>) {
        let Some(run) = self.run.take() else { return };
        let is_mark = match run.mark {
            '`' => self.turn_code(run.count),
            _ => self.turn_words(run, next),
        };
        let style = if is_mark { MARK } else { self.look() };
        for _ in 0..run.count {
            self.show(run.mark, style, out);
        }
    }

    fn turn_code(&mut self, count: usize) -> bool {
        match self.code {
            Some(open) if open == count => self.code = None,
            Some(_) => return false,
            None => self.code = Some(count),
        }
        true
    }

    fn turn_words(&mut self, run: Run, next: Option<char>) -> bool {
        let Run { mark, count } = run;
        let closes = self.can_close(mark, next);
        let opens = self.can_open(mark, next);
        match count {
            1 => turn(&mut self.emphasis, mark, closes, opens && begins_a_word(next)),
            2 => turn(&mut self.strong, mark, closes, opens),
            3 => {
                let strong = turn(&mut self.strong, mark, closes, opens);
                turn(&mut self.emphasis, mark, closes, opens) || strong
            }
            _ => false,
        }
    }

    /// Behind a word; an underscore within one is a letter.
    fn can_close(&self, mark: char, next: Option<char>) -> bool {
        let is_within = mark == '_' && next.is_some_and(char::is_alphanumeric);
        self.before.is_some_and(|it| !it.is_whitespace()) && !is_within
    }

    /// Before a word; an underscore within one is a letter.
    fn can_open(&self, mark: char, next: Option<char>) -> bool {
        let is_within = mark == '_' && self.before.is_some_and(char::is_alphanumeric);
        next.is_some_and(|it| !it.is_whitespace()) && !is_within
    }
}

/// A lone mark is more often a sign of something else: `*.rs`, `*)`.
fn begins_a_word(next: Option<char>) -> bool {
    next.is_some_and(|it| it.is_alphanumeric() || "`\"'([“‘«¿¡*_".contains(it))
}

/// Closes what is open, or opens it; whether either was possible.
fn turn(state: &mut Option<char>, mark: char, closes: bool, opens: bool) -> bool {
    match *state {
        Some(open) if open == mark && closes => *state = None,
        Some(_) => return false,
        None if opens => *state = Some(mark),
        None => return false,
    }
    true
}
