//! Prompt summaries that were written before, and those that are being written: the same question
//! is summarised once.
//!
//! ```text
//!  key ──▶ kept ──▶ the text
//!   └────▶ under way ──▶ a share in the one call; whoever leaves gives up a share
//! ```
//!
//! A key is a digest of everything that the call says, to whom, and for whom. What failed is not
//! kept. Memory is bounded: so many texts, of so many characters each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use moka::sync::Cache;
use ring::digest::{Context, SHA256};

use super::summary::call::{Asked, Written};
use crate::metrics::stores::{CacheMeter, Lookup};
use crate::upstream::error::UpstreamError;

/// Calls under way that are remembered; what was given up is forgotten then.
const MAX_UNDER_WAY: usize = 1_000;

/// What came of a call; nothing if it panicked.
type Told = Option<Result<Written, UpstreamError>>;
type Work = BoxFuture<'static, Told>;

/// A digest of everything that a call says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

/// Prompt summaries, kept and under way.
pub(super) struct PromptCache {
    kept: Cache<Key, Written>,
    under_way: Mutex<HashMap<Key, WeakShared<Work>>>,
    meter: CacheMeter,
}

impl Key {
    /// The key of a call: its words hold model, language, style and text. Callers with different
    /// scopes share nothing.
    pub(super) fn of(contract: u32, scope: Option<[u8; 32]>, asked: &[Asked]) -> Self {
        let mut digest = Context::new(&SHA256);
        let mut add = |part: &[u8]| {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        add(&contract.to_be_bytes());
        add(scope.as_ref().map_or(&[][..], |scope| scope));
        for asked in asked {
            add(asked.server.name.as_bytes());
            add(&asked.body);
        }
        let mut key = [0; 32];
        key.copy_from_slice(digest.finish().as_ref());
        Self(key)
    }
}

impl PromptCache {
    /// A cache of so many texts; none at all for 0.
    pub(super) fn new(texts: usize, meter: CacheMeter) -> Option<Arc<Self>> {
        let kept = Cache::new(texts as u64);
        (texts > 0).then(|| Arc::new(Self { kept, under_way: Mutex::default(), meter }))
    }

    /// The summary of this key: kept, under way, or begun by `start`.
    pub(super) fn get(self: &Arc<Self>, key: Key, start: impl FnOnce() -> Work) -> Work {
        if let Some(written) = self.kept.get(&key) {
            self.meter.looked_up(Lookup::Hit);
            return std::future::ready(Some(Ok(written))).boxed();
        }
        let mut under_way = lock(&self.under_way);
        if let Some(work) = under_way.get(&key).and_then(WeakShared::upgrade) {
            self.meter.looked_up(Lookup::Shared);
            return work.boxed();
        }
        self.meter.looked_up(Lookup::Miss);
        let work = self.watch(key, start());
        if under_way.len() >= MAX_UNDER_WAY {
            under_way.retain(|_, work| work.upgrade().is_some());
        }
        if let (Some(weak), true) = (work.downgrade(), under_way.len() < MAX_UNDER_WAY) {
            under_way.insert(key, weak);
        }
        drop(under_way);
        work.boxed()
    }

    /// Work that keeps its result, and can be shared.
    fn watch(self: &Arc<Self>, key: Key, work: Work) -> Shared<Work> {
        let cache = Arc::clone(self);
        let watched = async move {
            let told = work.await;
            if let Some(Ok(written)) = &told {
                cache.kept.insert(key, written.clone());
                cache.meter.stored();
            }
            lock(&cache.under_way).remove(&key);
            told
        };
        watched.boxed().shared()
    }
}

/// Every change here is complete before anything can panic, so a poisoned lock is as good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::FutureExt;
    use reasoning_stream::Source;
    use tokio::sync::oneshot;

    use super::{Key, MAX_UNDER_WAY, PromptCache, Told};
    use crate::metrics::Metrics;
    use crate::relay::summary::call::Written;
    use crate::relay::task::start;
    use crate::upstream::error::UpstreamError;

    fn cache() -> Arc<PromptCache> {
        PromptCache::new(10, Metrics::new().cache_meter("prompts")).unwrap()
    }

    fn written(text: &str) -> Told {
        Some(Ok(Written { text: text.to_owned(), source: Source::Model }))
    }

    fn key(number: u32) -> Key {
        Key::of(number, None, &[])
    }

    #[tokio::test]
    async fn keeps_what_was_written_and_nothing_that_failed() {
        let cache = cache();
        for (told, again, calls) in [
            (written("a"), written("a"), 1),
            (Some(Err(UpstreamError::Reset)), Some(Err(UpstreamError::Reset)), 2),
            (None, None, 2),
        ] {
            let called = AtomicU32::new(0);
            let key = key(calls + u32::from(told.is_none()) * 10);
            let begin = || {
                called.fetch_add(1, Ordering::Relaxed);
                std::future::ready(told.clone()).boxed()
            };
            assert_eq!(cache.get(key, begin).await, told);
            assert_eq!(cache.get(key, begin).await, again);
            assert_eq!(called.load(Ordering::Relaxed), calls, "{told:?}");
        }
        assert!(PromptCache::new(0, Metrics::new().cache_meter("prompts")).is_none());
    }

    #[tokio::test]
    async fn whoever_leaves_takes_nothing_from_the_others() {
        let cache = cache();
        let (finish, finished) = oneshot::channel();
        let first = cache.get(key(1), || finished.map(Result::ok).boxed());
        let others: Vec<_> =
            (0..20).map(|_| cache.get(key(1), || panic!("a second call"))).collect();
        drop(first);
        let others: Vec<_> = others.into_iter().map(start).collect();
        finish.send(Ok(Written { text: "a".to_owned(), source: Source::Model })).unwrap();
        for other in others {
            assert_eq!(other.await, Some(written("a")));
        }
    }

    #[tokio::test]
    async fn when_all_have_left_the_call_ends_and_is_begun_anew() {
        let cache = cache();
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let work =
            cache.get(key(1), || async move { (held, std::future::pending().await).1 }.boxed());
        drop(work);
        assert_eq!(Arc::strong_count(&alive), 1);
        assert_eq!(
            cache.get(key(1), || std::future::ready(written("b")).boxed()).await,
            written("b")
        );
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let cache = cache();
        let works: Vec<_> = (0..3_000)
            .map(|number| cache.get(key(number), || std::future::pending().boxed()))
            .collect();
        assert_eq!(super::lock(&cache.under_way).len(), MAX_UNDER_WAY);
        drop(works);
        let _work = cache.get(key(5_000), || std::future::pending().boxed());
        assert_eq!(super::lock(&cache.under_way).len(), 1);
        for number in 0..100 {
            cache.get(key(number), || std::future::ready(written("a")).boxed()).await;
        }
        cache.kept.run_pending_tasks();
        assert!(cache.kept.entry_count() <= 10);
    }

    #[test]
    fn a_key_tells_contracts_and_scopes_apart() {
        let keys = [Key::of(1, None, &[]), Key::of(2, None, &[]), Key::of(1, Some([7; 32]), &[])];
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[0] == Key::of(1, None, &[]));
    }
}
