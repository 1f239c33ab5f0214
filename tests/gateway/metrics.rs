//! `/metrics` says what happened, and nothing of what was said.

mod counts;
mod endpoint;
mod stores;

/// The samples of a text of metrics that begin so, without what stands before their labels.
pub(crate) fn samples<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(name));
    lines.filter(|rest| rest.starts_with(['{', ' '])).collect()
}
