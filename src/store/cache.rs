//! Answers that were given before, for a while: in memory, bounded by bytes, or in Redis.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache as Memory;

use super::digest::Digest;
use super::redis::Redis;

/// What one entry takes beside its bytes.
const OVERHEAD: usize = 200;

/// Answers that were given before.
#[derive(Debug)]
pub struct Cache {
    ttl: Duration,
    max_bytes: u64,
    memory: Memory<Digest, Bytes>,
    redis: Option<Arc<Redis>>,
}

impl Cache {
    /// Keeps each answer for so long, and so many bytes of them here.
    pub fn new(ttl: Duration, max_bytes: u64, redis: Option<Arc<Redis>>) -> Self {
        let weigh = |_: &Digest, kept: &Bytes| {
            u32::try_from(kept.len().saturating_add(OVERHEAD)).unwrap_or(u32::MAX)
        };
        let memory =
            Memory::builder().max_capacity(max_bytes).weigher(weigh).time_to_live(ttl).build();
        Self { ttl, max_bytes, memory, redis }
    }

    /// Whether another one keeps answers as this one does.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.ttl, self.max_bytes) == (other.ttl, other.max_bytes)
    }

    /// What was kept.
    pub async fn get(&self, digest: Digest) -> Option<Bytes> {
        if let Some(kept) = self.memory.get(&digest) {
            return Some(kept);
        }
        self.redis.as_ref()?.cached(digest).await
    }

    /// The bytes that are kept here.
    pub fn bytes(&self) -> u64 {
        self.memory.run_pending_tasks();
        self.memory.weighted_size()
    }

    /// Keeps an answer.
    pub fn put(&self, digest: Digest, kept: Bytes) {
        if let Some(redis) = &self.redis {
            redis.cache(digest, kept.clone(), self.ttl);
        } else {
            // With Redis its time alone counts: a copy here would live on after it.
            self.memory.insert(digest, kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::Cache;
    use crate::store::digest::Digest;

    #[tokio::test]
    async fn it_is_bounded_by_bytes() {
        let cache = Cache::new(Duration::from_secs(60), 100_000, None);
        for at in 0..1_000_u32 {
            cache.put(Digest::of(&at.to_le_bytes()), Bytes::from(vec![0; 1_000]));
        }
        assert!((20_000..=100_000).contains(&cache.bytes()), "{}", cache.bytes());
        assert!(cache.memory.entry_count() > 20, "{}", cache.memory.entry_count());
        cache.put(Digest::of(b"large"), Bytes::from(vec![0; 200_000]));
        cache.memory.run_pending_tasks();
        assert_eq!(cache.get(Digest::of(b"large")).await, None);
    }
}
