//! The rules for tags over a whole text at once: words are found first, then each finds its place.
//!
//! It holds the whole text and may look ahead, so that nothing here is about chunks. It leaves out
//! the limits on whitespace and on rescued text, which are longer than any input of a fuzzer's.

use reasoning_stream::{OnMissingFinal, Warning};

/// What a text holds.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) reasoning: String,
    pub(crate) answer: String,
    pub(crate) warnings: Vec<Warning>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    OpenAnalysis,
    CloseAnalysis,
    EmptyAnalysis,
    OpenFinal,
    CloseFinal,
}

/// A tag or a text, with its characters.
#[derive(Debug, Clone, Copy)]
struct Word<'a> {
    tag: Option<Tag>,
    text: &'a str,
}

/// Where an answer may have begun within the reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Candidate {
    kind: Kind,
    /// Bytes of reasoning before it, and before its text.
    at: usize,
    text: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// After an answer tag in the middle of a line.
    Quoted,
    /// The same, outside an analysis, and no section came since.
    QuotedInGap,
    /// Text outside an analysis.
    Gap,
}

/// Reads words from one place to the next.
struct Walk<'a> {
    words: Vec<Word<'a>>,
    at: usize,
    /// What stands before the word, for the boundary.
    boundary: bool,
    choice: OnMissingFinal,
    parts: Parts,
    preamble: String,
    candidate: Option<Candidate>,
    reasoning_joint: bool,
    answer_joint: bool,
}

/// Splits a text by the rules.
pub(crate) fn split(text: &str, choice: OnMissingFinal) -> Parts {
    // Whitespace before the first text is skipped (rule 3).
    let is_skipped = |letter: char| letter.is_whitespace() || letter == '\u{feff}';
    let mut walk = Walk {
        words: words(text.trim_start_matches(is_skipped)),
        at: 0,
        boundary: true,
        choice,
        parts: Parts::default(),
        preamble: String::new(),
        candidate: None,
        reasoning_joint: false,
        answer_joint: false,
    };
    walk.opening();
    let preamble = std::mem::take(&mut walk.preamble);
    walk.answer(&preamble);
    walk.parts
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(offset) = text[at..].find('<') {
        at += offset;
        let Some((tag, length)) = tag(&text[at..]) else {
            at += 1;
            continue;
        };
        words.push(Word { tag: None, text: &text[from..at] });
        words.push(Word { tag: Some(tag), text: &text[at..at + length] });
        at += length;
        from = at;
    }
    words.push(Word { tag: None, text: &text[from..] });
    words.retain(|word| !word.text.is_empty());
    words
}

/// The tag that a text starts with, and its length: at most 64 bytes, blanks included (rule 1).
fn tag(text: &str) -> Option<(Tag, usize)> {
    let length = text.bytes().take(64).position(|byte| byte == b'>')? + 1;
    let name: String = text[..length].to_ascii_lowercase();
    let parts: Vec<&str> = name.split([' ', '\t']).filter(|part| !part.is_empty()).collect();
    // Blanks stand between the parts of a tag, never within its name.
    let spelled = parts.join(" ").replace("< ", "<").replace(" >", ">");
    let tag = match spelled.replace("/ ", "/").replace(" /", "/").as_str() {
        "<analysis>" => Tag::OpenAnalysis,
        "</analysis>" => Tag::CloseAnalysis,
        "<analysis/>" => Tag::EmptyAnalysis,
        "<final>" => Tag::OpenFinal,
        "</final>" => Tag::CloseFinal,
        _ => return None,
    };
    Some((tag, length))
}

const fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r')
}

impl<'a> Walk<'a> {
    fn next(&mut self) -> Option<Word<'a>> {
        let word = *self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    /// A text, or a tag that does not count, stands before what follows (rule 2).
    fn note(&mut self, text: &str) {
        let line = text.trim_end_matches(|l: char| l.is_whitespace() && !is_break(l));
        self.boundary = if line.is_empty() { self.boundary } else { line.ends_with(is_break) };
    }

    fn answer(&mut self, text: &str) {
        if !text.is_empty() {
            let joint = if std::mem::take(&mut self.answer_joint) { "\n" } else { "" };
            self.parts.answer.extend([joint, text]);
        }
    }

    /// Rule 3.
    fn opening(&mut self) {
        let mut held = 0;
        while let Some(word) = self.next() {
            let opens = match word.tag {
                Some(Tag::OpenAnalysis | Tag::EmptyAnalysis | Tag::OpenFinal) => self.boundary,
                Some(Tag::CloseAnalysis | Tag::CloseFinal) | None => false,
            };
            if opens {
                self.boundary = true;
                self.preamble = self.words[..self.at - 1].iter().map(|word| word.text).collect();
                return match word.tag {
                    Some(Tag::OpenFinal) => self.begin_answer(),
                    Some(Tag::OpenAnalysis) => self.reasoning(),
                    _ => self.gap(),
                };
            }
            self.note(word.text);
            held += word.text.chars().count();
            if held > 256 {
                break;
            }
        }
        self.untagged();
    }

    /// Everything is answer, but a closing tag at the very end.
    fn untagged(&mut self) {
        let blank = |word: &Word<'_>| word.tag.is_none() && word.text.trim().is_empty();
        let last = self.words.iter().rposition(|word| !blank(word));
        let stray = last.filter(|at| self.words[*at].tag == Some(Tag::CloseFinal));
        let end = stray.unwrap_or(self.words.len());
        let text: String = self.words[..end].iter().map(|word| word.text).collect();
        self.answer(&text);
    }

    /// Rule 4.
    fn reasoning(&mut self) {
        self.section();
        self.reasoning_joint = !self.parts.reasoning.is_empty();
        while let Some(word) = self.next() {
            match word.tag {
                Some(Tag::CloseAnalysis) => return self.gap(),
                Some(Tag::OpenFinal) if self.boundary => return self.begin_answer(),
                Some(Tag::OpenFinal) => self.quote(Kind::Quoted, word.text),
                _ => self.think(word.text),
            }
        }
        self.rescue_at_end("");
    }

    fn think(&mut self, text: &str) {
        let joint = if std::mem::take(&mut self.reasoning_joint) { "\n" } else { "" };
        self.parts.reasoning.extend([joint, text]);
        self.note(text);
    }

    fn quote(&mut self, kind: Kind, tag: &str) {
        let at = self.parts.reasoning.len();
        self.candidate = Some(Candidate { kind, at, text: at + tag.len() });
        self.parts.reasoning.push_str(tag);
        self.boundary = false;
    }

    /// A section ends: text outside sections is reasoning for good.
    fn section(&mut self) {
        self.boundary = true;
        self.candidate = match self.candidate {
            Some(Candidate { kind: Kind::Gap, .. }) | None => None,
            Some(quoted) => Some(Candidate { kind: Kind::Quoted, ..quoted }),
        };
    }

    /// Rule 5.
    fn gap(&mut self) {
        self.section();
        let mut blank = String::new();
        while let Some(word) = self.next() {
            match (word.tag, self.boundary) {
                (Some(Tag::OpenAnalysis), true) => return self.reasoning(),
                (Some(Tag::OpenFinal), true) => return self.begin_answer(),
                (Some(Tag::EmptyAnalysis), true) => blank.clear(),
                (Some(Tag::CloseAnalysis), _) => {
                    blank.clear();
                    self.section();
                }
                (Some(Tag::CloseFinal), _) => return self.rescue_gap(&blank),
                (Some(Tag::OpenFinal), false) => {
                    self.parts.reasoning.push_str(&std::mem::take(&mut blank));
                    self.quote(Kind::QuotedInGap, word.text);
                    continue;
                }
                (_, _) => {
                    self.gap_text(word.text, &mut blank);
                    self.note(word.text);
                    continue;
                }
            }
            self.boundary = true;
        }
        self.parts.warnings.push(Warning::MissingFinal);
        self.rescue_at_end(&blank);
    }

    /// Whitespace waits for a text, without which it is dropped.
    fn gap_text(&mut self, text: &str, blank: &mut String) {
        let said = text.trim_end();
        if !said.is_empty() {
            let at = self.parts.reasoning.len();
            let is_quoted = self.candidate.is_some_and(|it| it.kind != Kind::Quoted);
            if !is_quoted {
                self.candidate = Some(Candidate { kind: Kind::Gap, at, text: at });
            }
            self.parts.reasoning.extend([blank.as_str(), said]);
            blank.clear();
        }
        blank.push_str(&text[said.len()..]);
    }

    /// The answer was closed and never opened.
    fn rescue_gap(&mut self, blank: &str) {
        match self.candidate {
            Some(Candidate { kind: Kind::Gap, .. }) => self.rescue(str::trim_start, ""),
            Some(Candidate { kind: Kind::QuotedInGap, .. }) => self.rescue(|text| text, blank),
            Some(Candidate { kind: Kind::Quoted, .. }) | None => self.start_answer(),
        }
        self.boundary = true;
        self.closed("");
    }

    fn rescue_at_end(&mut self, blank: &str) {
        match (self.candidate.map(|it| it.kind), self.choice) {
            (Some(Kind::Gap), OnMissingFinal::Answer) => self.rescue(str::trim_start, ""),
            (Some(Kind::Quoted | Kind::QuotedInGap), _) => self.rescue(|text| text, blank),
            (Some(Kind::Gap) | None, _) => {}
        }
    }

    /// Reasoning from the candidate on is read as the answer.
    fn rescue(&mut self, trim: impl Fn(&str) -> &str, blank: &str) {
        let Some(Candidate { at, text, .. }) = self.candidate else { return };
        let answer = format!("{}{blank}", trim(&self.parts.reasoning[text..]));
        self.parts.reasoning.truncate(at);
        self.start_answer();
        let mut inner = Walk {
            words: words(&answer),
            at: 0,
            boundary: true,
            choice: self.choice,
            parts: std::mem::take(&mut self.parts),
            preamble: String::new(),
            candidate: None,
            reasoning_joint: false,
            answer_joint: false,
        };
        inner.inside_answer();
        self.parts = inner.parts;
        self.answer_joint = inner.answer_joint;
    }

    fn start_answer(&mut self) {
        self.candidate = None;
        let preamble = std::mem::take(&mut self.preamble);
        self.answer(&preamble);
    }

    fn begin_answer(&mut self) {
        self.boundary = true;
        self.start_answer();
        self.inside_answer();
    }

    /// Rule 6, inside.
    fn inside_answer(&mut self) {
        while let Some(word) = self.next() {
            if word.tag == Some(Tag::CloseFinal) && self.closes() {
                self.boundary = true;
                return self.closed("");
            }
            self.answer(word.text);
            self.note(word.text);
        }
    }

    /// Whether whitespace, a tag or the end comes next.
    fn closes(&self) -> bool {
        self.words
            .get(self.at)
            .is_none_or(|next| next.tag.is_some() || next.text.starts_with(char::is_whitespace))
    }

    /// Rule 6, after the close.
    fn closed(&mut self, blank: &str) {
        let mut blank = blank.to_owned();
        while let Some(word) = self.next() {
            match (word.tag, self.boundary) {
                (Some(Tag::OpenFinal), true) => return self.continue_answer(),
                (Some(Tag::OpenAnalysis), true) => return self.late(),
                (Some(Tag::EmptyAnalysis | Tag::CloseAnalysis), true) => blank.clear(),
                (Some(Tag::CloseFinal), _) if self.closes() => {
                    blank.clear();
                    self.boundary = true;
                }
                (_, _) => {
                    let said = word.text.trim_end();
                    if !said.is_empty() {
                        self.answer(&std::mem::take(&mut blank));
                        self.answer(said);
                    }
                    blank.push_str(&word.text[said.len()..]);
                    self.note(word.text);
                }
            }
        }
    }

    fn continue_answer(&mut self) {
        self.boundary = true;
        self.answer_joint = !self.parts.answer.is_empty();
        self.inside_answer();
    }

    fn late(&mut self) {
        self.boundary = true;
        if !self.parts.warnings.contains(&Warning::LateReasoning) {
            self.parts.warnings.push(Warning::LateReasoning);
        }
        self.reasoning_joint = !self.parts.reasoning.is_empty();
        while let Some(word) = self.next() {
            match word.tag {
                Some(Tag::CloseAnalysis) => {
                    self.boundary = true;
                    return self.closed("");
                }
                Some(Tag::OpenFinal) if self.boundary => return self.continue_answer(),
                _ => self.think(word.text),
            }
        }
    }
}
