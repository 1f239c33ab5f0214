//! Rust source as tokens, so that a rule never mistakes a comment or a text for code.
//!
//! Comments and blanks are left out. A string, raw string or character is one token, which opens
//! with its quote. `::` is one token, any other punctuation one character each. Source that does
//! not compile may be cut oddly; it never makes this fail.

/// One token, and the lines it stands on, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
    pub(crate) last_line: usize,
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    /// Whether it is a name, a keyword or a number.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(is_word)
    }
}

/// The tokens of a source text.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while let Some(next) = source[at..].chars().next() {
        let rest = &source[at..];
        let blank = if next.is_whitespace() { next.len_utf8() } else { comment(rest) };
        let length = if blank > 0 { blank } else { token(rest) };
        let text = &rest[..length];
        let last_line = line + text.matches('\n').count();
        if blank == 0 {
            found.push(Token { text: text.to_owned(), line, last_line });
        }
        line = last_line;
        at += length;
    }
    found
}

/// The length of the comment that the text begins with; 0 when it begins with none.
fn comment(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    let mut depth = 0;
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let (step, change) = match &text[at..] {
            rest if rest.starts_with("/*") => (2, 1),
            rest if rest.starts_with("*/") && depth > 0 => (2, -1),
            _ => (next.len_utf8(), 0),
        };
        depth += change;
        if depth == 0 {
            return if change < 0 { at + step } else { 0 };
        }
        at += step;
    }
    at
}

/// The length of the token that the text begins with.
fn token(text: &str) -> usize {
    let word = text.find(|c| !is_word(c)).unwrap_or(text.len());
    match &text[..word] {
        "r" | "br" | "cr" => raw_string(text, word).unwrap_or(word),
        "" if text.starts_with("::") => 2,
        "" if text.starts_with('"') => closed_by('"', text),
        "" if text.starts_with('\'') => quoted(text),
        "" => text.chars().next().map_or(1, char::len_utf8),
        _ => word,
    }
}

/// The length of a raw string whose prefix has this length, unless it is a raw name (`r#type`).
fn raw_string(text: &str, prefix: usize) -> Option<usize> {
    let rest = text[prefix..].trim_start_matches('#');
    let hashes = text.len() - prefix - rest.len();
    let body = rest.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - body.len();
    Some(body.find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// The length of a character, or of a lifetime.
fn quoted(text: &str) -> usize {
    let mut rest = text[1..].chars();
    match rest.next() {
        Some('\\') => closed_by('\'', text),
        Some(first) if rest.next() == Some('\'') => first.len_utf8() + 2,
        _ => 1 + text[1..].find(|c| !is_word(c)).unwrap_or(text.len() - 1),
    }
}

/// The length of what opens and closes with this quote; a backslash hides what follows it.
fn closed_by(quote: char, text: &str) -> usize {
    let mut hidden = false;
    for (at, next) in text.char_indices().skip(1) {
        if !hidden && next == quote {
            return at + next.len_utf8();
        }
        hidden = !hidden && next == '\\';
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn cuts_source_into_tokens() {
    for (source, expected) in [
        ("fn a() {}", &["fn", "a", "(", ")", "{", "}"][..]),
        ("a // }\nb", &["a", "b"]),
        ("a /* { /* } */ { */ b", &["a", "b"]),
        ("a / b * c", &["a", "/", "b", "*", "c"]),
        (r#"("}", "\"{")"#, &["(", r#""}""#, ",", r#""\"{""#, ")"]),
        (r##"r#"a"{"# x"##, &[r##"r#"a"{"#"##, "x"]),
        (r#"br"\" x"#, &[r#"br"\""#, "x"]),
        ("r#type", &["r", "#", "type"]),
        ("'{' '\\'' '\\u{7d}' 'é'", &["'{'", "'\\''", "'\\u{7d}'", "'é'"]),
        ("&'a str", &["&", "'a", "str"]),
        ("b'{' b\"{\"", &["b", "'{'", "b", "\"{\""]),
        ("a::b:c", &["a", "::", "b", ":", "c"]),
        ("/* never closed {", &[]),
        ("\"never closed {", &["\"never closed {"]),
    ] {
        let got: Vec<String> = tokens(source).into_iter().map(|token| token.text).collect();
        assert_eq!(got, expected, "{source}");
    }
}

#[test]
fn knows_the_lines_of_a_token() {
    let got: Vec<(usize, usize)> = tokens("a\n/*\n*/ \"x\ny\" b")
        .into_iter()
        .map(|token| (token.line, token.last_line))
        .collect();
    assert_eq!(got, [(1, 1), (3, 4), (4, 4)]);
}
