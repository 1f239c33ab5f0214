//! What is wrong with a configuration file: the file, the line, and a caret below the place.
//!
//! No secret is shown: neither a value that may be one, nor a line that may hold one.

use std::fmt::Write as _;

use super::tree::{Node, Place, Step};

/// Names of members whose values may be secrets.
const SECRET_MEMBERS: [&str; 3] = ["api_key", "headers", "digest"];
/// Members of a file that say which models there are.
const NAMING: [&str; 4] = ["models", "aliases", "default_model", "default_upstream"];
/// Words on a line that may hold a secret.
const SECRET_WORDS: [&str; 9] =
    ["key", "digest", "token", "secret", "passw", "auth", "bearer", "header", "@"];
/// The most characters of a line that are shown.
const MAX_SHOWN: usize = 120;
/// The end of other members' names whose values may be secrets.
const SECRET_END: &str = "_token";

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Where it is, from the root on.
    pub(super) path: Vec<Step>,
    /// What came, and what was expected.
    pub(super) message: String,
    /// What of it is wrong.
    pub(super) wrong: Wrong,
}

/// What of a member is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Its name.
    Name,
    /// Its value.
    Value,
}

impl Mistake {
    /// Whether this and another are about the same, so that one of them is enough.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.path.starts_with(&other.path) || other.path.starts_with(&self.path)
    }

    pub(super) fn is_secret(&self) -> bool {
        is_secret(&self.path)
    }

    /// Whether names of models may be missing because of it.
    pub(super) fn hides_names(&self) -> bool {
        let is_about_names = match self.path.first() {
            Some(Step::Member(name)) => NAMING.contains(&name.as_str()),
            Some(Step::Item(_)) | None => true,
        };
        is_about_names && self.path.len() <= 2
    }

    /// Where a caret is to stand.
    pub(super) fn place(&self, tree: &Node) -> Place {
        match self.wrong {
            Wrong::Name => tree.name_place(&self.path),
            Wrong::Value => tree.place(&self.path),
        }
    }
}

/// Whether what stands at a path may be a secret.
pub(super) fn is_secret(path: &[Step]) -> bool {
    let is_secret = |name: &str| SECRET_MEMBERS.contains(&name) || name.ends_with(SECRET_END);
    let named = |step: &Step| matches!(step, Step::Member(name) if is_secret(name));
    path.iter().any(named)
}

/// A path as people write it, such as `models.big.targets[0].weight`.
pub(super) fn dotted(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        if matches!(step, Step::Member(_)) && !text.is_empty() {
            text.push('.');
        }
        // Writing to a String can't fail.
        let _ = write!(text, "{step}");
    }
    text
}

/// A message with its place: where, what, the line, and a caret.
pub(super) fn render(
    file: &str,
    text: &str,
    place: Option<Place>,
    message: &str,
    secret: bool,
) -> String {
    let Some(Place { line, column }) = place else { return format!("{file}: {message}\n") };
    let (shown, at) = masked(text.lines().nth(line - 1).unwrap_or_default(), column - 1, secret);
    let width = line.to_string().len().max(4);
    let caret = " ".repeat(at);
    format!(
        "{file}:{line}:{column}: {message}\n {line:>width$} | {shown}\n {:>width$} | {caret}^\n",
        ""
    )
}

/// A line as it is shown, and where in it the caret stands: at its place, or at the stars before it.
fn masked(line: &str, at: usize, secret: bool) -> (String, usize) {
    let before: String = line.chars().take(at).collect();
    let earlier = before.rfind(['{', ',']).map_or("", |end| &before[..end]);
    if may_hold_secret(if secret { earlier } else { line }) {
        let end = line.find([':', '=']).map_or(0, |end| end + 1);
        let name = &line[..end];
        let stars = name.chars().count() + 1;
        return (format!("{name} ***"), if at < stars { at } else { stars });
    }
    if secret {
        return (format!("{before}***"), at);
    }
    let shown: String = line.chars().take(MAX_SHOWN).collect();
    let last = shown.chars().count().saturating_sub(1);
    (shown, at.min(last))
}

fn may_hold_secret(text: &str) -> bool {
    let lower = text.to_lowercase();
    SECRET_WORDS.iter().any(|word| lower.contains(word))
}
