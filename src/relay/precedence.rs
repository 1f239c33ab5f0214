//! Who goes first: tokens of answers that flow, before work that begins.
//!
//! A request that begins takes ten to twenty times what a token takes. Where tokens of other streams wait, all
//! of them would be late by that; the request loses little by going after them.

use std::cell::Cell;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;

/// The longest that work which begins waits for the tokens of others.
const PATIENCE: Duration = Duration::from_millis(1);
/// So many looks in a row must find no token on its way: the first may see what was just read, and
/// not yet sent.
const QUIET_LOOKS: u32 = 2;

thread_local! {
    /// Frames that this thread has sent. Each core has its own, which no other waits for.
    static SENT: Cell<u64> = const { Cell::new(0) };
}

/// Notes that a frame was sent to a client.
pub(crate) fn frame_sent() {
    SENT.set(SENT.get().wrapping_add(1));
}

/// Ready once no other stream has a token on its way, or after a millisecond.
pub(crate) async fn tokens_first() {
    let until = Instant::now() + PATIENCE;
    let mut quiet = 0;
    while quiet < QUIET_LOOKS && Instant::now() < until {
        let before = SENT.get();
        // All that is ready has its turn, what the system has for others is read, and only then goes this on.
        yield_now().await;
        quiet = if SENT.get() == before { quiet + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::mpsc;
    use std::time::Duration;

    use futures::join;
    use tokio::sync::mpsc as tokio_mpsc;
    use tokio::task::yield_now;
    use tokio::time::{Instant, advance};

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
