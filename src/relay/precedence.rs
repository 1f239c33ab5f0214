//! Who goes first: tokens of answers that flow, before work that begins.
//!
//! A request that begins takes more than twenty times what a token takes. Where tokens of other streams wait, all
//! of them would be late by that; the request loses little by going after them.

use std::cell::Cell;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;

/// After this, work that begins looks no more: it has waited for so long, and for the turns of whatever was
/// ready at its last look.
const PATIENCE: Duration = Duration::from_millis(1);
/// So many looks in a row must find no token on its way: the first may see what was just read, and
/// not yet sent.
const QUIET_LOOKS: u32 = 2;

thread_local! {
    /// Frames that this thread has put on their way. Each thread has its own: work that moves to another
    /// begins its looks again.
    static SENT: Cell<u64> = const { Cell::new(0) };
}

/// Notes that a frame is on its way to a client.
pub(crate) fn frame_sent() {
    SENT.set(SENT.get().wrapping_add(1));
}

/// Ready once no stream of this thread has had a token for two looks, or when patience ends.
pub(crate) async fn tokens_first() {
    let until = Instant::now() + PATIENCE;
    let mut quiet = 0;
    while quiet < QUIET_LOOKS && Instant::now() < until {
        let before = SENT.get();
        // Whatever else is ready has its turn, and the system is asked what else there is, before this goes on.
        yield_now().await;
        quiet = if SENT.get() == before { quiet + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    use futures::future::join_all;
    use futures::join;
    use tokio::sync::mpsc as tokio_mpsc;
    use tokio::task::yield_now;
    use tokio::time::{Instant, advance, timeout};

    use super::{QUIET_LOOKS, frame_sent, tokens_first};
    use crate::relay::task::start;

    #[tokio::test(start_paused = true)]
    async fn where_nothing_flows_work_begins_at_once() {
        let (began, looks) = (Instant::now(), RefCell::new(0));
        let count = async {
            while *looks.borrow() < 100 {
                *looks.borrow_mut() += 1;
                yield_now().await;
            }
        };
        let work = async {
            tokens_first().await;
            *looks.borrow()
        };
        let (looked, ()) = join!(work, count);
        assert_eq!(looked, QUIET_LOOKS, "turns that others had");
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    /// A token has a turn in which it is read, and another in which it is sent.
    #[tokio::test(start_paused = true)]
    async fn work_begins_after_the_tokens_that_are_on_their_way() {
        const TOKENS: u32 = 50;
        let (tell, order) = mpsc::channel();
        let (reads, mut read) = tokio_mpsc::channel(1);
        let reading = start(async move {
            for token in 0..TOKENS {
                yield_now().await;
                reads.try_send(token).unwrap();
            }
        });
        let told = tell.clone();
        let sending = start(async move {
            while let Some(token) = read.recv().await {
                frame_sent();
                told.send(token).unwrap();
            }
        });
        let beginning = start(async move {
            tokens_first().await;
            tell.send(TOKENS).unwrap();
        });
        join!(reading, sending, beginning);
        assert_eq!(order.try_iter().collect::<Vec<_>>(), (0..=TOKENS).collect::<Vec<_>>());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_several_threads_nobody_waits_for_ever() {
        let flows = Arc::new(AtomicBool::new(true));
        let flow = Arc::clone(&flows);
        let flowing = start(async move {
            while flow.load(Ordering::Relaxed) {
                frame_sent();
                yield_now().await;
            }
        });
        let waiting: Vec<_> = (0..200).map(|_| start(tokens_first())).collect();
        let all = timeout(Duration::from_secs(20), join_all(waiting)).await;
        flows.store(false, Ordering::Relaxed);
        assert_eq!(all.expect("nobody waits for ever").len(), 200);
        assert_eq!(flowing.await, Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_that_never_end_are_waited_for_no_longer_than_a_millisecond() {
        let began = Instant::now();
        let (patience, step) = (Duration::from_millis(1), Duration::from_micros(100));
        let flow = async {
            for _ in 0..1_000 {
                frame_sent();
                advance(step).await;
            }
        };
        let work = async {
            tokens_first().await;
            began.elapsed()
        };
        let (waited, ()) = join!(work, flow);
        assert!((patience..=patience + 2 * step).contains(&waited), "{waited:?}");
    }
}
