//! A response body of events, kept alive while nothing else is sent.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};

use crate::relay::seldom::Seldom;
use crate::relay::serve::Frames;

/// Silence after which a sign of life is sent (WHATWG HTML §9.2.7 advises about 15 seconds).
const SILENCE: Duration = Duration::from_secs(15);

/// A stream of events. Dropping it stops all work for the request.
pub(super) struct EventBody {
    frames: Frames,
    keep_alive: Bytes,
    silence: Seldom<Pin<Box<Sleep>>>,
    last: Instant,
    _permit: OwnedSemaphorePermit,
}

impl EventBody {
    pub(super) fn new(frames: Frames, keep_alive: Bytes, permit: OwnedSemaphorePermit) -> Self {
        let silence = Seldom::new(Box::pin(sleep(SILENCE)));
        Self { frames, keep_alive, silence, last: Instant::now(), _permit: permit }
    }

    /// The timer is set anew only when it rings, because events are frequent and silence is not.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.silence.poll(cx, |timer| timer.is_elapsed()).is_ready() {
            let now = Instant::now();
            let due = self.last + SILENCE;
            if now >= due {
                self.last = now;
                self.silence.change().as_mut().reset(now + SILENCE);
                return Poll::Ready(());
            }
            self.silence.change().as_mut().reset(due);
        }
        Poll::Pending
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
                self.last = Instant::now();
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                self.poll_silence(cx).map(|()| Some(Ok(Frame::data(self.keep_alive.clone()))))
            }
        }
    }
}
