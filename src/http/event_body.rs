//! A response body of events, kept alive while nothing else is sent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::relay::seldom::Seldom;
use crate::relay::serve::Frames;

/// Silence after which a sign of life is sent (WHATWG HTML §9.2.7 advises about 15 seconds).
const SILENCE: Duration = Duration::from_secs(15);

/// A stream of events. Dropping it stops all work for the request.
///
/// It begins with the frames, whose sender has it fetched when one comes.
#[repr(C)]
pub(super) struct EventBody {
    frames: Frames,
    /// Whether an event was handed over since `last`.
    has_spoken: bool,
    /// When the connection asked for more after the last event.
    last: Instant,
    /// When the timer rings: the timer itself is memory of its own, which no event has to fetch.
    rings: Instant,
    silence: Seldom<Pin<Box<Sleep>>>,
    keep_alive: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl EventBody {
    pub(super) fn new(frames: Frames, keep_alive: Bytes, permit: OwnedSemaphorePermit) -> Self {
        let last = Instant::now();
        Self {
            frames,
            keep_alive,
            silence: Seldom::new(Box::pin(sleep_until(last + SILENCE))),
            rings: last + SILENCE,
            last,
            has_spoken: false,
            _permit: permit,
        }
    }

    /// The timer is set anew only when it rings, because events are frequent and silence is not. It has
    /// not rung before the clock, which goes forward only, says that it may have.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let looked = Instant::now();
        if std::mem::take(&mut self.has_spoken) {
            self.last = looked;
        }
        loop {
            let is_due = looked >= self.rings;
            ready!(self.silence.poll(cx, |_| is_due));
            let now = Instant::now();
            let is_silent = now >= self.last + SILENCE;
            if is_silent {
                self.last = now;
            }
            self.rings = self.last + SILENCE;
            self.silence.change().as_mut().reset(self.rings);
            if is_silent {
                return Poll::Ready(());
            }
        }
    }
}

impl Body for EventBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.frames.poll_next(cx) {
            Poll::Ready(Some(frame)) => {
                self.has_spoken = true;
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                self.poll_silence(cx).map(|()| Some(Ok(Frame::data(self.keep_alive.clone()))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::EventBody;
    use crate::relay::prefetch::READER;

    #[test]
    fn what_a_frame_needs_is_what_is_fetched_for_it() {
        assert_eq!(offset_of!(EventBody, frames), 0);
        let needed = offset_of!(EventBody, keep_alive);
        assert!(needed <= READER, "{needed} bytes");
    }
}
