//! What stands in Redis, by name.

use super::super::digest::Digest;
use super::super::table::Subject;

/// The name of something of a caller's: the braces keep all of it on one node of a cluster.
pub(super) fn name(whose: Subject, what: &str) -> String {
    match whose {
        Subject::Key(digest) => format!("igw:{{{digest}}}:{what}"),
        Subject::Address(address) => format!("igw:{{{address}}}:{what}"),
    }
}

/// The name of an answer that is kept.
pub(super) fn cache_name(digest: Digest) -> String {
    format!("igw:answer:{digest}")
}
