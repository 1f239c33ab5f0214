//! Memory that is fetched into the processor's cache before it is needed.
//!
//! Of thousands of streams, nothing is in the cache when the next token comes. Line by line, as work
//! goes from one to the next, each costs a wait; all at once they cost one, and none while others have
//! their turns. This changes only how long something takes, never what it does.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use prefetch_index::prefetch_index;

/// So many bytes a processor fetches at once.
const LINE: usize = 64;
/// Of the task that reads a lane, what a frame needs: all of a client's connection.
pub(crate) const READERS_TASK: usize = 1_280;
/// Of whatever begins with a lane's receiver, what a frame needs.
pub(crate) const READER: usize = 128;

/// So many bytes of a text, at most: longer ones are rare, and would drive out what was fetched.
const MOST: usize = 8 * LINE;

/// Where memory is that will be needed: a mere address, which keeps nothing alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    at: usize,
    bytes: usize,
}

impl Place {
    /// Where this is.
    pub(super) fn of<T>(it: &T) -> Self {
        Self::from(it, size_of::<T>())
    }

    /// Where this is and what follows it, so many bytes in all.
    pub(super) fn from<T>(it: &T, bytes: usize) -> Self {
        Self { at: std::ptr::from_ref(it).addr(), bytes }
    }

    /// Where these bytes are; of many, where they begin.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self { at: bytes.as_ptr().addr(), bytes: bytes.len().min(MOST) }
    }

    /// Where the task is that will be woken: tokio's wakers tell. What any other tells is fetched in vain.
    pub(super) fn task(waker: &Waker, bytes: usize) -> Self {
        Self { at: waker.data().addr(), bytes }
    }

    /// Has it fetched, and does not wait. What is there is not looked at: it may be gone by now.
    pub(super) fn fetch(self) {
        let nothing: &[u8] = &[];
        let here = nothing.as_ptr().addr();
        self.lines().for_each(|line| prefetch_index(nothing, line.wrapping_sub(here)));
    }

    /// The addresses at which the lines begin that hold it.
    fn lines(self) -> impl Iterator<Item = usize> {
        let first = self.at / LINE * LINE;
        (first..self.at.saturating_add(self.bytes)).step_by(LINE)
    }
}

pin_project! {
    /// Work that is fetched whenever its turn begins.
    #[derive(Debug)]
    pub(super) struct Prefetched<F> {
        beside: Place,
        #[pin]
        work: F,
    }
}

impl<F> Prefetched<F> {
    /// Has this work fetched, and what it will need beside its own memory.
    pub(super) const fn new(work: F, beside: Place) -> Self {
        Self { work, beside }
    }
}

impl<F: Future> Future for Prefetched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.beside.fetch();
        Place::of(&*self).fetch();
        self.project().work.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    use futures::FutureExt;
    use proptest::prelude::{any, proptest};
    use tokio::task::yield_now;

    use super::{LINE, MOST, Place, Prefetched, READERS_TASK};
    use crate::relay::task::start;

    proptest! {
        #[test]
        fn each_line_of_a_place_is_fetched_once(at in 0..1_000_000_usize, bytes in 1..4_000_usize) {
            let mut touched: Vec<usize> = (at..at + bytes).map(|byte| byte / LINE * LINE).collect();
            touched.dedup();
            assert_eq!(Place { at, bytes }.lines().collect::<Vec<_>>(), touched);
        }

        #[test]
        fn an_address_at_which_nothing_is_does_no_harm(at in any::<usize>(), bytes in 0..10_000_usize) {
            Place { at, bytes }.fetch();
        }
    }

    #[test]
    fn a_place_is_where_its_value_is() {
        let values = [[0_u8; 100]; 2];
        let [first, second] = values.each_ref().map(Place::of);
        assert_eq!((second.at - first.at, second.bytes), (100, 100));
        assert_eq!(Place::from(&values, 300), Place { bytes: 300, ..first });
        let text = String::from("data");
        assert_eq!(Place::of_bytes(text.as_bytes()), Place { at: text.as_ptr().addr(), bytes: 4 });
        assert_eq!(Place::of_bytes(&[0; 100_000]).bytes, MOST);
    }

    #[test]
    fn what_is_gone_may_still_be_fetched() {
        let place = Place::of(&*Box::new([1_u8; 10_000]));
        place.fetch();
    }

    struct Where;

    impl Future for Where {
        type Output = (Place, usize);

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            Poll::Ready((Place::task(cx.waker(), READERS_TASK), std::ptr::from_ref(&*self).addr()))
        }
    }

    #[tokio::test]
    async fn a_waker_of_the_runtime_tells_where_its_task_is() {
        let (task, work) = start(Where).await.unwrap();
        assert!((task.at..task.at + 2 * LINE).contains(&work), "{task:?}, work at {work}");
    }

    struct Silent;

    impl Wake for Silent {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn whoever_is_to_be_woken_tells_where_to_look() {
        let silent = Arc::new(Silent);
        let waker = Waker::from(Arc::clone(&silent));
        let place = Place::task(&waker, 640);
        assert_eq!((place.at, place.bytes), (Arc::as_ptr(&silent).addr(), 640));
        place.fetch();
        Place::task(Waker::noop(), 640).fetch();
    }

    #[tokio::test]
    async fn work_does_what_it_did_in_little_more_memory() {
        let number = Box::new(7);
        let work = async move {
            yield_now().await;
            *number
        };
        let bytes = size_of_val(&work);
        let prefetched = Prefetched::new(work, Place::of(&bytes));
        assert!(size_of_val(&prefetched) <= bytes + size_of::<Place>());
        let mut prefetched = Box::pin(prefetched);
        assert_eq!(prefetched.as_mut().now_or_never(), None, "it has yielded");
        assert_eq!(prefetched.await, 7);
    }
}
