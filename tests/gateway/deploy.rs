//! What deploys the gateway fits the gateway: its metrics, its paths, its time to stop.
//!
//! Whether the files are well formed, `make check-deploy` says.

mod guarding;
mod health;
mod metrics;
mod sharing;
mod stopping;

use std::path::Path;

/// A file of the repository.
pub(crate) fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The number after the first of these words; a unit may follow it.
fn number_after(text: &str, words: &str) -> u64 {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("no {words}"));
    let rest = rest.trim_start_matches([':', '=', ' ', '"']);
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().unwrap_or_else(|_| panic!("no number after {words}"))
}
