//! Keeps a keyring like the place where keys stand. What can't be read changes nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::{error, info};

use super::key_store::{KeyStore, Version};
use super::keyring::Keyring;

/// How often the place is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// A keyring, and the place that it is to be like.
#[derive(Debug)]
pub struct KeyWatch {
    store: KeyStore,
    seen: Option<Version>,
    keyring: Arc<Keyring>,
}

impl KeyWatch {
    /// Reads the keys for the first time. While Redis can't be asked there are none, and nobody who
    /// needs one is let in.
    ///
    /// # Errors
    /// When a file can't be read.
    pub async fn open(store: KeyStore) -> Result<Self, String> {
        let seen = store.version().await.ok().flatten();
        let (seen, keys) = match store.read().await {
            Ok(keys) => (seen, keys),
            Err(problem) if store.is_shared() => {
                error!("there are no keys yet: {problem}");
                (None, Vec::new())
            }
            Err(problem) => return Err(problem),
        };
        Ok(Self { store, seen, keyring: Arc::new(Keyring::new(keys)) })
    }

    /// The keys.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring)
    }

    /// Looks at the place for ever.
    pub async fn watch(&self) {
        let mut seen = self.seen;
        loop {
            sleep(PERIOD).await;
            seen = self.look(seen).await;
        }
    }

    /// Looks at the place, of which a version was seen before, and says which is there.
    async fn look(&self, seen: Option<Version>) -> Option<Version> {
        let Ok(version) = self.store.version().await else { return seen };
        if version == seen {
            return seen;
        }
        if version.is_none() && self.store.is_shared() {
            error!(
                "the keys stay as they are: Redis has lost them, and whoever makes one ends them"
            );
            return None;
        }
        // Seen before it is read: a change in between is a change for the next look.
        match self.store.read().await {
            // Lost in between, maybe.
            Ok(keys) if keys.is_empty() && self.store.version().await != Ok(version) => {
                return seen;
            }
            Ok(keys) => {
                let count = keys.len();
                self.keyring.replace(keys);
                info!(count, "the keys have changed: {count} hold");
            }
            Err(problem) => error!("the keys stay as they are: {problem}"),
        }
        version
    }
}
