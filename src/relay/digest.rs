//! What stands in the log for a text.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// A key of this process's own: whoever reads the log can't try which text it was.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A digest of a text: equal texts have equal ones, for as long as the process runs.
pub(super) fn digest(text: &str) -> String {
    format!("{:016x}", KEY.hash_one(text))
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn equal_texts_have_equal_digests_and_others_have_not() {
        assert_eq!(digest("Why?"), digest(&["Wh", "y?"].concat()));
        assert_ne!(digest("Why?"), digest("Why? "));
        assert_eq!(digest("").len(), 16);
    }
}
