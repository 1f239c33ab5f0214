//! The keys that hold at this moment, found by the digest of what a client presents.
//!
//! The map is keyed by SHA-256, so that how long a search takes depends on the digest of a guess, not
//! on how much of a secret the guess has right, nor on how many keys there are; and every comparison of
//! two digests takes the same time ([`Digest`]).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::digest::Digest;
use super::key::Key;

/// The longest text that can be a secret.
const MAX_SECRET: usize = 512;

type Keys = HashMap<Digest, Arc<Key>>;

/// The keys that hold.
#[derive(Debug, Default)]
pub struct Keyring {
    keys: RwLock<Arc<Keys>>,
}

impl Keyring {
    /// With these keys.
    pub fn new(keys: Vec<Key>) -> Self {
        Self { keys: RwLock::new(by_digest(keys)) }
    }

    /// Only these keys hold from here on.
    pub fn replace(&self, keys: Vec<Key>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = by_digest(keys);
    }

    /// The key of this secret.
    pub fn find(&self, secret: &[u8]) -> Option<Arc<Key>> {
        if secret.len() > MAX_SECRET {
            return None;
        }
        self.keys().get(&Digest::of(secret)).map(Arc::clone)
    }

    /// All keys, by their names.
    pub fn all(&self) -> Vec<Arc<Key>> {
        let mut all: Vec<_> = self.keys().values().map(Arc::clone).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// How many keys hold.
    pub fn len(&self) -> usize {
        self.keys().len()
    }

    /// Whether no key holds.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn by_digest(keys: Vec<Key>) -> Arc<Keys> {
    Arc::new(keys.into_iter().map(|key| (key.digest, Arc::new(key))).collect())
}

#[cfg(test)]
mod tests {
    use super::{Keyring, MAX_SECRET};
    use crate::store::digest::Digest;
    use crate::store::key::Key;

    fn key(name: &str, secret: &str) -> Key {
        Key::with_digest(name, Digest::of(secret.as_bytes()))
    }

    #[test]
    fn finds_the_key_of_a_secret_and_no_other() {
        let ring = Keyring::new(vec![key("a", "one"), key("b", "two")]);
        for (secret, name) in [
            ("one", Some("a")),
            ("two", Some("b")),
            ("on", None),
            ("one ", None),
            ("One", None),
            ("", None),
            (&Digest::of(b"one").to_string(), None),
        ] {
            let found = ring.find(secret.as_bytes());
            assert_eq!(found.as_ref().map(|key| key.name.as_str()), name, "{secret}");
        }
    }

    #[test]
    fn what_is_replaced_holds_no_more() {
        let ring = Keyring::new(vec![key("a", "one")]);
        ring.replace(vec![key("b", "two")]);
        assert_eq!((ring.find(b"one").is_some(), ring.find(b"two").is_some()), (false, true));
        ring.replace(vec![]);
        assert!(ring.is_empty());
    }

    #[test]
    fn what_is_too_long_is_no_secret() {
        let (longest, longer) = ("x".repeat(MAX_SECRET), "x".repeat(MAX_SECRET + 1));
        let ring = Keyring::new(vec![key("a", &longest), key("b", &longer)]);
        assert!(ring.find(longest.as_bytes()).is_some());
        assert!(ring.find(longer.as_bytes()).is_none());
    }
}
