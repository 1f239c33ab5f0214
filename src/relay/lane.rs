//! The frames on their way from an answer's task to its client's connection: one sends, one receives.
//!
//! All of it is one short piece of memory, because each token passes here: of a channel that many
//! may send to, a frame would need three. And whoever sends a frame knows what will be needed next: the
//! receiver's memory is fetched until its turn comes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::prefetch::{Place, READER, READERS_TASK};

/// A lane that at most so many frames wait in.
pub(super) fn lane(room: usize) -> (Sender, Receiver) {
    let lane = Arc::new(Lane(Mutex::new(State { room, ..State::default() })));
    (Sender(Arc::clone(&lane)), Receiver(lane))
}

/// The end that sends. Dropping it ends the lane after the frames in it.
pub(super) struct Sender(Arc<Lane>);

/// The end that receives. Dropping it tells the sender that nobody listens.
pub(super) struct Receiver(Arc<Lane>);

/// Why a frame was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is no room: here it is back.
    Full(Bytes),
    /// Nobody listens.
    Gone,
}

struct Lane(Mutex<State>);

#[derive(Default)]
struct State {
    /// The next frame. A reader that keeps up finds no other.
    next: Option<Bytes>,
    later: VecDeque<Bytes>,
    room: usize,
    /// Who waits for a frame.
    reader: Option<Reader>,
    /// Who waits for room.
    writer: Option<Waker>,
    /// Whether one of the ends is gone.
    is_closed: bool,
}

/// Who waits for a frame.
struct Reader {
    waker: Waker,
    place: Place,
}

impl Reader {
    fn wake(self) {
        Place::task(&self.waker, READERS_TASK).fetch();
        self.place.fetch();
        self.waker.wake();
    }
}

impl Lane {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that an end is gone, and wakes who waits at the other.
    fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        let (reader, writer) = (state.reader.take(), state.writer.take());
        drop(state);
        reader.into_iter().for_each(Reader::wake);
        writer.into_iter().for_each(Waker::wake);
    }
}

impl Sender {
    /// Sends a frame, if there is room and somebody listens.
    pub(super) fn try_send(&self, frame: Bytes) -> Result<(), Refused> {
        let mut state = self.0.state();
        if state.is_closed {
            return Err(Refused::Gone);
        }
        if state.next.is_none() {
            state.next = Some(frame);
        } else if state.later.len() + 1 < state.room {
            state.later.push_back(frame);
        } else {
            return Err(Refused::Full(frame));
        }
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Reader::wake);
        Ok(())
    }

    /// Waits for room, or until nobody listens.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.state();
        if state.is_closed || state.next.is_none() || state.later.len() + 1 < state.room {
            return Poll::Ready(());
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Receiver {
    /// Where the lane is.
    pub(super) fn place(&self) -> Place {
        Place::of(&*self.0)
    }

    /// The next frame; `None` after the last.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.0.state();
        let Some(next) = state.next.take() else {
            if state.is_closed {
                return Poll::Ready(None);
            }
            let place = Place::from(self, READER);
            state.reader = Some(Reader { waker: cx.waker().clone(), place });
            return Poll::Pending;
        };
        state.next = state.later.pop_front();
        let writer = state.writer.take();
        drop(state);
        writer.into_iter().for_each(Waker::wake);
        Poll::Ready(Some(next))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use bytes::Bytes;
    use futures::FutureExt;
    use proptest::prelude::{any, prop, proptest};
    use tokio::time::{Instant, sleep};

    use super::{Refused, lane};

    fn frame(number: usize) -> Bytes {
        Bytes::from(number.to_string())
    }

    proptest! {
        /// Whatever the two ends do in turns, frames come in their order, none twice, none lost,
        /// and never more wait than there is room for.
        #[test]
        fn frames_come_in_order(room in 1_usize..5, steps in prop::collection::vec(any::<bool>(), 0..60)) {
            let (sender, receiver) = lane(room);
            let (mut sent, mut heard) = (0, 0);
            for sends in steps {
                if sends {
                    let has_room = sent - heard < room;
                    let expected = if has_room { Ok(()) } else { Err(Refused::Full(frame(sent))) };
                    assert_eq!(sender.try_send(frame(sent)), expected);
                    let waits = poll_fn(|cx| sender.poll_room(cx)).now_or_never().is_none();
                    sent += usize::from(has_room);
                    assert_eq!(waits, sent - heard == room);
                } else {
                    let next = poll_fn(|cx| receiver.poll_next(cx)).now_or_never();
                    assert_eq!(next, (heard < sent).then(|| Some(frame(heard))));
                    heard += usize::from(next.is_some());
                }
            }
            drop(sender);
            for number in heard..sent {
                assert_eq!(poll_fn(|cx| receiver.poll_next(cx)).now_or_never(), Some(Some(frame(number))));
            }
            assert_eq!(poll_fn(|cx| receiver.poll_next(cx)).now_or_never(), Some(None));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_end_wakes_the_other() {
        let (sender, receiver) = lane(1);
        let began = Instant::now();
        let sending = async move {
            for number in 0..3 {
                poll_fn(|cx| sender.poll_room(cx)).await;
                sleep(Duration::from_secs(1)).await;
                assert_eq!(sender.try_send(frame(number)), Ok(()));
            }
            sleep(Duration::from_secs(1)).await;
        };
        let receiving = async {
            for number in 0..3 {
                assert_eq!(poll_fn(|cx| receiver.poll_next(cx)).await, Some(frame(number)));
                sleep(Duration::from_secs(5)).await;
            }
            assert_eq!(poll_fn(|cx| receiver.poll_next(cx)).await, None);
        };
        tokio::join!(sending, receiving);
        assert_eq!(began.elapsed(), Duration::from_secs(16));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_hears_that_the_other_end_is_gone() {
        let (sender, receiver) = lane(1);
        assert_eq!(sender.try_send(frame(0)), Ok(()));
        let leaving = async move {
            sleep(Duration::from_secs(1)).await;
            drop(receiver);
        };
        tokio::join!(poll_fn(|cx| sender.poll_room(cx)), leaving);
        assert_eq!(sender.try_send(frame(1)), Err(Refused::Gone));
        let (sender, receiver) = lane(1);
        let leaving = async move {
            sleep(Duration::from_secs(1)).await;
            drop(sender);
        };
        let (last, ()) = tokio::join!(poll_fn(|cx| receiver.poll_next(cx)), leaving);
        assert_eq!(last, None);
    }
}
