//! How long the functions of a source are.
//!
//! The length of a function is the number of lines with code in them, from `fn` to its closing
//! brace: comments, blank lines and attributes are free, the signature is not. A closure belongs
//! to the function it stands in; a function within a function counts in both.

use std::collections::BTreeSet;
use std::ops::Range;

use super::token::Token;

/// One function that has a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The line of its `fn`.
    pub(crate) line: usize,
    /// Lines with code.
    pub(crate) length: usize,
    /// Its tokens, from `fn` to the closing brace.
    pub(crate) tokens: Range<usize>,
}

/// The functions among these tokens, in the order in which they begin.
pub(crate) fn functions(tokens: &[Token]) -> Vec<Function> {
    (0..tokens.len()).filter_map(|at| function(tokens, at)).collect()
}

/// The lines that hold a part of these tokens.
pub(crate) fn code_lines(tokens: &[Token]) -> BTreeSet<usize> {
    tokens.iter().flat_map(|token| token.line..=token.last_line).collect()
}

/// The end, exclusive, of the item whose tokens begin here: its first `;` or its last brace.
pub(crate) fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" if depth <= 1 => return at + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn function(tokens: &[Token], start: usize) -> Option<Function> {
    let name = tokens.get(start + 1).filter(|name| tokens[start].is("fn") && name.is_word())?;
    let end = item_end(tokens, start);
    tokens[end - 1].is("}").then(|| Function {
        name: name.text.clone(),
        line: tokens[start].line,
        length: code_lines(&tokens[start..end]).len(),
        tokens: start..end,
    })
}

#[test]
fn measures_functions() {
    for (case, source, expected) in [
        ("one line", "fn a() {}", &[("a", 1, 1)][..]),
        ("three lines", "\nfn a() {\n  b();\n}", &[("a", 2, 3)]),
        ("free lines", "fn a() {\n// }\n\n/* {\n */\n}", &[("a", 1, 2)]),
        (
            "braces in texts",
            "fn a() {\n\"}\"; '}'; r#\"}\"#\n}\nfn b() {}",
            &[("a", 1, 3), ("b", 4, 1)],
        ),
        ("a text of three lines", "fn a() {\n\"x\ny\nz\"\n}", &[("a", 1, 5)]),
        ("nested", "fn a() {\nfn b() {\n}\n}", &[("a", 1, 4), ("b", 2, 2)]),
        ("without a body", "trait T { fn a(&self) -> [u8; 2]; fn b() {} }", &[("b", 1, 1)]),
        ("a pointer", "type F = fn(u8) -> u8;", &[]),
        ("long signature", "fn a(\n  b: u8,\n) -> u8\nwhere\n{\n  b\n}", &[("a", 1, 7)]),
        ("never closed", "fn a() {\n", &[]),
    ] {
        let tokens = super::token::tokens(source);
        let got = functions(&tokens);
        let got: Vec<_> = got.iter().map(|f| (f.name.as_str(), f.line, f.length)).collect();
        assert_eq!(got, expected, "{case}");
    }
}
