//! Where keys stand: in a file, or in Redis.

use std::sync::Arc;

use super::key::{Key, is_name};
use super::key_file::{KeyFile, Stamp};
use super::redis::Redis;

/// Where keys stand.
#[derive(Debug, Clone)]
pub enum KeyStore {
    /// In a file.
    File(KeyFile),
    /// In Redis, for all instances.
    Shared(Arc<Redis>),
}

/// What tells one state of the keys from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Of the file.
    File(Stamp),
    /// In Redis: when they were changed, in microseconds.
    Shared(u64),
}

impl KeyStore {
    /// Whether other instances see the same keys.
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// The state at this moment; nothing where no keys stand, which is no state of theirs.
    ///
    /// # Errors
    /// When it can't be told.
    pub async fn version(&self) -> Result<Option<Version>, String> {
        match self {
            Self::File(file) => Ok(file.stamp().map(Version::File)),
            Self::Shared(redis) => Ok(redis.keys_version().await?.map(Version::Shared)),
        }
    }

    /// All keys.
    ///
    /// # Errors
    /// When they can't be read.
    pub async fn read(&self) -> Result<Vec<Key>, String> {
        match self {
            Self::File(file) => file.read(),
            Self::Shared(redis) => {
                let texts = redis.keys().await?.into_iter();
                let keys = texts.map(|text| serde_json::from_str(&text));
                keys.collect::<Result<_, _>>().map_err(|error| format!("a key in Redis: {error}"))
            }
        }
    }

    /// Adds a key.
    ///
    /// # Errors
    /// When its name is none or taken, or the key can't be written.
    pub async fn add(&self, key: Key) -> Result<(), String> {
        match self {
            Self::File(file) => file.add(key),
            Self::Shared(_) if !is_name(&key.name) => Err(format!(
                "name {:?}: expected 1 to 64 letters, digits, '.', '_' or '-'",
                key.name
            )),
            Self::Shared(redis) => {
                let text = serde_json::to_string(&key).map_err(|error| error.to_string())?;
                let added = redis.add_key(&key.name, &text).await?;
                let taken = || format!("there is a key named {} already", key.name);
                if added { Ok(()) } else { Err(taken()) }
            }
        }
    }

    /// Takes the key of this name out.
    ///
    /// # Errors
    /// When there is none of this name, or it can't be taken out.
    pub async fn remove(&self, name: &str) -> Result<(), String> {
        match self {
            Self::File(file) => file.remove(name),
            Self::Shared(redis) => {
                let removed = redis.remove_key(name).await?;
                if removed { Ok(()) } else { Err(format!("there is no key named {name}")) }
            }
        }
    }
}
